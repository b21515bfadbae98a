import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { TurnPolicy } from '../../pipeline/turn/turn_event.ts';
import type { CallAudio } from '../agent/ports.ts';
import { available, readSamples } from './ring.ts';
import { CONTROL, type SlotView } from './slot_buffers.ts';
import { SpeechWriter } from './speech_writer.ts';
import type { ToAudio } from './thread_messages.ts';

/** Speech waits while this much is queued: enough for the slowest sentence, little enough to throw away. */
const LOOK_AHEAD_MS = 1500;
/** Caller's audio handed on at once. */
const CHUNK_MS = 100;

interface WaitingSpeech {
  readonly generation: number;
  readonly pcm: Int16Array;
  resolve(position: number | undefined): void;
}

/** The talk thread's end of a slot: a call's mouth and ears over shared memory and messages. */
export class TalkAudio implements CallAudio {
  readonly rateHz: PipelineRateHz;
  readonly #slot: SlotView;
  readonly #startMs: number;
  readonly #send: (message: ToAudio) => void;
  readonly #writer: SpeechWriter;
  readonly #chunk: Int16Array;
  readonly #views = new Map<number, Int16Array>();
  #waiting: WaitingSpeech[] = [];
  /** Position of the next sample written, as CallAudio counts. */
  #end = 0;
  /** The generation that a cut on its way to the audio thread will raise. */
  #comingGeneration = 0;
  /** When a cut by the audio thread was noticed. */
  #cutSeenMs: number | undefined;
  #closed = false;

  /** `startMs` is the media time of the call at which the slot's own begins. */
  constructor(slot: SlotView, rateHz: PipelineRateHz, startMs: number, send: (message: ToAudio) => void) {
    this.#slot = slot;
    this.rateHz = rateHz;
    this.#startMs = startMs;
    this.#send = send;
    this.#writer = new SpeechWriter(slot);
    this.#chunk = new Int16Array((CHUNK_MS * rateHz) / 1000);
  }

  get generation(): number {
    return Math.max(this.#comingGeneration, this.#word(CONTROL.generation));
  }

  speak(generation: number, pcm: Int16Array): Promise<number | undefined> {
    return new Promise(resolve => {
      this.#waiting.push({ generation, pcm, resolve });
      this.#write();
    });
  }

  playedSamples(): number {
    return this.#word(CONTROL.played);
  }

  mediaMs(): number {
    return this.#startMs + this.#word(CONTROL.mediaMs);
  }

  cut(): void {
    const { generation } = this;
    this.#comingGeneration = generation + 1;
    this.#send({ type: 'cut', slot: this.#slot.index, generation });
    this.#write();
  }

  goOn(hold: number): void {
    this.#send({ type: 'goOn', slot: this.#slot.index, hold });
  }

  setPolicy(policy: TurnPolicy): void {
    this.#send({ type: 'policy', slot: this.#slot.index, policy });
  }

  hangUp({ drain }: { drain: boolean }): void {
    if (!this.#closed) this.#send({ type: 'hangUp', slot: this.#slot.index, drain });
  }

  /** To be called every 10 to 20 ms: hands on what the caller said, and writes speech that waited. */
  pump(heard: (pcm: Int16Array, endMs: number) => void): void {
    const { heard: ring } = this.#slot;
    const newestMs = this.mediaMs();
    for (let count = readSamples(ring, this.#chunk); count > 0; count = readSamples(ring, this.#chunk)) {
      heard(this.#heardOf(count), newestMs - (available(ring) * 1000) / this.rateHz);
    }
    this.#followCut();
    this.#write();
  }

  /** The first samples of the chunk; frames come in few lengths, whose views are kept. */
  #heardOf(count: number): Int16Array {
    const view = this.#views.get(count) ?? this.#chunk.subarray(0, count);
    this.#views.set(count, view);
    return view;
  }

  /** The line is gone: nothing is said or taken any more. */
  close(): void {
    this.#closed = true;
    this.#write();
  }

  /**
   * After a cut the ring holds speech again once the audio thread has counted what was heard of the old, which it
   * does at the end of its tick.
   */
  #followCut(): void {
    if (!this.#writer.isCut) return;
    const nowMs = this.mediaMs();
    this.#cutSeenMs ??= nowMs;
    if (nowMs === this.#cutSeenMs) return;
    this.#cutSeenMs = undefined;
    this.#writer.resume();
    this.#end = this.playedSamples();
  }

  #write(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const isStale = this.#closed || next.generation !== this.generation;
      const position = isStale ? undefined : this.#take(next.pcm);
      if (!isStale && position === undefined) return;
      this.#waiting.shift();
      next.resolve(position);
    }
  }

  /** Writes speech whole, or not at all: then it waits. */
  #take(pcm: Int16Array): number | undefined {
    const queuedMs = (available(this.#slot.speech) * 1000) / this.rateHz;
    if (queuedMs >= LOOK_AHEAD_MS || this.#writer.room < pcm.length) return undefined;
    if (this.#comingGeneration > this.#word(CONTROL.generation) || this.#writer.isCut) return undefined;
    if (this.#writer.write(pcm) === 0) return undefined;
    const position = this.#end;
    this.#end += pcm.length;
    return position;
  }

  #word(index: number): number {
    return Atomics.load(this.#slot.control, index);
  }
}
