import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { RecognisedInterjections } from '../../src/agent/interjection.ts';
import type { After } from '../../src/agent/ports.ts';
import { createPocketsphinxStt } from '../../src/providers/stt/pocketsphinx.ts';
import { CODECS } from '../wire/codec.ts';
import { writeWav } from '../wire/wav.ts';
import { EVENT_CLASSES, isContinuing, isInterruption } from './event.ts';
import { makeSet } from './event_set.ts';
import { type JudgedCall, judgeCall } from './judge_call.ts';
import { type PlayedCall, playOffline } from './offline_calls.ts';
import { makeProgrammes } from './programme.ts';
import { classTable } from './table.ts';
import { classFigures, GOALS, headlineOf, type Outcome } from './verdict.ts';
import { Voices } from './voices.ts';
import { JUDGED, TUNING } from './words.ts';

const SPEECH_FOLDER = fileURLToPath(new URL('../../var/bargein', import.meta.url));
const KERNEL_FOLDER = fileURLToPath(new URL('../../var/kernels', import.meta.url));
const EVENTS_OF_A_CALL = 8;
const MOST_TEXT = 40;
const TUNING_SEED = 77;
const JUDGED_SEED = 501;

const HELP = `node bench/bargein/offline.ts [--events N] [--seed S] [--only CLASS,…] [--trace FOLDER] [--judged]

Plays the events of the bench bargein through the pipeline and turn taking without sockets and without waiting:
hundreds in half a minute, the same each time. Made for tuning, hence on the tuning set: the bench judges another
one, of other voices, words and seeds.

  --events N      of each class (default 40)
  --seed S        another set of the same sources (default ${TUNING_SEED})
  --only CLASS,…  these alone: ${EVENT_CLASSES.join(', ')}
  --trace FOLDER  for each event that comes out wrong or late, a CSV with a row for each tick (level on the line both
                  ways, what the pipeline knows, what it decides; more columns: featuresOf in offline_calls.ts),
                  and for each call with such an event a WAV of caller and agent as the pipeline had them
  --all           the same for all events
  --judged        the set that the bench judges, to compare both ways of playing it; not to tune on
  --deaf          without the recogniser that understands what is said in short

The clock waits for the recogniser (pocketsphinx), whose answers always come 150 ms after they were asked for.
Prints a line for each event that comes out wrong or late, a table of the classes, and one line of JSON.
`;

interface Judged {
  readonly played: PlayedCall;
  readonly judged: JudgedCall;
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      events: { type: 'string', default: '40' },
      seed: { type: 'string' },
      only: { type: 'string' },
      trace: { type: 'string' },
      all: { type: 'boolean', default: false },
      judged: { type: 'boolean', default: false },
      deaf: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const { judged } = values;
  const seed = Number(values.seed ?? (judged ? JUDGED_SEED : TUNING_SEED));
  const sources = judged ? JUDGED : TUNING;
  const voices = new Voices({ flite: 'flite', espeak: 'espeak-ng', folder: SPEECH_FOLDER });
  const programmes = makeProgrammes(sources, voices);
  const only = values.only?.split(',') ?? EVENT_CLASSES;
  const plans = makeSet({
    sources,
    voices,
    eventsOfAClass: Number(values.events),
    eventsOfACall: EVENTS_OF_A_CALL,
    seed,
  }).flatMap(plan => {
    const events = plan.events.filter(({ kind }) => only.includes(kind));
    return events.length === 0 ? [] : [{ ...plan, events }];
  });
  const stt = createPocketsphinxStt();
  const ear = values.deaf ? undefined : new RecognisedInterjections(stt, never);
  const played = await playOffline(plans, programmes, {
    kernelFolder: KERNEL_FOLDER,
    ear,
    isTraced: values.trace !== undefined,
  });
  await stt.close();
  const calls = played.map(call => ({
    played: call,
    judged: judgeCall(call.plan, call.caller, programmes),
  }));
  for (const [index, call] of calls.entries()) tell(index, call, values.trace, values.all);
  const outcomes = calls.flatMap(({ judged: { outcomes: ofCall } }) => ofCall);
  process.stdout.write(`\n${classTable(classFigures(outcomes))}\n\n`);
  const missed = calls.reduce((sum, { judged: call }) => sum + call.missed, 0);
  process.stdout.write(`${JSON.stringify({ ...headlineOf(outcomes), missed })}\n`);
}

/** The clock waits for the recogniser. */
const never: After = () => () => undefined;

/** Tells what came out wrong in a call, or late, and keeps it where it is asked for. */
function tell(index: number, call: Judged, folder: string | undefined, isAll: boolean): void {
  const { plan, caller, trace } = call.played;
  let isKept = false;
  for (const [at, outcome] of call.judged.outcomes.entries()) {
    const trial = caller.trials.find(({ onsetMs }) => onsetMs === outcome.onsetMs);
    const name = `${index}-${at}-${outcome.kind}`;
    const isShown = isWrong(outcome);
    if (isShown) process.stdout.write(`${name}: ${describe(outcome)}\n`);
    if (folder === undefined || trial === undefined || trace === undefined || !(isShown || isAll)) continue;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.csv`), trace.csvOf(trial));
    isKept = true;
  }
  if (!isKept || folder === undefined || trace === undefined) return;
  const { rateHz } = CODECS[plan.codec];
  writeWav(join(folder, `${index}.wav`), { rateHz, channels: trace.channels });
}

/** It stopped the agent and should not have, or the other way round, or took too long. */
function isWrong({ kind, isStopped, duckMs, stopMs = 0, resumeMs = 0 }: Outcome): boolean {
  if (isStopped !== isInterruption(kind)) return true;
  if (!isStopped) return resumeMs > GOALS.resumeP95Ms;
  const isLate = isContinuing(kind) && stopMs > GOALS.stopP95Ms;
  return isLate || duckMs === undefined || duckMs > GOALS.duckP95Ms;
}

function describe(outcome: Outcome): string {
  const { source, text, codec, onsetMs, lengthMs, isStopped, duckMs, stopMs, resumeMs } = outcome;
  const when = onsetMs === undefined ? 'never began' : `at ${Math.round(onsetMs)} ms`;
  const verdict = isStopped ? 'stopped' : 'not stopped';
  const times = `duck ${duckMs ?? '–'}, stop ${stopMs ?? '–'}, resume ${resumeMs ?? '–'}`;
  return `${source} “${text.slice(0, MOST_TEXT)}”, ${Math.round(lengthMs)} ms, ${codec}, ${when}: ${verdict}; ${times}`;
}

await main(process.argv.slice(2));
