import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';
import type { InterjectionEar } from '../../src/agent/interjection.ts';
import { wordSince } from '../../src/agent/over_agent.ts';
import { PRE_ROLL_MS, PreRoll } from '../../src/agent/pre_roll.ts';
import { available, readSamples, room } from '../../src/calls/ring.ts';
import { CONTROL, type SlotView, slotView } from '../../src/calls/slot_buffers.ts';
import { SpeechWriter } from '../../src/calls/speech_writer.ts';
import type { Programme } from './programme.ts';

/** As much speech is written ahead as a conversation does. */
const LOOK_AHEAD_MS = 1000;
/** After the caller's turn: recognition and what thinks of an answer. */
const ANSWER_MS = 700;
/** Calls begin so far apart in what there is to say. */
const SECONDS_APART = 5;
/** A turn that was taken and never comes to its end. */
const LONGEST_TURN_MS = 8000;
/** As much of the caller is handed on at once as a conversation does. */
const CHUNK_MS = 100;

/** What one call's agent says, and what it heard. */
interface Speaker {
  readonly view: SlotView;
  readonly writer: SpeechWriter;
  readonly pcm: Int16Array;
  readonly rateHz: PipelineRateHz;
  readonly preRoll: PreRoll;
  readonly chunk: Int16Array;
  at: number;
  /** Undefined: it speaks. */
  speaksAtMs: number | undefined;
}

export interface SpeakingTalkParts {
  readonly memory: SharedArrayBuffer;
  readonly programmes: readonly Programme[];
  /** Undefined: short words are nothing, whatever they are. */
  readonly ear: InterjectionEar | undefined;
  nowMs(): number;
  /** Has the audio thread go on after what asked for nothing. */
  goOn(slot: number, hold: number): void;
  /** Has the audio thread cut the agent's speech of that generation. */
  cut(slot: number, generation: number): void;
}

/**
 * Stands where the conversation is: the agent talks without an end, is silent once it was cut, as a real one is, and
 * begins to speak again when the caller's turn is over. Short words are understood as a conversation understands them;
 * whatever they ask for, it then listens. Works on the same memory.
 */
export class SpeakingTalk {
  readonly #parts: SpeakingTalkParts;
  readonly #speakers = new Map<number, Speaker>();
  #begun = 0;

  constructor(parts: SpeakingTalkParts) {
    this.#parts = parts;
  }

  /** To be called every 10 ms: takes what was heard, and writes what is to be said next. */
  pump(): void {
    const nowMs = this.#parts.nowMs();
    for (const speaker of this.#speakers.values()) {
      hear(speaker);
      this.#speak(speaker, nowMs);
    }
  }

  /** The call on the slot is up: begins to talk, each call at another place of what there is to say. */
  begin(slot: number, rateHz: PipelineRateHz): void {
    const { memory, programmes } = this.#parts;
    const view = slotView(memory, slot);
    const pcm = programmes[this.#begun % programmes.length]![rateHz];
    const at = (this.#begun * rateHz * SECONDS_APART) % pcm.length;
    this.#begun += 1;
    const writer = new SpeechWriter(view);
    const preRoll = new PreRoll(rateHz, PRE_ROLL_MS);
    const chunk = new Int16Array((CHUNK_MS * rateHz) / 1000);
    this.#speakers.set(slot, { view, writer, pcm, rateHz, preRoll, chunk, at, speaksAtMs: undefined });
  }

  follow(slot: number, event: TurnEvent): void {
    const speaker = this.#speakers.get(slot);
    if (speaker === undefined) return;
    const nowMs = this.#parts.nowMs();
    if (event.type === 'bargeIn') speaker.speaksAtMs = nowMs + LONGEST_TURN_MS;
    else if (event.type === 'backchannel' && event.hold > 0)
      void this.#understand(speaker, event.atMs, event.hold);
    else if (event.type === 'turnEnded' && speaker.writer.isCut) speaker.speaksAtMs = nowMs + ANSWER_MS;
  }

  end(slot: number): void {
    this.#speakers.delete(slot);
  }

  async #understand(speaker: Speaker, onsetMs: number, hold: number): Promise<void> {
    const { ear, cut, goOn } = this.#parts;
    const { view, rateHz, preRoll } = speaker;
    if (ear === undefined) return;
    hear(speaker);
    const generation = Atomics.load(view.control, CONTROL.generation);
    const meaning = await ear.understand(wordSince(preRoll, onsetMs, rateHz), rateHz);
    if (this.#speakers.get(view.index) !== speaker) return;
    if (meaning === 'nod') goOn(view.index, hold);
    else if (meaning !== 'nothing') cut(view.index, generation);
  }

  #speak(speaker: Speaker, nowMs: number): void {
    const { writer, view, pcm, rateHz } = speaker;
    if (writer.isCut) {
      speaker.speaksAtMs ??= nowMs + LONGEST_TURN_MS;
      if (nowMs < speaker.speaksAtMs) return;
      speaker.speaksAtMs = undefined;
      writer.resume();
    }
    const ahead = Math.round((LOOK_AHEAD_MS * rateHz) / 1000);
    for (let wanted = ahead - waiting(view); wanted > 0; ) {
      const written = writer.write(pcm.subarray(speaker.at, speaker.at + wanted));
      if (written === 0) return;
      speaker.at = (speaker.at + written) % pcm.length;
      wanted -= written;
    }
  }
}

function hear({ view, preRoll, chunk, rateHz }: Speaker): void {
  const newestMs = Atomics.load(view.control, CONTROL.mediaMs);
  for (let count = readSamples(view.heard, chunk); count > 0; count = readSamples(view.heard, chunk))
    preRoll.push(chunk.subarray(0, count), newestMs - (available(view.heard) * 1000) / rateHz);
}

function waiting({ speech }: SlotView): number {
  return speech.samples.length - room(speech);
}
