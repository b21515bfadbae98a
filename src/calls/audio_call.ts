import { createDownlink, type Downlink } from '../../pipeline/downlink.ts';
import { FRAME_MS, type Frame, type PipelineRateHz } from '../../pipeline/frame.ts';
import { KeptFrame } from '../../pipeline/kept_frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import type { PipelinePolicy } from '../../pipeline/policy.ts';
import type { VoiceDetector } from '../../pipeline/stages/voice_detector.ts';
import type { TurnEvent, TurnPolicy } from '../../pipeline/turn/turn_event.ts';
import { TurnTaker } from '../../pipeline/turn/turn_taker.ts';
import { createUplink, type Uplink, type UplinkParts } from '../../pipeline/uplink.ts';
import { LIMITS } from '../config/limits.ts';
import { Bridge } from '../lines/bridge.ts';
import type { Line, LineEndReason, LineEvents } from '../lines/line.ts';
import { HeardCounter } from './heard_counter.ts';
import { RecordingSink } from './recording_sink.ts';
import { SentFrames } from './sent_frames.ts';
import { CONTROL, type SlotView } from './slot_buffers.ts';
import { HeardSink, SlotSpeech } from './slot_ports.ts';
import { SoundMeter } from './sound_meter.ts';

/** What a call on the audio thread tells. */
export interface AudioCallEvents {
  /** The line is up; media time is 0. */
  answered(): void;
  turn(event: TurnEvent): void;
  dtmf(digit: string, atMs: number, durationMs: number): void;
  playoutStarted(position: number, atMs: number): void;
  playoutDrained(position: number, atMs: number): void;
  /** The line is gone; `answered` says whether it ever was up. */
  ended(reason: LineEndReason, atMs: number): void;
}

/** What a call is made of. */
export interface AudioCallParts {
  /** Clear. */
  readonly slot: SlotView;
  readonly rateHz: PipelineRateHz;
  readonly shared: UplinkParts['shared'];
  readonly policy: PipelinePolicy;
  /** Given the call as the line's listener. */
  openLine(events: LineEvents): Line;
}

type State = 'connecting' | 'up' | 'ended';

/** The conversation takes its leave at the limit; a minute later the line is hung up in any case. */
const LONGEST_CALL_MS = (LIMITS.callMinutes + 1) * 60_000;

/** After the last sample the far end's own buffers play on for about as long. */
const FAR_END_BUFFER_MS = 200;

/** One call on the audio thread: its line, both halves of the pipeline, whose turn it is, and its slot. */
export class AudioCall implements LineEvents {
  readonly slot: SlotView;
  /** Joins further legs to the call. */
  readonly bridge: Bridge;
  /** Measures what both sides hear. */
  readonly meter: SoundMeter;
  readonly #events: AudioCallEvents;
  readonly #line: Line;
  readonly #caller: KernelFrame;
  /** The agent's frame on its way; after it, what the far end was sent. */
  readonly #agent: KernelFrame;
  readonly #heard: HeardSink;
  readonly #recording: RecordingSink;
  readonly #uplink: Uplink;
  readonly #downlink: Downlink;
  readonly #turns: TurnTaker;
  readonly #heardCounter = new HeardCounter();
  readonly #sentFrames: SentFrames;
  #state: State = 'connecting';
  #hasAgent = true;
  #frames = 0;
  #sentSamples = 0;
  #audibleUntilMs = 0;
  #hangsUpWhenQuiet = false;

  /** @throws RangeError when the kernel memory has no room for another call */
  constructor({ slot, rateHz, shared, policy, openLine }: AudioCallParts, events: AudioCallEvents) {
    this.slot = slot;
    this.#events = events;
    this.#caller = new KernelFrame(shared.memory, rateHz);
    this.#agent = new KernelFrame(shared.memory, rateHz);
    const length = this.#caller.samples.length;
    this.#heard = new HeardSink(slot, length);
    this.#recording = new RecordingSink(slot, length, this.#caller);
    this.#sentFrames = new SentFrames(rateHz);
    const asHeard = new KeptFrame(rateHz);
    this.bridge = new Bridge(rateHz, asHeard);
    this.#uplink = createUplink(rateHz, {
      shared,
      far: this.#agent,
      policy,
      recorder: asHeard,
      recogniser: this.#heard,
    });
    this.meter = new SoundMeter(this.#uplink);
    this.#downlink = createDownlink(
      rateHz,
      {
        speech: new SlotSpeech(slot),
        recorder: this.#recording,
        caller: asHeard,
        bridge: this.bridge,
        listener: {
          started: (position, atMs) => this.#events.playoutStarted(position, atMs),
          drained: (position, atMs) => this.#events.playoutDrained(position, atMs),
        },
      },
      policy,
      slot.index + 1,
    );
    this.#turns = new TurnTaker(
      this.#uplink.levels,
      {
        duck: () => this.#downlink.duck.lower(),
        hold: () => this.#downlink.playout.hold(),
        resume: () => this.#resume(),
        cut: () => this.#cut(),
        emit: event => this.#events.turn(event),
      },
      this.#uplink,
    );
    this.tune(policy);
    this.#line = this.#opened(openLine);
  }

  get line(): Line {
    return this.#line;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** False once the agent has left the call to others. */
  get hasAgent(): boolean {
    return this.#hasAgent;
  }

  /** Media time: the end of the last frame, in milliseconds since answer. */
  get mediaMs(): number {
    return this.#frames * FRAME_MS;
  }

  /** What is to be judged between hearing and speaking. */
  get voice(): VoiceDetector {
    return this.#uplink.voice;
  }

  /** Media time at the end of the tick. */
  get #nowMs(): number {
    return (this.#frames + 1) * FRAME_MS;
  }

  /** So many times it is to hear in a tick. */
  get hearingStages(): number {
    return this.#uplink.chain.stages.length;
  }

  /** And to speak. */
  get speakingStages(): number {
    return this.#downlink.chain.stages.length;
  }

  /** Both chains, as printed when a call starts. */
  describe(): string {
    return `${this.#uplink.chain.describe()}; ${this.#downlink.chain.describe()}`;
  }

  set policy(policy: TurnPolicy) {
    this.#turns.policy = policy;
  }

  /** How its sound is treated from the next tick on. */
  tune(policy: PipelinePolicy): void {
    this.#uplink.tune(policy);
    this.#turns.tune(policy.voice);
    this.#downlink.tune(policy);
    this.meter.tune(policy);
  }

  /** Begins a tick: the next ten milliseconds of the caller, as the line has them. */
  receive(): void {
    this.#stamp(this.#caller);
    this.#stamp(this.#agent);
    this.#line.measureDelay(this.#recording.isWanted);
    this.#line.pull(this.#caller);
    this.meter.heard(this.#caller);
  }

  /** One stage of the caller's way, up to where their voice is judged. */
  hear(stage: number): void {
    this.#uplink.chain.stages[stage]?.process(this.#caller);
  }

  /** Whose turn it is, once the caller's voice is judged. */
  takeTurn(): void {
    const nowMs = this.#nowMs;
    if (this.#hasAgent) this.#turns.step(nowMs, this.#uplink.voice, this.#isAgentAudible(nowMs));
  }

  /** One stage of the way of what the caller is to hear. */
  speak(stage: number): void {
    this.#downlink.chain.stages[stage]?.process(this.#agent);
  }

  /** Ends a tick: ten milliseconds for the caller to hear. */
  send(): void {
    const nowMs = this.#nowMs;
    this.#sentFrames.keep(this.#agent.samples);
    this.#line.push(this.#agent);
    this.meter.sent(this.#agent, this.#line);
    this.#frames += 1;
    this.#account(nowMs);
    if (this.#hangsUpWhenQuiet && this.#isQuiet(nowMs)) this.hangUp('localHangup');
    if (nowMs >= LONGEST_CALL_MS) this.hangUp('localHangup');
  }

  skip(frames: number): void {
    this.#frames += frames;
    this.#uplink.skip(frames);
    this.#heard.skip(frames);
    this.#recording.skip(frames);
    this.meter.skip(frames);
  }

  /** Cuts the agent's speech in the coming frame, as the conversation wants it, unless that was cut meanwhile. */
  cut(generation: number): void {
    const current = Atomics.load(this.slot.control, CONTROL.generation);
    if (this.#state !== 'up' || generation !== current) return;
    this.#cut();
    this.#events.playoutDrained(this.#downlink.playout.position, this.mediaMs);
  }

  /** The agent goes on where it was held, that time, for what asked for nothing. */
  goOn(hold: number): void {
    if (this.#state === 'up') this.#turns.goOn(hold);
  }

  /** The agent falls silent within the coming frame, and whose turn it is matters no more. */
  dismissAgent(): void {
    if (!this.#hasAgent) return;
    this.#hasAgent = false;
    this.#hangsUpWhenQuiet = false;
    if (this.#state === 'up') this.#cut();
  }

  /** Hangs up once what was said so far has been heard. */
  hangUpWhenQuiet(): void {
    if (this.#state === 'up') this.#hangsUpWhenQuiet = true;
    else this.hangUp('localHangup');
  }

  /** Hangs up at once; the line tells `ended`. */
  hangUp(reason: LineEndReason): void {
    void this.#line.close(reason);
  }

  /** Resolves when the line has given everything back. */
  async closed(): Promise<void> {
    await this.#line.close('localHangup');
    this.#release();
  }

  answered(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'up';
    this.#events.answered();
  }

  dtmf(digit: string, durationMs: number): void {
    if (this.#state !== 'up') return;
    this.#turns.noteSign(this.mediaMs);
    this.#events.dtmf(digit, this.mediaMs, durationMs);
  }

  held(): void {
    this.meter.isHeld = true;
    this.#uplink.chain.reset();
  }

  resumed(): void {
    this.meter.isHeld = false;
    this.#uplink.chain.reset();
  }

  ended(reason: LineEndReason): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#recording.end();
    this.#events.ended(reason, this.mediaMs);
  }

  #opened(openLine: AudioCallParts['openLine']): Line {
    try {
      return openLine(this);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  #release(): void {
    this.#uplink.chain.close();
    this.#downlink.chain.close();
    this.#caller.close();
    this.#agent.close();
  }

  #stamp(frame: Frame): void {
    frame.sequence = this.#frames;
    frame.mediaTime = this.#frames * frame.samples.length;
  }

  #isAgentAudible(nowMs: number): boolean {
    return this.#downlink.playout.isPlaying || nowMs <= this.#audibleUntilMs;
  }

  #isQuiet(nowMs: number): boolean {
    const { isPlaying, hasSpeech } = this.#downlink.playout;
    return !isPlaying && !hasSpeech && nowMs >= this.#audibleUntilMs + FAR_END_BUFFER_MS;
  }

  /** Ends the agent's speech within the coming frame and says how much of it is heard. */
  #cut(): number {
    const { playout, duck } = this.#downlink;
    duck.raise();
    this.#audibleUntilMs = 0;
    if (this.#stopOnTheWire()) {
      playout.drop();
      return this.#heardCounter.heardSamples;
    }
    const before = playout.sentSamples;
    playout.cut();
    return this.#heardCounter.heardSamples + playout.sentSamples - before;
  }

  /**
   * Takes back what waits for the wire and sends in its place how that fades out, and silence; false where nothing
   * waits, or what waits holds other voices, too.
   */
  #stopOnTheWire(): boolean {
    const frames = this.bridge.hasLegs ? 0 : Math.ceil(this.#line.flush() / FRAME_MS);
    const speech = this.#heardCounter.flushed(frames);
    for (let i = 0; i < frames; i += 1) {
      const { samples } = this.#agent;
      const left = i === 0 ? this.#sentFrames.takeBack(frames, samples) : 0;
      if (i > 0) samples.fill(0);
      this.#heardCounter.pushed(Math.min(left, speech));
      this.#sentFrames.keep(samples);
      this.#line.push(this.#agent);
    }
    return frames > 0;
  }

  #resume(): void {
    this.#downlink.playout.release();
    this.#downlink.duck.raise();
  }

  #account(nowMs: number): void {
    const { sentSamples, isPlaying } = this.#downlink.playout;
    this.#heardCounter.pushed(sentSamples - this.#sentSamples);
    this.#sentSamples = sentSamples;
    if (isPlaying) this.#audibleUntilMs = nowMs + this.#line.playoutDelayMs;
    const { control } = this.slot;
    Atomics.store(control, CONTROL.played, this.#heardCounter.heardSamples);
    Atomics.store(control, CONTROL.mediaMs, nowMs);
  }
}
