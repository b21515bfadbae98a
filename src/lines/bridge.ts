import { Chain } from '../../pipeline/chain.ts';
import { createFrame, type Frame, type PipelineRateHz } from '../../pipeline/frame.ts';
import type { KeptFrame } from '../../pipeline/kept_frame.ts';
import type { Stage } from '../../pipeline/stage.ts';
import { Limiter } from '../../pipeline/stages/limiter.ts';
import { RemoveDc } from '../../pipeline/stages/remove_dc.ts';
import { Sanitize } from '../../pipeline/stages/sanitize.ts';
import { LIMITS } from '../config/limits.ts';
import type { Line } from './line.ts';
import { Mix } from './mix.ts';

/** What one party of a call hears of another; nobody hears whom no hearing names, nor itself. */
export interface Hearing {
  readonly from: string;
  readonly to: string;
  readonly gainDb: number;
}

/** The parties that every call has beside its legs. The agent is a voice only: what it hears is the uplink's business. */
export const CALLER = 'caller';
export const AGENT = 'agent';

const CALLER_VOICE = 0;
const AGENT_VOICE = 1;
const FIRST_LEG = 2;
const VOICES = FIRST_LEG + LIMITS.callLegs;

/** A further party of the call, and what it hears. */
interface Leg {
  readonly id: string;
  readonly line: Line;
  readonly uplink: Chain<Frame>;
  readonly heard: Frame;
  readonly said: Frame;
  readonly mix: Mix;
  readonly limiter: Limiter;
}

/**
 * Joins the parties of a call, frame by frame: who hears whom is a matrix of gains. Stands in the downlink between the
 * agent's voice and the limiter, and makes of the frame what the caller hears; each further leg is pulled and pushed in
 * the same tick, at the call's rate, so that nothing waits here. Without legs it costs nothing.
 */
export class Bridge implements Stage<Frame> {
  readonly name = 'bridge';
  readonly #rateHz: PipelineRateHz;
  readonly #callerHears = new Mix(VOICES);
  readonly #agentVoice: Float32Array;
  /** By place: the caller's, the agent's, the legs'. */
  readonly #voices: Float32Array[];
  readonly #silence: Float32Array;
  /** By place among the legs. */
  readonly #legs: (Leg | undefined)[] = Array.from({ length: LIMITS.callLegs });
  #legCount = 0;
  #isPlain = true;

  /** `caller` has the uplink's newest frame, as soon as it comes: others should not wait for what suits a recogniser. */
  constructor(rateHz: PipelineRateHz, caller: KeptFrame) {
    this.#rateHz = rateHz;
    this.#agentVoice = new Float32Array(caller.samples.length);
    this.#silence = new Float32Array(caller.samples.length);
    this.#voices = Array.from({ length: VOICES }, () => this.#silence);
    this.#voices[CALLER_VOICE] = caller.samples;
    this.#voices[AGENT_VOICE] = this.#agentVoice;
    this.#callerHears.aim(AGENT_VOICE, 1);
    this.#callerHears.into(new Float32Array(caller.samples.length), this.#voices);
  }

  get hasLegs(): boolean {
    return this.#legCount > 0;
  }

  get isFull(): boolean {
    return this.#legCount === LIMITS.callLegs;
  }

  /** A further leg, whose line runs at the call's rate: heard by nobody and hearing nobody until `hear` says so. */
  add(id: string, line: Line): void {
    const place = this.#legs.indexOf(undefined);
    if (place < 0) throw new RangeError(`more than ${LIMITS.callLegs} legs`);
    const heard = createFrame(this.#rateHz);
    this.#legs[place] = {
      id,
      line,
      heard,
      uplink: new Chain<Frame>(`leg ${id}`, this.#rateHz, [new Sanitize(), new RemoveDc(this.#rateHz)]),
      said: createFrame(this.#rateHz),
      mix: new Mix(VOICES),
      limiter: new Limiter(this.#rateHz),
    };
    this.#voices[FIRST_LEG + place] = heard.samples;
    this.#legCount += 1;
    this.#isPlain = false;
  }

  /** Its line is pulled and pushed no more. */
  remove(id: string): void {
    const place = this.#placeOf(id);
    if (place < 0) return;
    this.#legs[place] = undefined;
    this.#legCount -= 1;
    const voice = FIRST_LEG + place;
    this.#voices[voice] = this.#silence;
    this.#callerHears.forget(voice);
    for (const leg of this.#legs) leg?.mix.forget(voice);
  }

  /** Who hears whom from now on, whole; changes take a frame, so that nothing clicks. */
  hear(hearings: readonly Hearing[]): void {
    this.#aim(this.#callerHears, CALLER, hearings);
    for (const leg of this.#legs) if (leg !== undefined) this.#aim(leg.mix, leg.id, hearings);
    this.#isPlain = false;
  }

  /** `agent` has the agent's voice; afterwards what the caller is to hear. */
  process(agent: Frame): void {
    if (this.#isPlain) return;
    this.#agentVoice.set(agent.samples);
    for (let i = 0; i < this.#legs.length; i += 1) {
      const leg = this.#legs[i];
      if (leg !== undefined) listen(leg, agent);
    }
    for (let i = 0; i < this.#legs.length; i += 1) {
      const leg = this.#legs[i];
      if (leg !== undefined) speak(leg, this.#voices);
    }
    this.#callerHears.into(agent.samples, this.#voices);
    this.#isPlain = this.#legCount === 0 && this.#callerHears.isOnly(AGENT_VOICE);
  }

  reset(): void {
    for (const leg of this.#legs) {
      leg?.uplink.reset();
      leg?.limiter.reset();
    }
  }

  close(): void {
    for (const leg of this.#legs) if (leg !== undefined) this.remove(leg.id);
  }

  #aim(mix: Mix, listener: string, hearings: readonly Hearing[]): void {
    for (let voice = 0; voice < VOICES; voice += 1) mix.aim(voice, 0);
    for (const { from, to, gainDb } of hearings) {
      const voice = this.#voiceOf(from);
      if (to === listener && from !== to && voice !== undefined) mix.aim(voice, 10 ** (gainDb / 20));
    }
  }

  #voiceOf(party: string): number | undefined {
    if (party === CALLER) return CALLER_VOICE;
    if (party === AGENT) return AGENT_VOICE;
    const place = this.#placeOf(party);
    return place < 0 ? undefined : FIRST_LEG + place;
  }

  #placeOf(id: string): number {
    return this.#legs.findIndex(leg => leg?.id === id);
  }
}

function listen({ line, heard, uplink }: Leg, { sequence, mediaTime }: Frame): void {
  heard.sequence = sequence;
  heard.mediaTime = mediaTime;
  line.pull(heard);
  uplink.process(heard);
}

function speak({ line, heard, said, mix, limiter }: Leg, voices: readonly Float32Array[]): void {
  said.sequence = heard.sequence;
  said.mediaTime = heard.mediaTime;
  mix.into(said.samples, voices);
  limiter.process(said);
  line.push(said);
}
