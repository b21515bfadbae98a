import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';

export interface SimulateOptions {
  /** Names, or all. */
  readonly workflows: readonly string[];
  readonly personas: readonly string[] | undefined;
  readonly seeds: readonly number[];
  readonly json: boolean;
  readonly html: string | undefined;
  /** So many faulty calls are shown in full. */
  readonly show: number;
  /** Reads the scenario and says what is wrong with it; calls nobody. */
  readonly check: boolean;
  readonly crashes: boolean;
  /** scripted, scripted:SHARE, or the address of a model. */
  readonly model: string | undefined;
  /** So many calls by telephone in place of text. */
  readonly audio: number;
  /** Of the node that is called; undefined for one of the simulation's own, unless there is a target. */
  readonly config: string | undefined;
  readonly target: string | undefined;
  readonly help: boolean;
}

export const HELP = `npm run simulate -- WORKFLOW…|all [options]
  calls the agents and tells what came of it; ends with exit code 2 when no calls can be held
  --personas a,b   only these personas
  --seeds 1..10    seeds: numbers and ranges, by commas (1..3)
  --quick          one seed
  --crash          each turn's state goes through a checkpoint
  --model M        have a model lead the forms: scripted, scripted:0.2 (goes wrong in every fifth answer), or an OpenAI-compatible
                   server, such as http://127.0.0.1:8000/v1#NAME (key: TRUNKLINE_MODEL_KEY)
  --audio [N]      call by SIP in place of text: a node of the simulation's own, with N seeds (1) of each workflow and persona
                   (cooperative unless --personas says otherwise)
  --config FILE    with --audio: call the node of this configuration, which runs, with the caller in the box
  --target URI     the same at this address
  --show N         show so many calls in full in which something went wrong (2)
  --html FILE      write all transcripts as a page
  --json           end with one line of JSON: {"workflows":{NAME:{completionPct,slotAccuracyPct,violations,…}}}
  --check          say what is wrong with the scenario file, and call nobody
`;

const MOST_SEEDS = 10_000;
const MOST_CALLS = 50;

/** @throws Error saying what is wrong with the command line */
export function readOptions(args: readonly string[]): SimulateOptions {
  const { values, positionals } = readArgs({
    args: withAudioCount(args),
    allowPositionals: true,
    options: {
      personas: { type: 'string' },
      seeds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      model: { type: 'string' },
      audio: { type: 'string', default: '0' },
      config: { type: 'string' },
      target: { type: 'string' },
      crash: { type: 'boolean', default: false },
      show: { type: 'string' },
      html: { type: 'string' },
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const show = Number(values.show ?? (values.json ? 0 : 2));
  if (!Number.isInteger(show) || show < 0) throw new Error('--show takes a number');
  const audio = Number(values.audio);
  if (!Number.isInteger(audio) || audio < 0 || audio > MOST_CALLS)
    throw new Error(`--audio takes 1 to ${MOST_CALLS}`);
  return {
    workflows: positionals,
    personas: values.personas?.split(','),
    seeds: seedsOf(values.seeds ?? (audio > 0 ? `1..${audio}` : values.quick ? '1' : '1..3')),
    json: values.json,
    html: values.html,
    show,
    check: values.check,
    crashes: values.crash,
    model: values.model,
    audio,
    config: values.config,
    target: values.target,
    help: values.help,
  };
}

/** `parseArgs`, whose advice on an unknown option is left out. @throws Error saying what is wrong with the command line */
export function readArgs<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const [what] = (error as Error).message.split('. ');
    throw new Error(`${what}; --help tells which options there are`, { cause: error });
  }
}

/** Makes sure before the calls that something can be written there afterwards. @throws Error naming the file */
export async function canBeWritten(option: string, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  try {
    await mkdir(dirname(file), { recursive: true });
    await (await open(file, 'a')).close();
  } catch (error) {
    throw new Error(`${option}: ${file} can't be written`, { cause: error });
  }
}

/** What is under way, beside the output: nobody sits before minutes of silence. */
export function tellProgress(what: string): void {
  process.stderr.write(`${what} …\n`);
}

/** `--audio` may stand alone. */
function withAudioCount(args: readonly string[]): string[] {
  return args.flatMap((arg, at) =>
    arg === '--audio' && !/^\d+$/.test(args[at + 1] ?? '') ? ['--audio', '1'] : arg,
  );
}

/** "1..3,7": 1, 2, 3, 7. An ellipsis or a dash serves as well. */
export function seedsOf(text: string): readonly number[] {
  const seeds = text.split(',').flatMap(part => {
    const [, from, to] = /^(\d{1,6})(?:(?:\.\.\.?|…|-)(\d{1,6}))?$/.exec(part.trim()) ?? [];
    if (from === undefined) throw new Error('--seeds takes numbers and ranges such as 1..10');
    const [least, most] = [Number(from), Number(to ?? from)];
    if (most - least >= MOST_SEEDS) throw new Error(`at most ${MOST_SEEDS} seeds`);
    if (most < least) throw new Error(`--seeds: ${part.trim()} begins above its end`);
    return Array.from({ length: most - least + 1 }, (_, index) => least + index);
  });
  if (seeds.length > MOST_SEEDS) throw new Error(`at most ${MOST_SEEDS} seeds`);
  return [...new Set(seeds)];
}
