import type { Room } from '@livekit/rtc-node';

/** What WebRTC tells of a connection (W3C webrtc-stats). */
type Statistics = Awaited<ReturnType<Room['getRtcStats']>>;

/** Sums over all audio that was received: seconds of waiting, and the samples that waited. */
interface Waiting {
  readonly seconds: number;
  readonly samples: number;
}

/** Asking takes about a millisecond of the audio thread. */
const ASK_EVERY_MS = 2000;

/**
 * Follows how long WebRTC's own jitter buffer holds the caller's audio back: it stretches and shortens pauses to
 * follow the network, and tells nobody (jitterBufferDelay by jitterBufferEmittedCount in webrtc-stats §8.1).
 */
export class NetworkDelay {
  readonly #room: Pick<Room, 'getRtcStats'>;
  readonly #onDelay: (delayMs: number) => void;
  readonly #everyMs: number;
  /** Runs while the delay is wanted. */
  #timer: NodeJS.Timeout | undefined;
  #before: Waiting = { seconds: 0, samples: 0 };
  #asking = false;

  /** `onDelay` is told the mean delay of what was heard since it was told before. */
  constructor(
    room: Pick<Room, 'getRtcStats'>,
    onDelay: (delayMs: number) => void,
    everyMs: number = ASK_EVERY_MS,
  ) {
    this.#room = room;
    this.#onDelay = onDelay;
    this.#everyMs = everyMs;
  }

  /**
   * Asks from now on, or no more. What was heard before anybody wanted to know counts in what is told first: that is
   * told at once, for a recording begins with the next frame.
   */
  follow(isWanted: boolean): void {
    if (isWanted === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!isWanted) return;
    this.#timer = setInterval(() => void this.#ask(), this.#everyMs);
    // Outside of the tick in which it is wanted.
    setImmediate(() => void this.#ask());
  }

  async #ask(): Promise<void> {
    if (this.#asking || this.#timer === undefined) return;
    this.#asking = true;
    try {
      this.#tell(waitingIn(await this.#room.getRtcStats()));
    } catch {
      // Between two connections there is nothing to tell.
    } finally {
      this.#asking = false;
    }
  }

  #tell(now: Waiting): void {
    const samples = now.samples - this.#before.samples;
    const seconds = now.seconds - this.#before.seconds;
    this.#before = now;
    // A track that has gone takes its sums along.
    if (samples > 0 && seconds >= 0) this.#onDelay((seconds * 1000) / samples);
  }
}

function waitingIn({ publisherStats, subscriberStats }: Statistics): Waiting {
  let [seconds, samples] = [0, 0];
  for (const { stats } of [...publisherStats, ...subscriberStats]) {
    if (stats.case !== 'inboundRtp' || stats.value.stream?.kind !== 'audio') continue;
    seconds += stats.value.inbound?.jitterBufferDelay ?? 0;
    samples += Number(stats.value.inbound?.jitterBufferEmittedCount ?? 0);
  }
  return { seconds, samples };
}
