import { getHeapSpaceStatistics } from 'node:v8';
import type { Bench, BenchResult } from './bench.ts';
import { liveHeapBytes } from './hostile/heap.ts';
import { type LongCall, runLongCall } from './long_call/call.ts';
import { forkProviders } from './long_call/providers.ts';
import { FACTS } from './long_call/script.ts';
import type { Seen } from './long_call/services.ts';

const BUDGET_TOKENS = 4_000;
/** An hour of 1,000 turns of both sides; a quick call is a part of that. */
const EXCHANGES = 500;
const QUICK_EXCHANGES = 150;
const EXCHANGE_MS = 7_200;
/** Samples of the heap over the call; the first ones, while caches fill, do not count. */
const SAMPLES = 50;
const WARM_UP_SHARE = 0.3;
/** More than that, by the upper end of the interval, is growth: 0.3 MB over the hour. What is kept swings by 0.2 MB with the history. */
const MOST_BYTES_PER_TURN = 300;
/** Two-sided 95 % of Student's t for the samples that count. */
const T_95 = 2.03;

interface Sample {
  readonly turns: number;
  readonly heapBytes: number;
  readonly codeBytes: number;
  readonly rssBytes: number;
}

export const bench: Bench = { name: 'long_call', run: options => run(options.quick) };

async function run(quick: boolean): Promise<BenchResult> {
  const exchanges = quick ? QUICK_EXCHANGES : EXCHANGES;
  const providers = await forkProviders();
  const before = open();
  const samples: Sample[] = [];
  const every = Math.floor(exchanges / SAMPLES);
  const beganMs = performance.now();
  try {
    const call = await runLongCall({
      exchanges,
      exchangeMs: EXCHANGE_MS,
      budgetTokens: BUDGET_TOKENS,
      urls: providers.urls,
      onExchange: done => {
        if (done % every === 0) samples.push(sampleAfter(2 * done));
      },
    });
    const realSeconds = (performance.now() - beganMs) / 1000;
    const seen = await providers.seen();
    const left = open();
    const sockets = left.sockets - before.sockets;
    const timers = call.timersLeft + Math.max(0, left.timers - before.timers);
    return resultOf(call, seen, { samples, realSeconds, sockets, timers });
  } finally {
    await providers.close();
  }
}

/** V8 goes on compiling for as long as it runs: code, which is of the program and not of the call, is told apart. */
function sampleAfter(turns: number): Sample {
  liveHeapBytes();
  liveHeapBytes();
  const spaces = getHeapSpaceStatistics();
  const used = (isCode: boolean) =>
    spaces
      .filter(({ space_name: name }) => /code|trusted/u.test(name) === isCode)
      .reduce((sum, { space_used_size: bytes }) => sum + bytes, 0);
  return { turns, heapBytes: used(false), codeBytes: used(true), rssBytes: process.memoryUsage.rss() };
}

/** Of this process; the providers have theirs. */
function open(): { readonly sockets: number; readonly timers: number } {
  const resources = process.getActiveResourcesInfo();
  const count = (name: RegExp) => resources.filter(one => name.test(one)).length;
  return { sockets: count(/TCPSocketWrap|TLSWrap/u), timers: count(/Timeout/u) };
}

function resultOf(
  call: LongCall,
  { requestTokens, summaries, violations }: Seen,
  rest: {
    readonly samples: readonly Sample[];
    readonly realSeconds: number;
    readonly sockets: number;
    readonly timers: number;
  },
): BenchResult {
  const { samples, realSeconds, sockets, timers } = rest;
  const warm = samples.slice(Math.floor(WARM_UP_SHARE * samples.length));
  const growth = growthOf(warm, one => one.heapBytes);
  const sorted = requestTokens.toSorted((one, other) => one - other);
  const rssMb = samples.map(({ rssBytes }) => Math.round(rssBytes / 1e5) / 10);
  const isFlat = growth.ci[1] <= MOST_BYTES_PER_TURN;
  const isKept = call.factsKept === FACTS.length && call.forgottenTurns === 0;
  const isBounded = call.mostHistoryTokens <= BUDGET_TOKENS;
  const isClean = sockets === 0 && timers === 0 && call.faults.length === 0 && violations.length === 0;
  return {
    ok: isFlat && isKept && isBounded && isClean,
    headline: {
      turns: call.turns,
      callMinutes: Math.round(call.callMs / 600) / 100,
      factsAsked: call.factsAsked,
      factsKept: call.factsKept,
      requestTokens: { p50: sorted[sorted.length >> 1], max: sorted.at(-1) },
      historyTokensMax: call.mostHistoryTokens,
      budgetTokens: BUDGET_TOKENS,
      heapGrowthBytesPerTurn: growth,
      rssMb: { first: rssMb[0], last: rssMb.at(-1), max: Math.max(...rssMb) },
      timersLeft: timers,
      socketsLeft: sockets,
      summaries,
    },
    figures: {
      answers: call.answers,
      forgottenTurns: call.forgottenTurns,
      mostStateCharacters: call.mostStateCharacters,
      takeovers: call.takeovers,
      mostBytesPerTurn: MOST_BYTES_PER_TURN,
      compiledCodeBytesPerTurn: growthOf(warm, one => one.codeBytes),
      heapMb: samples.map(({ turns, heapBytes }) => [turns, Math.round(heapBytes / 1e3) / 1e3]),
      realSeconds: Math.round(realSeconds),
      faults: call.faults,
      violations,
    },
    validity: VALIDITY,
  };
}

/** Bytes on the heap for each turn, by least squares, with the interval of 95 %. */
function growthOf(
  samples: readonly Sample[],
  bytesOf: (sample: Sample) => number,
): { readonly slope: number; readonly ci: readonly [number, number] } {
  const count = samples.length;
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, one) => sum + of(one), 0) / count;
  const turns = mean(one => one.turns);
  const bytes = mean(bytesOf);
  const spread = samples.reduce((sum, one) => sum + (one.turns - turns) ** 2, 0);
  const slope = samples.reduce((sum, one) => sum + (one.turns - turns) * (bytesOf(one) - bytes), 0) / spread;
  const rest = samples.reduce(
    (sum, one) => sum + (bytesOf(one) - bytes - slope * (one.turns - turns)) ** 2,
    0,
  );
  const half = T_95 * Math.sqrt(rest / (count - 2) / spread);
  return { slope: round(slope), ci: [round(slope - half), round(slope + half)] };
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}

const VALIDITY = [
  'one call through the real Conversation, ModelResponder and openProviders (deepgram, openai, cartesia), against scripted servers in a process of their own over loopback sockets; audio thread, recorder and spool are not part of it',
  'media time goes on by the frame as fast as the process can, and stands still while an answer is on the way: nothing here is a latency, and waits of providers that go by real time (kept connections, pings) see less of them than an hour has',
  'the scripted model knows what the request in hand tells it, and nothing else; its notes keep what matches a pattern, where a real model decides what matters: that the right things survive shows that they are handed on, not that every model notes them',
  'turns are those of the record, both sides; tokens are the estimate that the budget goes by, some half more than a tokeniser counts of English. requestTokens has instructions, manners and the words just said beside the history',
  'half-way the conversation is handed over by its checkpoint to another one in the same process, which has nothing else of it',
  `heap: used bytes of all spaces but those of compiled code (see compiledCodeBytesPerTurn: V8 still compiles after an hour) after two forced collections, ${SAMPLES} times over the call, the first ${100 * WARM_UP_SHARE} % left out; least squares, Student's t`,
];
