import { FRAME_MS, type Frame, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import type { KernelMemory } from '../../pipeline/kernels/kernel_memory.ts';
import { RoomRate } from '../../pipeline/kernels/room_rate.ts';
import { AnswerGate, type AnswerTimes } from './answer_gate.ts';
import { FrameSender, toInt16 } from './frame_sender.ts';
import { JitterBuffer } from './jitter_buffer.ts';
import { KeyLimit } from './key_limit.ts';
import type { Line, LineEndReason, LineEvents, LineParty, LineStats } from './line.ts';
import { type RoomAccess, RoomSession } from './room_session.ts';

/** Waiting times of a room line, in milliseconds. */
export interface RoomTimes extends AnswerTimes {
  /** How long a caller whose connection broke may take to come back. */
  readonly returnMs: number;
  /** How long leaving the room may take before its handles are left to the process. */
  readonly leaveMs: number;
}

export const ROOM_TIMES: RoomTimes = {
  mediaGraceMs: 1000,
  answerTimeoutMs: 30_000,
  returnMs: 8000,
  leaveMs: 5000,
};

export interface RoomLineOptions extends RoomAccess {
  readonly rateHz: PipelineRateHz;
  /** With two `rate` slots for each line. */
  readonly kernels: KernelMemory;
  readonly times?: RoomTimes;
}

/** An Opus packet is 20 ms: so long may a frame wait in the encoder. */
const ENCODER_DELAY_MS = 20;
const FULL_SCALE = 32768;
/** The delay of WebRTC's jitter buffer is followed in whole frames, when it is off by more than this. */
const DELAY_SLACK_MS = 7;

/** A leg through a LiveKit room: whoever is in it, from a browser or through livekit-sip. */
export class RoomLine implements Line {
  readonly kind = 'room';
  readonly rateHz: PipelineRateHz;
  readonly playoutDelayMs = ENCODER_DELAY_MS;
  readonly #events: LineEvents;
  readonly #times: RoomTimes;
  readonly #gate: AnswerGate;
  readonly #session: RoomSession;
  readonly #jitter: JitterBuffer;
  readonly #sender: FrameSender;
  readonly #fromRoom: RoomRate;
  readonly #toRoom: RoomRate;
  /** The frame just heard, at the pipeline's rate. */
  readonly #heard: Int16Array;
  readonly #keys = new KeyLimit();
  #party: LineParty = { from: '', to: '' };
  /** Whole frames. */
  #networkHeldMs = 0;
  #pulled = 0;
  #pushed = 0;
  #ended = false;
  #closing: Promise<void> | undefined;

  /**
   * Joins at once; whatever comes of it is told by `events`, never before the constructor has returned.
   * @throws RangeError when the kernel memory has no slot left
   */
  constructor(options: RoomLineOptions, events: LineEvents) {
    this.rateHz = options.rateHz;
    [this.#fromRoom, this.#toRoom] = openRates(options);
    this.#heard = new Int16Array(frameLength(options.rateHz));
    this.#events = events;
    this.#times = options.times ?? ROOM_TIMES;
    this.#jitter = new JitterBuffer(options.rateHz);
    this.#session = new RoomSession(this.#times.returnMs, {
      published: () => this.#gate.fulfil('published'),
      subscribed: () => this.#gate.fulfil('subscribed'),
      accepted: party => {
        this.#party = party;
        this.#gate.fulfil('accepted');
      },
      frame: samples => this.#hear(samples),
      heldBack: delayMs => this.#holdBack(delayMs),
      dtmf: digit => this.#key(digit),
      gone: reason => this.#end(reason),
    });
    this.#sender = new FrameSender(this.#session.source, this.#toRoom);
    this.#gate = new AnswerGate(
      this.#times,
      () => this.#events.answered(),
      () => this.#end('noMedia'),
    );
    this.#session.join(options);
  }

  get party(): LineParty {
    return this.#party;
  }

  pull(frame: Frame): void {
    this.#pulled += 1;
    this.#jitter.take(frame);
    frame.heldBackMs += this.#networkHeldMs;
  }

  measureDelay(isWanted: boolean): void {
    this.#session.measureDelay(isWanted);
  }

  push(frame: Frame): void {
    if (this.#ended) {
      frame.samples.fill(0);
      return;
    }
    this.#pushed += 1;
    this.#sender.send(frame);
  }

  press(key: string): void {
    if (!this.#ended) this.#session.press(key);
  }

  flush(): number {
    return this.#sender.flush();
  }

  stats(): LineStats {
    return {
      framesPulled: this.#pulled,
      framesConcealed: this.#jitter.concealed,
      framesPushed: this.#pushed,
      framesDropped: this.#jitter.dropped + this.#sender.dropped + this.#sender.failures,
      jitterBufferMs: this.#jitter.depth * FRAME_MS,
    };
  }

  close(reason: LineEndReason): Promise<void> {
    this.#end(reason);
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  async #leave(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>(resolve => {
      timer = setTimeout(resolve, this.#times.leaveMs);
    });
    await Promise.race([this.#session.close(), tooLong]);
    clearTimeout(timer);
  }

  #hear(samples: Int16Array): void {
    const { input, output } = this.#fromRoom;
    if (this.#ended || samples.length !== input.length) return;
    for (let i = 0; i < input.length; i += 1) input[i] = samples[i]! / FULL_SCALE;
    this.#fromRoom.convert();
    for (let i = 0; i < output.length; i += 1) this.#heard[i] = toInt16(output[i]!);
    this.#jitter.put(this.#heard);
    this.#gate.mediaFlows();
  }

  #holdBack(delayMs: number): void {
    if (Math.abs(delayMs - this.#networkHeldMs) <= DELAY_SLACK_MS) return;
    this.#networkHeldMs = Math.round(delayMs / FRAME_MS) * FRAME_MS;
  }

  #key(digit: string): void {
    // LiveKit tells the key, not how long it was held.
    if (!this.#ended && this.#keys.admits(performance.now())) this.#events.dtmf(digit, 0);
  }

  /** The call is over, whoever ended it: told once. */
  #end(reason: LineEndReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#gate.close();
    this.#sender.flush();
    this.#fromRoom.close();
    this.#toRoom.close();
    this.#events.ended(reason);
  }
}

function openRates({ kernels, rateHz }: RoomLineOptions): readonly [fromRoom: RoomRate, toRoom: RoomRate] {
  const fromRoom = new RoomRate(kernels, rateHz, 'fromRoom');
  try {
    return [fromRoom, new RoomRate(kernels, rateHz, 'toRoom')];
  } catch (error) {
    fromRoom.close();
    throw error;
  }
}
