import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';
import { discardTo, room, writePosition } from '../../src/calls/ring.ts';
import { type SlotView, slotView } from '../../src/calls/slot_buffers.ts';
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

/** What one call's agent says. */
interface Speaker {
  readonly view: SlotView;
  readonly writer: SpeechWriter;
  readonly pcm: Int16Array;
  readonly rateHz: number;
  at: number;
  /** Undefined: it speaks. */
  speaksAtMs: number | undefined;
}

/**
 * Stands where the conversation is: the agent talks without an end, is silent once it was cut, as a real one is, and
 * begins to speak again when the caller's turn is over. Writes to the same memory.
 */
export class SpeakingTalk {
  readonly #memory: SharedArrayBuffer;
  readonly #programmes: readonly Programme[];
  readonly #nowMs: () => number;
  readonly #speakers = new Map<number, Speaker>();
  #begun = 0;

  constructor(parts: { memory: SharedArrayBuffer; programmes: readonly Programme[]; nowMs: () => number }) {
    this.#memory = parts.memory;
    this.#programmes = parts.programmes;
    this.#nowMs = parts.nowMs;
  }

  /** To be called every 10 ms: writes what is to be said next. */
  pump(): void {
    const nowMs = this.#nowMs();
    for (const speaker of this.#speakers.values()) {
      discardTo(speaker.view.heard, writePosition(speaker.view.heard));
      this.#speak(speaker, nowMs);
    }
  }

  /** The call on the slot is up: begins to talk, each call at another place of what there is to say. */
  begin(slot: number, rateHz: PipelineRateHz): void {
    const view = slotView(this.#memory, slot);
    const pcm = this.#programmes[this.#begun % this.#programmes.length]![rateHz];
    const at = (this.#begun * rateHz * SECONDS_APART) % pcm.length;
    this.#begun += 1;
    const writer = new SpeechWriter(view);
    this.#speakers.set(slot, { view, writer, pcm, rateHz, at, speaksAtMs: undefined });
  }

  follow(slot: number, { type }: TurnEvent): void {
    const speaker = this.#speakers.get(slot);
    if (speaker === undefined) return;
    const nowMs = this.#nowMs();
    if (type === 'bargeIn') speaker.speaksAtMs = nowMs + LONGEST_TURN_MS;
    else if (type === 'turnEnded' && speaker.writer.isCut) speaker.speaksAtMs = nowMs + ANSWER_MS;
  }

  end(slot: number): void {
    this.#speakers.delete(slot);
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

function waiting({ speech }: SlotView): number {
  return speech.samples.length - room(speech);
}
