import { JitterBuffer } from '../../../sip/rtp/jitter_buffer.ts';
import type { MediaDecoder } from '../../../sip/rtp/media_codec.ts';
import type { RtpCodec } from '../../../sip/rtp/rtp_stream.ts';

export const TONE_HZ = 440;
const AMPLITUDE = 0.5;

/** Linear 16-bit samples as payload, and silence for what is missing: any fault is heard in full. */
export class LinearDecoder implements MediaDecoder {
  readonly clockRateHz = 8000;
  readonly rateHz: number;
  restarts = 0;

  constructor(rateHz = 8000) {
    this.rateHz = rateHz;
  }

  samplesIn(_codec: RtpCodec, payloadBytes: number): number {
    return payloadBytes % 2 === 0 ? payloadBytes / 2 : 0;
  }

  decode(
    _codec: RtpCodec,
    bytes: Uint8Array,
    start: number,
    length: number,
    pcm: Float32Array,
    at: number,
  ): number {
    for (let i = 0; i < length / 2; i += 1) {
      pcm[at + i] = (((bytes[start + 2 * i]! << 24) >> 16) | bytes[start + 2 * i + 1]!) / 32_768;
    }
    return length / 2;
  }

  conceal(pcm: Float32Array, at: number, samples: number): void {
    pcm.fill(0, at, at + samples);
  }

  restart(): void {
    this.restarts += 1;
  }
}

export interface Network {
  readonly ptimeMs: number;
  /** How much faster the sender's clock runs than ours. */
  readonly skewPpm: number;
  /** Time on the way of the packet that is sent as so-and-so many-th; undefined when it is lost. */
  readonly delayMs: (index: number, sentMs: number) => number | undefined;
}

/** A far end that sends a tone or speech over a network to a jitter buffer, on a clock of its own, driven by hand. */
export class Simulation {
  readonly decoder = new LinearDecoder();
  readonly buffer = new JitterBuffer(this.decoder);
  readonly frame = new Float32Array(80);
  /** Added to all that is sent from now on. */
  timestampOffset = 4_294_960_000;
  nowMs = 0;
  concealedFrames = 0;
  readonly #network: Network;
  readonly #payload = new Uint8Array(480);
  readonly #underway: { atMs: number; index: number }[] = [];
  #sent = 0;

  constructor(network: Network) {
    this.#network = network;
  }

  /** Runs until `untilMs`, a tick each 10 ms, and hands over each frame that is heard. */
  run(untilMs: number, onFrame: (frame: Float32Array) => void = () => {}): void {
    while (this.nowMs < untilMs) {
      this.#send();
      this.#deliver();
      if (this.buffer.pull(this.frame, this.nowMs)) this.concealedFrames += 1;
      onFrame(this.frame);
      this.nowMs += 10;
    }
  }

  #send(): void {
    const { ptimeMs, skewPpm, delayMs } = this.#network;
    const intervalMs = ptimeMs / (1 + skewPpm * 1e-6);
    // A packet can be sent when its last sample was spoken.
    for (; (this.#sent + 1) * intervalMs <= this.nowMs; this.#sent += 1) {
      const sentMs = (this.#sent + 1) * intervalMs;
      const onTheWayMs = delayMs(this.#sent, sentMs);
      if (onTheWayMs === undefined) continue;
      this.#underway.push({ atMs: sentMs + onTheWayMs, index: this.#sent });
      this.#underway.sort((a, b) => a.atMs - b.atMs);
    }
  }

  #deliver(): void {
    while (this.#underway.length > 0 && this.#underway[0]!.atMs <= this.nowMs) {
      const { atMs, index } = this.#underway.shift()!;
      this.deliver(index, atMs);
    }
  }

  /** Hands a packet of the stream to the buffer. */
  deliver(index: number, atMs: number): void {
    const samples = this.#network.ptimeMs * 8;
    for (let i = 0; i < samples; i += 1) {
      const phase = (2 * Math.PI * TONE_HZ * (index * samples + i)) / 8_000;
      const value = Math.round(AMPLITUDE * Math.sin(phase) * 32_767);
      this.#payload[2 * i] = value >> 8;
      this.#payload[2 * i + 1] = value;
    }
    const timestamp = (this.timestampOffset + index * samples) >>> 0;
    this.buffer.receive('PCMU', timestamp, this.#payload, 0, samples * 2, atMs);
  }
}

/**
 * Listens to a tone for clicks: what a tone's next sample is follows from the two before, so that what does not follow
 * is a fault, as large as its jump.
 */
export class ClickMeter {
  largest = 0;
  #before = 0;
  #last = 0;
  #count = 0;

  readonly hear = (frame: Float32Array): void => {
    const factor = 2 * Math.cos((2 * Math.PI * TONE_HZ) / 8_000);
    for (const sample of frame) {
      this.#count += 1;
      if (this.#count > 2) {
        this.largest = Math.max(this.largest, Math.abs(sample - factor * this.#last + this.#before));
      }
      this.#before = this.#last;
      this.#last = sample;
    }
  };

  /** Forgets what was heard, as the pause before the first sound. */
  reset(): void {
    this.largest = 0;
    this.#count = 0;
  }
}
