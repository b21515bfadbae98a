import { type AudioFrame, AudioStream, type RemoteTrack } from '@livekit/rtc-node';
import { FRAME_MS } from '../../pipeline/frame.ts';
import { ROOM_RATE_HZ } from '../../pipeline/kernels/room_rate.ts';

/**
 * Reads the caller's audio from one track at a time, at the room's own rate: the library would resample with mirrors of
 * -20 dB.
 */
export class CallerAudio {
  readonly #onFrame: (samples: Int16Array) => void;
  #reader: ReadableStreamDefaultReader<AudioFrame> | undefined;

  constructor(onFrame: (samples: Int16Array) => void) {
    this.#onFrame = onFrame;
  }

  /** Reads this track from now on, instead of the one before. */
  follow(track: RemoteTrack): void {
    this.stop();
    const stream = new AudioStream(track, {
      sampleRate: ROOM_RATE_HZ,
      numChannels: 1,
      frameSizeMs: FRAME_MS,
    });
    const reader = stream.getReader();
    this.#reader = reader;
    this.#read(reader).catch(() => this.stop());
  }

  async #read(reader: ReadableStreamDefaultReader<AudioFrame>): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.#reader !== reader) return;
      this.#onFrame(value.data);
    }
  }

  stop(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    // The stream may have ended by itself; there is nothing to be told then.
    reader?.cancel().catch(() => {});
  }
}
