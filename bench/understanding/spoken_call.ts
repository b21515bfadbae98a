import { Belief } from '../../src/agent/belief.ts';
import { heardSpeech } from '../../src/agent/reply.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import type { Stt, Tts } from '../../src/providers/types.ts';
import type { LoadedFlow } from '../../src/workflow/load.ts';
import type { FlowStep, Heard, SlotValue } from '../../src/workflow/types.ts';
import { Dialogue } from '../caller/dialogue.ts';
import { knownPlaces } from '../caller/known_places.ts';
import { promptBook } from '../caller/prompts.ts';
import { drawScript } from '../caller/script.ts';
import { wordsOf } from '../caller/slot_speech.ts';
import type { Codec } from '../wire/codec.ts';
import { overLine } from './line.ts';

export interface SpokenCallParts {
  readonly flow: LoadedFlow;
  readonly stt: Stt;
  readonly tts: Tts;
  readonly codec: Codec;
  readonly todayIso: string;
}

/** One thing the caller said and what became of it. */
interface Utterance {
  readonly said: string;
  readonly heard: string;
  readonly confidence: number;
  /** Acted on. */
  readonly believed: boolean;
  readonly right: boolean;
  readonly finalMs: number;
  readonly audioMs: number;
}

export interface SpokenCall {
  readonly seed: number;
  /** The agent got to the end of the workflow with the script's values. */
  readonly completed: boolean;
  readonly wrongSlots: readonly string[];
  readonly utterances: readonly Utterance[];
}

/** More turns than any call needs. */
const MOST_TURNS = 80;
const RATE_HZ = 16_000;
/** Silence before speech, as the pre-roll holds it, and after it, as the end of a turn takes. */
const LEAD_MS = 300;
const TAIL_MS = 700;
/** As the audio thread hands it on. */
const FRAME_SAMPLES = 160;
const WITHIN_MS = 60_000;

/**
 * A whole conversation without waiting for time to pass: the caller's words are spoken, sent over a codec and recognised
 * as in a call, the agent's words are handed over as text.
 */
export async function holdSpokenCall(seed: number, parts: SpokenCallParts): Promise<SpokenCall> {
  const { flow, todayIso } = parts;
  const script = drawScript(flow.document, flow.places, seed, todayIso);
  const book = promptBook(flow.document, flow.places, knownPlaces(flow.places, script));
  const dialogue = new Dialogue(flow.document, book, script);
  const belief = new Belief();
  const utterances: Utterance[] = [];
  let step = flow.next(flow.initial, { type: 'start' }, { todayIso });
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    const reply = dialogue.hear(step.say.join(' '));
    if (reply.type !== 'say' && reply.type !== 'keys') break;
    const heard: Heard =
      reply.type === 'keys'
        ? { type: 'keys', digits: reply.keys }
        : await hearSpeech(reply.text, step, parts, belief, utterances);
    step = flow.next(step.state, heard, { todayIso });
  }
  const wrongSlots = Object.entries(dialogue.slots).flatMap(([slot, value]) =>
    slotValue(step, slot) === value ? [] : [slot],
  );
  const reached = step.state.done && isGoal(dialogue.outcome);
  return { seed, completed: reached && wrongSlots.length === 0, wrongSlots, utterances };
}

function slotValue(step: FlowStep, slot: string): SlotValue | undefined {
  return step.state.slots[slot]?.value;
}

function isGoal(outcome: string | undefined): boolean {
  return outcome === 'booked' || outcome === 'not_booked';
}

async function hearSpeech(
  text: string,
  step: FlowStep,
  { stt, tts, codec }: SpokenCallParts,
  belief: Belief,
  utterances: Utterance[],
): Promise<Heard> {
  const { pcm } = await wholeSentence(tts, text, {
    rateHz: codec.rateHz,
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  const heardPcm = overLine(pcm, codec, { leadMs: LEAD_MS, tailMs: TAIL_MS });
  const session = stt.open({ rateHz: RATE_HZ, expect: step.expect });
  for (let at = 0; at < heardPcm.length; at += FRAME_SAMPLES) {
    session.write(heardPcm.subarray(at, at + FRAME_SAMPLES));
  }
  const startMs = performance.now();
  const recognition = await session.finish();
  const believed = belief.judge(recognition, utterances.length, step.minConfidence);
  utterances.push({
    said: text,
    heard: recognition.text,
    confidence: recognition.confidence,
    believed: believed.text !== '',
    right: plain(text) === plain(recognition.text),
    finalMs: performance.now() - startMs,
    audioMs: (heardPcm.length * 1000) / RATE_HZ,
  });
  return heardSpeech(believed);
}

function plain(text: string): string {
  return wordsOf(text)
    .filter(word => !['uh', 'um'].includes(word))
    .join(' ');
}
