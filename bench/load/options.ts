import { parseArgs } from 'node:util';
import { UsageError } from '../caller/options.ts';
import { type Codec, codecNamed } from '../wire/codec.ts';
import { type Impairment, parseImpairment } from '../wire/impaired_path.ts';
import type { Credentials } from '../wire/sip_digest.ts';
import { parseSipUri } from '../wire/sip_uri.ts';
import { areKeys } from '../wire/telephone_event.ts';
import { MANNERS, type Manner } from './manners.ts';

/** What the load generator is told on its command line. */
export interface LoadCommand {
  readonly help: boolean;
  readonly target: string;
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly burst: number;
  readonly holdMs: number;
  readonly cancelAfterMs: number | undefined;
  readonly manner: Manner;
  readonly keys: string;
  readonly wavFile: string | undefined;
  readonly noiseDbfs: number | undefined;
  readonly codec: Codec;
  readonly network: Impairment | undefined;
  readonly credentials: Credentials | undefined;
  readonly seed: number;
  readonly localHost: string | undefined;
  readonly keepEvery: number;
  readonly records: boolean;
}

export const HELP = `npm run load -- --target sip:USER@HOST[:PORT] [options]

Places many calls at once, plays a script in each, and tells what the wire showed: how soon they were set up,
who was heard when, what was lost or late, how soon the far end stops when it is cut into, what drifts.

  --calls N                    calls in all (default 10)
  --cps R                      new calls a second (default 10)
  --burst N                    so many at the same moment (default 1)
  --hold S                     seconds from the answer to our BYE (default 20)
  --cancel-after S             gives up when it rings longer
  --manner talk|answer|interrupt|keys|hold|silent
                               talk: talks and pauses; answer: speaks when the far end has ended;
                               interrupt: cuts into what the far end says; keys: presses keys;
                               hold: puts the call on hold now and then; silent: listens (default talk)
  --keys 0123456789*#          what is pressed
  --wav FILE                   what is said, 16-bit PCM at the codec's rate; else speech without words
  --noise DBFS                 steady noise beneath
  --codec PCMU|PCMA|G722       (default PCMU)
  --network loss=5,jitter=60,reorder=3,outage=200/5000
                               a bad network between both ends: percent, ms, percent, ms in every so many ms
  --user NAME --password WORD  answers a digest challenge; the password also as CALL_PASSWORD
  --keep-every N               every N-th call keeps what it hears, to find markers and clicks (default 10; 0: none)
  --seed N                     what is drawn by chance (default 1)
  --local-host ADDRESS         our address, where it is not to be chosen by the route
  --records                    also every single call, in the JSON
  --help                       this text

The last line printed is one JSON object. Exit code 0: all calls were answered and heard both ways, and the generator
was on time. 1: not so. 2: wrong options.
`;

const MOST = { calls: 10_000, callsPerSecond: 1000, seconds: 86_400 } as const;

/** @throws UsageError */
export function readLoadCommand(args: readonly string[], env: NodeJS.ProcessEnv): LoadCommand {
  const values = parse(withValues(args));
  const { target = '', user, password = env.CALL_PASSWORD } = values;
  if (!values.help) check('--target', () => parseSipUri(target));
  return {
    help: values.help,
    target,
    calls: number('--calls', values.calls, 1, MOST.calls),
    callsPerSecond: number('--cps', values.cps, 0.01, MOST.callsPerSecond),
    burst: number('--burst', values.burst, 1, MOST.calls),
    holdMs: number('--hold', values.hold, 0, MOST.seconds) * 1000,
    cancelAfterMs: optional(values['cancel-after'], text => number('--cancel-after', text, 0, 600) * 1000),
    manner: oneOf('--manner', values.manner, MANNERS),
    keys: keysOf(values.keys),
    wavFile: values.wav,
    noiseDbfs: optional(values.noise, text => number('--noise', text, -90, 0)),
    codec: codecOf(values.codec),
    network: optional(values.network, text => check('--network', () => parseImpairment(text))),
    credentials: user === undefined || password === undefined ? undefined : { user, password },
    seed: number('--seed', values.seed, 0, 2 ** 31),
    localHost: values['local-host'],
    keepEvery: number('--keep-every', values['keep-every'], 0, MOST.calls),
    records: values.records,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  return check('options', () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        target: text,
        calls: { ...text, default: '10' },
        cps: { ...text, default: '10' },
        burst: { ...text, default: '1' },
        hold: { ...text, default: '20' },
        'cancel-after': text,
        manner: { ...text, default: 'talk' },
        keys: { ...text, default: '0123456789*#' },
        wav: text,
        noise: text,
        codec: { ...text, default: 'PCMU' },
        network: text,
        user: text,
        password: text,
        'keep-every': { ...text, default: '10' },
        seed: { ...text, default: '1' },
        'local-host': text,
        records: flag,
        help: { ...flag, short: 'h' },
      },
    });
    return values;
  });
}

/** A level starts with a dash, which the parser takes for an option. */
function withValues(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    if (args[index - 1] === '--noise') return [];
    return arg === '--noise' ? [`--noise=${args[index + 1] ?? ''}`] : [arg];
  });
}

function check<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`${option}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function optional<T>(text: string | undefined, read: (text: string) => T): T | undefined {
  return text === undefined ? undefined : read(text);
}

function number(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^-?\d+(?:\.\d+)?$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${option}: a number from ${least} to ${most}, not ${JSON.stringify(text)}`);
}

function oneOf<T extends string>(option: string, text: string, words: readonly T[]): T {
  const word = words.find(each => each === text);
  if (word === undefined) throw new UsageError(`${option}: one of ${words.join(', ')}`);
  return word;
}

function codecOf(text: string): Codec {
  const codec = codecNamed(text);
  if (codec === undefined) throw new UsageError('--codec: PCMU, PCMA or G722');
  return codec;
}

function keysOf(text: string): string {
  if (text === '' || !areKeys(text)) throw new UsageError('--keys: digits, *, # and A to D');
  return text;
}
