import { resolve } from 'node:path';
import { loadConfig } from '../src/config/load.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { openVoice } from './caller/local_speech.ts';
import { renderSpeech, type Speech } from './latency/dialogue.ts';
import { type Beside, measureBeside } from './latency/livekit/beside.ts';
import { measureOwn, type OwnFigures, type Plan } from './latency/own_turns.ts';
import type { Delays } from './latency/services.ts';
import { summaryOf } from './latency/summary.ts';
import { CODEC } from './latency/turn_caller.ts';
import { quantilesOf } from './latency/turn_figures.ts';

interface Plans {
  readonly main: Plan;
  readonly second: Plan | undefined;
}

const FAST: Delays = { name: 'fast', finalMs: 40, firstTokenMs: 200, firstByteMs: 150 };
const USUAL: Delays = { name: 'usual', finalMs: 250, firstTokenMs: 350, firstByteMs: 90 };
const FULL: Plans = {
  main: { delays: FAST, turnsEach: 67, interruptions: 10 },
  second: { delays: USUAL, turnsEach: 22, interruptions: 0 },
};
const QUICK: Plans = { main: { delays: FAST, turnsEach: 3, interruptions: 1 }, second: undefined };
const MOST_P95_MS = 700;
const MOST_OWN_P95_MS = 100;

/** Turns over the trunk edge with scripted providers: from the caller's last sound to the agent's first, on the wire. */
export const bench: Bench = {
  name: 'latency',
  async run(options) {
    const speech = await renderedSpeech(options);
    const { main, second } = options.quick ? QUICK : FULL;
    const fast = await measureOwn(options, speech, main);
    const usual = second === undefined ? undefined : await measureOwn(options, speech, second);
    const livekit = await measureBeside(options, speech, main, second);
    const runs = { fast, usual, livekit };
    const { voiceToVoiceMs, ownMs, firstWords } = fast;
    return {
      ok: fast.unanswered + fast.missing === 0 && (voiceToVoiceMs?.p95 ?? Infinity) < MOST_P95_MS,
      headline: {
        voiceToVoiceMs: quantilesOf(voiceToVoiceMs),
        ownMs: quantilesOf(ownMs),
        meetsOwnGoal: (ownMs?.p95 ?? Infinity) <= MOST_OWN_P95_MS,
        firstWordsStopMs: firstWords?.stopMs?.median,
        livekit: 'skipped' in livekit ? livekit : headlineOf(livekit, fast),
      },
      figures: runs,
      validity: VALIDITY,
      summarise: posture => summaryOf(runs, posture),
    };
  },
};

const VALIDITY: BenchResult['validity'] = [
  'loopback: no network between caller and node, nor between node and providers; G.711 at 20 ms',
  'providers are scripted servers that speak the wire protocols of Deepgram, OpenAI and Cartesia; delays are log-normal (sigma 0.25)',
  'partials lag by as much as finals; in two turns of five the last word of the last partial is another than in the final',
  'callers are one synthetic voice with a noise floor of −65 dBFS; every utterance is complete at its end',
  'own time is voice-to-voice less all time in which a provider worked, by its own clock, and less the pause after which the turn counted as over, by the node’s: what is left is detection, transport, scheduling and playout',
  'LiveKit: the same callers, dialogue, seed and servers, after our own run and never beside it; an AgentSession of LiveKit’s plugins with its defaults but for what is named here, in production mode on livekit-server and livekit-sip as the bench `sip` runs them (no jitter buffer, PCMU alone)',
  'LiveKit’s headline is by the pause alone (turnDetection: vad, 500 ms), its table `byDefault` by the model that is its default without its cloud (turn-detector-v1-mini): that one listens to how speech ends, was not made for synthetic voices, and takes many ends of this one for pauses, which costs 2.5 s a turn',
  'LiveKit’s recogniser is asked with the plugin’s own endpointing (25 ms), after which the scripted server tells its final unasked; its words are placed where their sound arrives; ours is asked for the final by the node',
  'LiveKit’s Cartesia plugin is 1.8.1, the newest there is, with Agents 1.9; its worker takes calls at any load; its agent has one tool that nobody calls, for without tools the plugin sends an empty list, which the scripted server refuses; what first words it says and what it tells the model are the node’s',
  'first words: a caller talks over the greeting from half a second after its first sound until the agent is silent; of LiveKit, the 3 s in which nothing interrupts its first words are its default for calls that come in (aecWarmupDuration)',
  'CPU is that of all processes of a side (proc(5)) while three calls are live: ours with its database and Redis, LiveKit’s without Redis; the callers and scripted servers are in neither',
];

async function renderedSpeech({ configFile }: BenchOptions): Promise<Speech> {
  const voice = await openVoice(loadConfig(resolve(configFile)), 'slt');
  try {
    return await renderSpeech(voice, CODEC.rateHz);
  } finally {
    await voice.close();
  }
}

function headlineOf(livekit: Beside, own: OwnFigures): Readonly<Record<string, unknown>> {
  const { turns, missing, unanswered, cutOff, voiceToVoiceMs, firstWords, used } = livekit;
  return {
    voiceToVoiceMs: quantilesOf(voiceToVoiceMs),
    timesOurs: ratio(voiceToVoiceMs?.median, own.voiceToVoiceMs?.median),
    turns,
    failed: missing + unanswered + cutOff,
    firstWordsStopMs: firstWords?.stopMs?.median,
    cpuPercentPerCall: Math.round((used.totalCpuPercent / used.calls) * 10) / 10,
  };
}

function ratio(theirs: number | undefined, ours: number | undefined): number | undefined {
  if (theirs === undefined || ours === undefined) return undefined;
  return Math.round((theirs / ours) * 100) / 100;
}
