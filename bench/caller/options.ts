import { parseArgs } from 'node:util';
import { CODECS, type Codec, codecNamed } from '../wire/codec.ts';
import { type Impairment, parseImpairment } from '../wire/impaired_path.ts';
import { parseSipUri } from '../wire/sip_uri.ts';
import { areKeys } from '../wire/telephone_event.ts';
import { type Behaviour, COOPERATIVE } from './behaviour.ts';

export const VOICES = ['rms', 'awb', 'kal16', 'slt'] as const;
export type VoiceName = (typeof VOICES)[number];

export interface CallOptions {
  readonly help: boolean;
  readonly config: string;
  /** Undefined: ours, from the configuration. */
  readonly target: string | undefined;
  readonly workflow: string | undefined;
  readonly seeds: readonly number[];
  readonly parallel: number;
  /** Undefined: by the seed. */
  readonly voice: VoiceName | undefined;
  readonly codecs: readonly Codec[];
  readonly from: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly localHost: string | undefined;
  readonly answerTimeoutMs: number;
  readonly behaviour: Behaviour;
  readonly network: Impairment | undefined;
  readonly out: string;
  readonly files: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

export const HELP = `npm run call -- [options]

Places a real SIP call with audio, listens to the agent, answers by a script drawn from a seed,
and tells how it went. It knows nothing but what is on the wire.

  --target sip:USER@HOST[:PORT]  whom to call; default: this project's own number (trunkline.yaml)
  --seed N | A..B                the caller's script; several for several calls (default 1)
  --count N                      N calls, from the first seed on
  --parallel M                   so many at once (default 1)
  --interrupt greeting|turn:N|none
                                 cuts into the agent's greeting, or into its N-th turn
  --hangup-after S|mid-sentence  hangs up S seconds after the answer, or in the middle of an answer
  --silent                       says nothing
  --noise [DBFS]                 with steady noise, -30 dBFS unless told
  --never-stop                   talks on and on
  --network loss=5,jitter=60,reorder=3,outage=200/5000
                                 through a bad network: percent of packets lost, ms of jitter,
                                 percent out of order, ms without any every so many ms
  --patience MS                  so much silence of the agent is the end of its turn (default 700)
  --max-seconds S                hangs up after S seconds at the latest (default 600)
  --voice rms|awb|kal16|slt      the caller's voice; default: by the seed
  --codec G722,PCMU,PCMA         codecs offered, in this order
  --from NUMBER                  the caller's number (default +15557770001)
  --user NAME --password WORD    answer to a digest challenge; the password also from
                                 the environment as CALL_PASSWORD
  --answer-timeout S             gives up when it rings longer (default 30)
  --local-host ADDRESS           our address, where it is not to be chosen by the route
  --workflow NAME                the workflow that is expected; default: that of the number
  --config FILE                  configuration (default trunkline.yaml)
  --out DIR                      for recordings and pictures (default var/calls)
  --no-files                     keeps none
  --json                         prints one JSON object as the last line
  --quiet                        shows no dialogue
  --help                         this text

Exit code 0 when every call was completed, or went as it was told to; else 1; 2 for wrong options.
`;

const MAX_CALLS = 1000;

/** A wrong option; the message says which and what it may be. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): CallOptions {
  const values = parse(withNoiseLevel(args));
  const target = values.target;
  if (target !== undefined) check('--target', () => parseSipUri(target));
  const seeds = seedsOf(values.seed, values.count);
  return {
    help: values.help,
    config: values.config,
    target,
    workflow: values.workflow,
    seeds,
    parallel: whole('--parallel', values.parallel, 1, MAX_CALLS),
    voice: voiceOf(values.voice),
    codecs: codecsOf(values.codec),
    from: numberOf(values.from),
    user: values.user,
    password: values.password ?? env.CALL_PASSWORD,
    localHost: values['local-host'],
    answerTimeoutMs: whole('--answer-timeout', values['answer-timeout'], 1, 600) * 1000,
    behaviour: {
      ...COOPERATIVE,
      interruptTurn: interruptTurnOf(values.interrupt),
      hangUpAfter: hangUpAfterOf(values['hangup-after']),
      silent: values.silent,
      noiseDbfs: values.noise === undefined ? undefined : whole('--noise', values.noise, -90, 0),
      neverStops: values['never-stop'],
      turnEndMs: whole('--patience', values.patience, 100, 10_000),
      maxSeconds: whole('--max-seconds', values['max-seconds'], 1, 3600),
    },
    network: networkOf(values.network),
    out: values.out,
    files: !values['no-files'],
    json: values.json,
    quiet: values.quiet,
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
        seed: { ...text, default: '1' },
        count: text,
        parallel: { ...text, default: '1' },
        interrupt: { ...text, default: 'none' },
        'hangup-after': text,
        silent: flag,
        noise: text,
        'never-stop': flag,
        network: text,
        patience: { ...text, default: String(COOPERATIVE.turnEndMs) },
        'max-seconds': { ...text, default: String(COOPERATIVE.maxSeconds) },
        voice: text,
        codec: { ...text, default: 'G722,PCMU,PCMA' },
        from: { ...text, default: '+15557770001' },
        user: text,
        password: text,
        'answer-timeout': { ...text, default: '30' },
        'local-host': text,
        workflow: text,
        config: { ...text, default: 'trunkline.yaml' },
        out: { ...text, default: 'var/calls' },
        'no-files': flag,
        json: flag,
        quiet: flag,
        help: { ...flag, short: 'h' },
      },
    });
    return values;
  });
}

/** `--noise` may stand alone, and its level starts with a dash, which the parser takes for an option. */
function withNoiseLevel(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    if (/^-\d+$/.test(arg) && args[index - 1] === '--noise') return [];
    if (arg !== '--noise') return [arg];
    const next = args[index + 1] ?? '';
    return [`--noise=${/^-?\d+$/.test(next) ? next : '-30'}`];
  });
}

function check<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`${option}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${option}: a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
}

/** "3", "1..10" or "1…10". */
function seedsOf(text: string, count: string | undefined): number[] {
  const match = /^(\d{1,9})(?:(?:\.\.\.?|…)(\d{1,9}))?$/.exec(text);
  if (match === null)
    throw new UsageError(`--seed: a number or a range such as 1..10, not ${JSON.stringify(text)}`);
  const first = Number(match[1]);
  const calls =
    count === undefined ? Number(match[2] ?? first) - first + 1 : whole('--count', count, 1, MAX_CALLS);
  if (calls < 1 || calls > MAX_CALLS)
    throw new UsageError(`--seed: 1 to ${MAX_CALLS} calls, from low to high`);
  return Array.from({ length: calls }, (_, index) => first + index);
}

function voiceOf(text: string | undefined): VoiceName | undefined {
  const voice = VOICES.find(name => name === text);
  if (text !== undefined && voice === undefined) throw new UsageError(`--voice: one of ${VOICES.join(', ')}`);
  return voice;
}

function codecsOf(text: string): Codec[] {
  return text.split(',').map(name => {
    const codec = codecNamed(name.trim());
    if (codec === undefined) throw new UsageError(`--codec: one or more of ${Object.keys(CODECS).join(',')}`);
    return codec;
  });
}

function networkOf(text: string | undefined): Impairment | undefined {
  return text === undefined ? undefined : check('--network', () => parseImpairment(text));
}

function numberOf(text: string): string {
  const digits = text.replace(/^\+/, '');
  if (/^[A-Za-z0-9._-]{1,64}$/.test(digits) || (digits !== '' && areKeys(digits))) return text;
  throw new UsageError('--from: a number or a user name');
}

function interruptTurnOf(text: string): number | undefined {
  if (text === 'none') return undefined;
  if (text === 'greeting') return 1;
  const turn = /^turn:(\d{1,3})$/.exec(text)?.[1];
  if (turn === undefined || turn === '0') throw new UsageError('--interrupt: greeting, turn:N or none');
  return Number(turn);
}

function hangUpAfterOf(text: string | undefined): Behaviour['hangUpAfter'] {
  if (text === undefined || text === 'mid-sentence') return text;
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds > 3600)
    throw new UsageError('--hangup-after: seconds, or mid-sentence');
  return seconds;
}
