import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { openVoice } from './caller/local_speech.ts';
import { SeededRandom } from './caller/random.ts';
import { spreadOf } from './caller/report.ts';
import { renderDialogue, type Utterance } from './latency/dialogue.ts';
import { type Instants, ledgerSpreads, readLedger } from './latency/ledger.ts';
import { withOwnNode } from './latency/own_node.ts';
import { type Busy, type Delays, type Services, startServices } from './latency/services.ts';
import { CODEC, takeTurns, type WireTurn } from './latency/turn_caller.ts';
import type { CalledNode } from './node.ts';
import { ownApi } from './own_api.ts';

const FAST: Delays = { name: 'fast', finalMs: 40, firstTokenMs: 200, firstByteMs: 150 };
const USUAL: Delays = { name: 'usual', finalMs: 250, firstTokenMs: 350, firstByteMs: 90 };
const CALLERS = 3;
const TURNS = 67;
const USUAL_TURNS = 22;
const QUICK_TURNS = 12;
const MOST_P95_MS = 700;
const MOST_OWN_P95_MS = 100;
const SEED = 1;
const BETWEEN_CALLS_MS = 1000;

/** Turns over the trunk edge with scripted providers: from the caller's last sound to the agent's first, on the wire. */
export const bench: Bench = {
  name: 'latency',
  async run(options) {
    const turns = options.quick ? QUICK_TURNS : TURNS;
    const fast = await measure(options, FAST, turns);
    const usual = options.quick ? undefined : await measure(options, USUAL, USUAL_TURNS);
    const { voiceToVoiceMs, ownMs } = fast;
    return {
      ok: fast.unanswered === 0 && (voiceToVoiceMs?.p95 ?? Infinity) < MOST_P95_MS,
      headline: {
        voiceToVoiceMs: { p50: voiceToVoiceMs?.median, p95: voiceToVoiceMs?.p95 },
        ownMs: { p50: ownMs?.median, p95: ownMs?.p95 },
        meetsOwnGoal: (ownMs?.p95 ?? Infinity) <= MOST_OWN_P95_MS,
      },
      figures: { fast, ...(usual !== undefined && { usual }) },
      validity: VALIDITY,
    };
  },
};

const VALIDITY: BenchResult['validity'] = [
  'loopback: no network between caller and node, nor between node and providers; G.711 at 20 ms',
  'providers are scripted servers that speak the wire protocols of Deepgram, OpenAI and Cartesia; delays are log-normal (sigma 0.25)',
  'partials lag by as much as finals; in two turns of five the last word of the last partial is another than in the final',
  'callers are one synthetic voice with a noise floor of −65 dBFS; every utterance is complete at its end',
  'own time is voice-to-voice less all time in which a provider worked, by its own clock, and less the pause after which the turn counted as over, by the node’s: what is left is detection, transport, scheduling and playout',
];

interface Figures {
  readonly delays: Delays;
  readonly turns: number;
  readonly unanswered: number;
  readonly cutOff: number;
  readonly voiceToVoiceMs: ReturnType<typeof spreadOf>;
  readonly ownMs: ReturnType<typeof spreadOf>;
  /** As the node wrote it down, each from the caller's last sound. */
  readonly ledger: Readonly<Record<string, ReturnType<typeof spreadOf>>>;
}

async function measure(options: BenchOptions, delays: Delays, turnsEach: number): Promise<Figures> {
  const services = await startServices(delays, SEED);
  try {
    const { calls, ledger } = await withOwnNode(options, services.config, services.env, async node => ({
      calls: await callAll(node, services, turnsEach),
      ledger: await readLedger(ownApi(node.config), CALLERS),
    }));
    const turns = calls.flatMap((call, index) =>
      call.map((turn, at) => ({ ...turn, instants: ledger[index]?.[at] })),
    );
    const answered = turns.filter(
      (turn): turn is Answered => turn.firstSoundMs !== undefined && !turn.wasCutOff,
    );
    return {
      delays,
      turns: turns.length,
      unanswered: turns.filter(({ firstSoundMs }) => firstSoundMs === undefined).length,
      cutOff: turns.filter(({ wasCutOff }) => wasCutOff).length,
      voiceToVoiceMs: spreadOf(answered.map(({ lastSoundMs, firstSoundMs }) => firstSoundMs - lastSoundMs)),
      ownMs: spreadOf(answered.map(turn => ownTime(turn, services.work))),
      ledger: ledgerSpreads(ledger.flat()),
    };
  } finally {
    await services.close();
  }
}

type Answered = WireTurn & { readonly firstSoundMs: number; readonly instants: Instants | undefined };

async function callAll(
  { target, config }: CalledNode,
  services: Services,
  turnsEach: number,
): Promise<readonly (readonly WireTurn[])[]> {
  const voice = await openVoice(config, 'slt');
  const utterances = await renderDialogue(voice, CODEC.rateHz);
  await voice.close();
  const calls: Promise<readonly WireTurn[]>[] = [];
  for (let caller = 0; caller < CALLERS; caller += 1) {
    const random = new SeededRandom(SEED, `caller ${caller}`);
    const dial = {
      target,
      fromUser: `+1555880000${caller}`,
      localHost: undefined,
      credentials: undefined,
      answerTimeoutMs: 30_000,
      signal: new AbortController().signal,
    };
    calls.push(
      takeTurns({
        dial,
        utterances: rotated(utterances, caller * 7),
        turns: turnsEach,
        speaks: utterance => services.speaks(utterance),
        random: () => random.next(),
      }),
    );
    // The node's list is by the time of the call.
    await sleep(BETWEEN_CALLS_MS);
  }
  return Promise.all(calls);
}

function rotated(utterances: readonly Utterance[], by: number): readonly Utterance[] {
  const at = by % utterances.length;
  return [...utterances.slice(at), ...utterances.slice(0, at)];
}

/** What neither a provider's work nor the wait for the caller to go on explains of the time from the last sound to the first. */
function ownTime({ lastSoundMs, firstSoundMs, instants }: Answered, work: readonly Busy[]): number {
  const pauseMs = instants === undefined ? 0 : instants.endOfTurnMs - instants.lastSoundMs;
  const waits = [...work, { fromMs: lastSoundMs, toMs: lastSoundMs + pauseMs }];
  const spans = waits
    .map(({ fromMs, toMs }) => [Math.max(fromMs, lastSoundMs), Math.min(toMs, firstSoundMs)] as const)
    .filter(([from, to]) => to > from)
    .toSorted(([a], [b]) => a - b);
  let explainedMs = 0;
  let coveredMs = lastSoundMs;
  for (const [from, to] of spans) {
    if (to <= coveredMs) continue;
    explainedMs += to - Math.max(from, coveredMs);
    coveredMs = to;
  }
  return firstSoundMs - lastSoundMs - explainedMs;
}
