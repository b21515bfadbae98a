import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../src/config/load.ts';
import type { CallPlan } from './bargein/event.ts';
import { makeSet } from './bargein/event_set.ts';
import { type JudgedCall, judgeCall } from './bargein/judge_call.ts';
import { readTickLateness } from './bargein/media_files.ts';
import { readOwnSet } from './bargein/own_set.ts';
import { keepProgrammes, makeProgrammes, type Programme } from './bargein/programme.ts';
import { classTable } from './bargein/table.ts';
import { classFigures, GOALS, headlineOf, meetsGoals, type Outcome } from './bargein/verdict.ts';
import { Voices } from './bargein/voices.ts';
import { playOverWire, type WiredCall } from './bargein/wire_calls.ts';
import { JUDGED } from './bargein/words.ts';
import type { Bench, BenchResult } from './bench.ts';
import { startCarrier } from './sip/carrier.ts';
import type { CpuPercents } from './sip/processes.ts';

const SPEECH_FOLDER = fileURLToPath(new URL('../var/bargein', import.meta.url));
const SEED = 501;
const FULL = { eventsOfAClass: 66, eventsOfACall: 8 } as const;
const QUICK = { eventsOfAClass: 12, eventsOfACall: 4 } as const;
const CALLS_AT_ONCE = 20;
/** Of a tick: from here on the figures are about the machine. */
const MOST_LATE_P99_MS = 10;
const MOST_SEND_LATE_MS = 100;
const MOST_MISSED_SHARE = 0.05;
const MOST_TEXT = 40;

/** For scale: the same measure on telephone calls of other stacks. */
const OTHERS_STOP_MS = { 'LiveKit Agents': '780–930', Pipecat: '370' } as const;

interface Run {
  readonly calls: readonly WiredCall[];
  readonly judged: readonly JudgedCall[];
  readonly cpuPercent: CpuPercents;
  readonly tickLateP99Ms: number;
}

/** Callers interrupt an agent, or only seem to, over the trunk edge; the wire shows what the agent does. */
export const bench: Bench = {
  name: 'bargein',
  run: async ({ quick, setFolder, configFile }) => {
    const { flite } = loadConfig(configFile).voice;
    const voices = new Voices({ flite, espeak: 'espeak-ng', folder: SPEECH_FOLDER });
    const size = quick ? QUICK : FULL;
    const plans =
      setFolder === undefined
        ? makeSet({ sources: JUDGED, voices, ...size, seed: SEED })
        : readOwnSet(setFolder, { ...size, most: quick ? QUICK.eventsOfAClass : undefined, seed: SEED });
    const run = await playAll(plans, makeProgrammes(JUDGED, voices));
    return resultOf(run, validityOf(quick, setFolder !== undefined));
  },
};

/** Starts the edge and a media process, plays all calls, and judges them when everything has ended. */
async function playAll(plans: readonly CallPlan[], programmes: readonly Programme[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'bargein-'));
  try {
    keepProgrammes(folder, programmes);
    const script = new URL('bargein/media_process.ts', import.meta.url);
    const stack = await startCarrier(CALLS_AT_ONCE, { media: { script, argument: folder } });
    const measuring = stack.processes.measure();
    let cpuPercent: CpuPercents = {};
    const calls = await playOverWire(plans, stack.target, CALLS_AT_ONCE, tellProgress(plans.length)).finally(
      async () => {
        cpuPercent = measuring.stop();
        await stack.stop();
      },
    );
    const judged = calls.map(({ plan, caller }) => judgeCall(plan, caller, programmes));
    return { calls, judged, cpuPercent, tickLateP99Ms: Math.max(...readTickLateness(folder)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function resultOf({ calls, judged, cpuPercent, tickLateP99Ms }: Run, validity: string[]): BenchResult {
  const outcomes = judged.flatMap(call => call.outcomes);
  const headline = headlineOf(outcomes);
  const classes = classFigures(outcomes);
  const faults = calls.flatMap(({ fault }) => fault ?? []);
  const missed = sum(judged.map(call => call.missed));
  const sendLatestMs = Math.max(...calls.map(call => call.sendLatestMs));
  process.stderr.write(`${classTable(classes)}\n`);
  const isLate = tickLateP99Ms > MOST_LATE_P99_MS || sendLatestMs > MOST_SEND_LATE_MS;
  const late = `ticks or packets of this machine were late (p99 ${tickLateP99Ms} ms, at most ${sendLatestMs} ms): times are about the machine`;
  return {
    ok: faults.length === 0 && missed <= MOST_MISSED_SHARE * outcomes.length,
    headline: { ...headline, meetsGoals: meetsGoals(headline) },
    figures: {
      goals: GOALS,
      classes,
      calls: calls.length,
      missed,
      faults,
      callsAtOnce: CALLS_AT_ONCE,
      tickLateP99Ms,
      sendLatestMs,
      sendSkipped: sum(calls.map(call => call.sendSkipped)),
      packetsLost: sum(calls.map(call => call.lost)),
      longestGapMs: Math.max(...calls.map(call => call.longestGapMs)),
      cpuPercent,
      othersStopMs: OTHERS_STOP_MS,
      outcomes: outcomes.map(compact),
    },
    validity: isLate ? [late, ...validity] : validity,
  };
}

/** One event in the kept result. */
function compact(outcome: Outcome) {
  const { kind, source, text, codec, lengthMs, duckMs, isStopped, stopMs, resumeMs, loweredMs } = outcome;
  const said = text === '' ? source : `${source}: ${text.slice(0, MOST_TEXT)}`;
  return {
    kind,
    said,
    codec,
    lengthMs: Math.round(lengthMs),
    duckMs,
    isStopped,
    stopMs,
    resumeMs,
    loweredMs,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function tellProgress(calls: number): (done: number) => void {
  return done => {
    if (done % CALLS_AT_ONCE === 0 || done === calls) process.stderr.write(`${done} of ${calls} calls\n`);
  };
}

function validityOf(isQuick: boolean, isOwnSet: boolean): string[] {
  const few = `few events (${QUICK.eventsOfAClass} of a class): percentiles and shares are rough, intervals wide`;
  return [
    ...(isQuick ? [few] : []),
    isOwnSet
      ? 'the set is from a folder, at the levels at which it is recorded; only its echoes are made here'
      : 'callers are flite, espeak-ng and, among sentences and television, a recorded woman; hums and noises are made from numbers; no voice, text or seed of them was tuned on, but the words of commands and backchannels were',
    'duckMs, stopMs: from the first packet with sound of the caller (−46 dBFS, or 20 dB beneath the level of what is quieter) to where the agent is 12 dB lower on the wire, and to its last sound before a second of silence',
    'resumeMs: from the end of a backchannel or noise, or, under what goes on in the background, from when the agent was lowered, until it is back within 3 dB for good',
    'a silence of less than a second from which the agent speaks on is no stop: it counts in resumeMs',
    'the agent talks without pauses longer than 80 ms, so that the wire shows its gain at any time; a real one has pauses in which a caller may begin, too',
    'echo alone and a television that is on all the time count as a stop as well when the agent is stopped again and again and never speaks for long enough',
    'echo is made from the packets received, delayed by 50 to 400 ms in all; its path does not change within a call',
    'loopback: no loss and no jitter of a network; what stops the agent is heard through the real edge, media process and pipeline, and only conversation and voice are replaced: after a command said in short the agent listens, even to one that a conversation would answer',
    'what is known of others was measured by their own setups, and none of those tells backchannels apart',
  ];
}
