import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Bench, BenchResult } from './bench.ts';
import { MOST_SILENT_MS, type Verdict } from './chaos/judge.ts';
import { HELD_UP_MS, type JudgedRun, MOST_TRIES, runJudged } from './chaos/judged_run.ts';
import { leavesNobody, type Plan, planRuns, TARGETS } from './chaos/plan.ts';

const FULL_RUNS = 360;
const QUICK_RUNS = 24;
const AT_ONCE = 18;
/** Without its sound, which takes memory. */
interface Judged extends Omit<JudgedRun, 'call'> {
  readonly switches: number;
}

/** Providers that are killed, stall or talk nonsense at ten points of a turn: what the caller hears of it. */
export const bench: Bench = {
  name: 'chaos',
  run: async ({ quick }) => {
    const stray: unknown[] = [];
    const onStray = (reason: unknown) => void stray.push(reason);
    process.on('unhandledRejection', onStray);
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const before = performance.eventLoopUtilization();
    const runs = await runAll(planRuns(quick ? QUICK_RUNS : FULL_RUNS), AT_ONCE);
    const { utilization } = performance.eventLoopUtilization(before);
    delay.disable();
    process.off('unhandledRejection', onStray);
    return resultOf(runs, stray.length, {
      delayP99Ms: round(delay.percentile(99) / 1e6),
      delayMaxMs: round(delay.max / 1e6),
      utilization: round(utilization),
    });
  },
};

/** Runs calls side by side, so many at once. */
async function runAll(plans: readonly Plan[], atOnce: number): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  const waiting = [...plans];
  const work = async () => {
    for (let plan = waiting.shift(); plan !== undefined; plan = waiting.shift()) {
      const { call, ...run } = await runJudged(plan);
      const one = { ...run, switches: call?.switches.length ?? 0 };
      judged.push(one);
      const { failures } = one.verdict;
      if (failures.length > 0) process.stderr.write(`${nameOf(plan)}: ${failures.join('; ')}\n`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return judged.toSorted((one, other) => one.plan.index - other.plan.index);
}

function resultOf(runs: readonly Judged[], stray: number, loop: Record<string, number>): BenchResult {
  const failed = runs.filter(({ verdict }) => verdict.failures.length > 0);
  const combinations = new Set(
    runs.map(({ plan: { kind, fault, point } }) => `${kind} ${fault.kind} ${point}`),
  );
  const countOf = (what: (verdict: Verdict) => readonly string[]) =>
    runs.reduce((sum, { verdict }) => sum + what(verdict).length, 0);
  const taken = runs.filter(({ plan }) => !leavesNobody(plan));
  return {
    ok: failed.length === 0 && stray === 0,
    headline: {
      runs: runs.length,
      combinations: combinations.size,
      longestSilenceMs: silences(taken),
      repeatedSentences: countOf(verdict => verdict.repeatedSentences),
      lostSlots: countOf(verdict => verdict.lostSlots),
      failedRuns: failed.length,
      unhandledRejections: stray,
    },
    figures: {
      mostSilentMs: MOST_SILENT_MS,
      longestSilenceMsByTarget: Object.fromEntries(
        TARGETS.filter(target => target !== 'both').map(target => [
          target,
          silences(taken.filter(({ plan }) => plan.target === target)),
        ]),
      ),
      nobodyLeft: silencesBy(runs.filter(({ plan }) => leavesNobody(plan))),
      longestSilenceMsByFault: silencesBy(taken),
      takeovers: runs.reduce((sum, { switches }) => sum + switches, 0),
      runsMadeAgain: runs.reduce((sum, { heldUp }) => sum + heldUp, 0),
      eventLoop: loop,
      failed: failed.map(({ plan, verdict }) => ({ run: nameOf(plan), failures: verdict.failures })),
    },
    validity: VALIDITY,
  };
}

function silences(of: readonly Judged[]) {
  return quantiles(of.map(({ verdict }) => Math.max(0, ...verdict.silencesMs)));
}

function silencesBy(of: readonly Judged[]) {
  const faults = Map.groupBy(of, ({ plan }) => `${plan.kind} ${plan.fault.kind}`);
  return Object.fromEntries([...faults].map(([fault, these]) => [fault, silences(these)]));
}

function nameOf({ index, kind, fault, point, target, struck }: Plan): string {
  const how = fault.kind === 'corrupted' ? `${fault.kind} (${fault.corruption})` : fault.kind;
  return `${index}: ${kind} ${target} ${how}, ${point}, ${struck}`;
}

function quantiles(values: readonly number[]) {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return { p50: at(0.5), p95: at(0.95), max: sorted.at(-1) };
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}

const VALIDITY = [
  "each run is one call of some six turns at real time through the real Conversation and openProviders: deepgram → assemblyai, openai → anthropic, cartesia → elevenlabs → flite, against scripted servers on loopback sockets; turn events come of the caller's script, not of the uplink",
  'delays are log-normal (sigma 0.3) about 40 ms (final), 200 ms (first token) and 150 ms (first sound); speech comes three times as fast as it is heard',
  "a run's longest silence: from the caller's last sound (or the answer) to the agent's first sound, the wait for the end of the turn with it, and gaps within what the agent says",
  'targets: first (the first provider of the kind, for good), connections (its present connections only), second (the connections of the second, the first having been gone since before the call), both (for good). longestSilenceMs is of the runs in which somebody is left to take over; where nobody is (both, and second of models), the limits of a last provider hold: see nobodyLeft, and such runs are not failed for their silence but those of recognisers, in which the caller is told to wait',
  'with both recognisers gone the call must end in the apology, with both models gone the workflow must lead on by itself, with both networks of voices gone flite must speak; elsewhere the call must be booked with all slots',
  "words are told by the tones of the scripted voices; each takeover of a voice may cost one word between record and sound; where flite speaks, or a voice's sound itself is spoiled, only the record is judged",
  `all runs share one process and its event loop, which a machine under load delays: see eventLoop. A run in which it did nothing for ${HELD_UP_MS} ms at a stretch is made again, whatever came of it, up to ${MOST_TRIES} tries: see runsMadeAgain`,
];
