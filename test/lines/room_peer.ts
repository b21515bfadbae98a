import { setTimeout as sleep } from 'node:timers/promises';
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import { leaveRoom } from '../../src/lines/leave_room.ts';

const RATE_HZ = 16_000;
const FRAME = RATE_HZ / 100;

/** The far end of a room: another participant, with a mouth and ears of its own. */
export class RoomPeer {
  readonly room = new Room();
  /** Everything heard, at 16 kHz. */
  readonly heard: Int16Array[] = [];
  /** Monotonic milliseconds at which each 10 ms of `heard` arrived. */
  readonly heardAtMs: number[] = [];
  readonly #source = new AudioSource(RATE_HZ, 1, 0);
  readonly #track = LocalAudioTrack.createAudioTrack('peer', this.#source);
  readonly #frame = AudioFrame.create(RATE_HZ, 1, FRAME);
  readonly #ears: ReadableStreamDefaultReader<AudioFrame>[] = [];
  #voice: Int16Array = new Int16Array(0);
  #spoken = 0;
  #mouth: NodeJS.Timeout | undefined;
  #nextMs = 0;
  #left = false;

  /** Joins; speaks silence until told otherwise, unless `mute`. */
  async join(url: string, token: string, options: { readonly mute?: boolean } = {}): Promise<void> {
    this.room.on(RoomEvent.TrackSubscribed, track => {
      if (track.kind === TrackKind.KIND_AUDIO)
        void this.#listen(new AudioStream(track, { sampleRate: RATE_HZ, numChannels: 1, frameSizeMs: 10 }));
    });
    await this.room.connect(url, token, { autoSubscribe: true, dynacast: false });
    if (options.mute === true) return;
    const publish = new TrackPublishOptions();
    publish.source = TrackSource.SOURCE_MICROPHONE;
    await this.room.localParticipant?.publishTrack(this.#track, publish);
    this.#nextMs = performance.now();
    this.#mouth = setInterval(() => this.#speak(), 10);
  }

  /** Says these samples from now on, then silence; resolves when they are said, or it has left. */
  async say(samples: Int16Array): Promise<void> {
    this.#voice = samples;
    this.#spoken = 0;
    while (this.#spoken < this.#voice.length && !this.#left) await sleep(5);
  }

  /** Resolves once the condition holds; it is looked at for every frame heard. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await sleep(10);
  }

  /** Level of what was heard from frame `from` on, frame by frame, as root mean square of full scale. */
  levels(from = 0): number[] {
    return this.heard.slice(from).map(frame => {
      let energy = 0;
      for (const sample of frame) energy += (sample / 32768) ** 2;
      return Math.sqrt(energy / frame.length);
    });
  }

  async leave(): Promise<void> {
    this.#left = true;
    clearInterval(this.#mouth);
    await leaveRoom(this.room);
    await Promise.all(this.#ears.map(reader => reader.cancel()));
    await this.#track.close(true);
  }

  #speak(): void {
    for (const nowMs = performance.now(); this.#nextMs <= nowMs; this.#nextMs += 10) {
      const { data } = this.#frame;
      data.fill(0);
      data.set(this.#voice.subarray(this.#spoken, this.#spoken + FRAME));
      this.#spoken = Math.min(this.#voice.length, this.#spoken + FRAME);
      this.#source.captureFrame(this.#frame).catch(() => {});
    }
  }

  async #listen(stream: AudioStream): Promise<void> {
    const reader = stream.getReader();
    this.#ears.push(reader);
    for (let { done, value } = await reader.read(); !done && value; { done, value } = await reader.read()) {
      this.heard.push(value.data);
      this.heardAtMs.push(performance.now());
    }
  }
}
