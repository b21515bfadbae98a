import type { Bench, BenchResult } from './bench.ts';
import { talkingCallers } from './density/callers.ts';
import type { CarryPlan } from './density/carried.ts';
import { measureLiveKit } from './density/livekit.ts';
import { measureOwn } from './density/own.ts';
import { coresOfBoth, pin } from './density/pinning.ts';
import { speechOf } from './density/speech.ts';
import { densityOf, GOALS, meetsGoals, summaryOf } from './density/summary.ts';

interface Plan {
  readonly own: readonly CarryPlan[];
  readonly livekit: readonly CarryPlan[];
}

const FULL: Plan = {
  own: [25, 50, 75, 100, 150, 200].map(calls => ({
    calls,
    callsPerSecond: 5,
    settleMs: 20_000,
    measureMs: 60_000,
  })),
  livekit: [2, 3].map(calls => ({ calls, callsPerSecond: 0.5, settleMs: 15_000, measureMs: 40_000 })),
};
const QUICK: Plan = {
  own: [{ calls: 50, callsPerSecond: 10, settleMs: 5000, measureMs: 40_000 }],
  livekit: [{ calls: 2, callsPerSecond: 0.5, settleMs: 5000, measureMs: 15_000 }],
};

/** Whole conversations on one core, with all that is ours on it and nothing else; then those of LiveKit's chain. */
export const bench: Bench = {
  name: 'density',
  async run(options) {
    const cores = coresOfBoth();
    if (cores !== undefined) pin(process.pid, cores.callers);
    const callers = talkingCallers(await speechOf(options));
    const plan = options.quick ? QUICK : FULL;
    const own = await measureOwn(options, callers, plan.own, cores);
    const livekit = await measureLiveKit(options, callers, plan.livekit, cores);
    const runs = { own, livekit };
    const density = densityOf(runs);
    const generatorFaults = own.flatMap(({ calls, generator }) =>
      generator.invalidBecause.map(fault => `at ${calls} calls: ${fault}`),
    );
    return {
      ok: own.every(({ wire }) => wire.outcomes.answered === wire.calls),
      headline: { ...density, isValid: generatorFaults.length === 0, meetsGoals: meetsGoals(density) },
      figures: { goals: GOALS, cores, generatorFaults, ...runs },
      validity: VALIDITY,
      summarise: posture => summaryOf(runs, posture),
    };
  },
};

const VALIDITY: BenchResult['validity'] = [
  'loopback: what the kernel does to bring packets to the callers is partly paid for by whoever sends; interrupts outside of processes are in neither side',
  'ours: one media process, edge, api, Postgres, Redis and supervisor on the last processor of the machine; every stage of the pipeline that is on by default, recording of every call, checkpoints and events; a model leads the talk',
  'callers and scripted providers (Deepgram, OpenAI and Cartesia by their wire protocols, delays log-normal around 40, 200 and 150 ms) share the other processors; what they use is in neither side',
  'each caller answers the agent turn by turn after 0.4 to 1.6 s, and cuts into one turn in seven; line noise of −62 dBFS; the recogniser is sent what callers say and not their silence',
  'lateness is of packets on their own call’s grid of 20 ms, whose origin is the earliest packet of the last one to two seconds, by the clock of the callers’ process: its own lateness is in it',
  'the bare timer is a process that does nothing else, beside the callers, at the priority of an audio thread',
  'memory is proportional (Pss) less that of the node before the first call of that number: caches that calls leave behind are in it for the first number only',
  'LiveKit: livekit-sip, livekit-server and a worker of LiveKit Agents (JavaScript) with its plugins, as in the bench `latency`, on the same processor, without Redis; its calls are the most at which each was answered and heard both ways, its cost that of the cheapest number',
  'numbers of calls are tried in rising order until one is not carried in time; each for a minute, after 20 s; before the first of a full run, 40 calls talk for a minute and a half that is not measured, in which code is compiled: a quick run has none of that, and shows a node that has just begun',
  'floors, not ceilings: a machine shared with others, a generator that is late or processors that are stolen make ours look worse; where they do beyond bounds, generatorFaults says so',
];
