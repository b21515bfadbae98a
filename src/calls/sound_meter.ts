import { FRAME_MS, type Frame } from '../../pipeline/frame.ts';
import type { PipelinePolicy } from '../../pipeline/policy.ts';
import type { Uplink } from '../../pipeline/uplink.ts';
import { LIMITS } from '../config/limits.ts';
import type { Line } from '../lines/line.ts';
import { meanOpinionScore } from '../quality/e_model.ts';
import { agentRating, callerRating } from '../quality/line_rating.ts';
import { MEASURE_NAMES, MEASURES, type Measure, type MeasuredSeconds } from '../quality/measures.ts';
import { FrameLevels } from './frame_levels.ts';

/** What it asks of the uplink. */
export interface MeteredUplink {
  readonly echo: Pick<Uplink['echo'], 'isFarActive' | 'isAligned' | 'echoDb' | 'erleDb'>;
  readonly noise: Pick<Uplink['noise'], 'noiseDb' | 'snrDb'>;
  readonly voice: Pick<Uplink['voice'], 'probability'>;
  readonly delayMs: number;
}

type MeteredLine = Pick<Line, 'stats'>;

const FRAMES = 1000 / FRAME_MS;
/** A voice that was heard for less may be the end of a second before. */
const LEAST_VOICE_FRAMES = 10;
/** What is sent sounds from −50 dB of full scale on; comfort noise lies well below. */
const SOUNDING = 1e-5;
/** A pause no longer than this belongs to the speech before it (as in ITU-T P.59). */
const PAUSE_MS = 200;
const WIDTH = MEASURE_NAMES.length;
const COLUMNS = new Map(MEASURE_NAMES.map((name, column) => [name, column]));

/**
 * Measures a call, second by second of media time, on the audio thread: each tick it is shown the caller's frame as the
 * line gave it, and then the agent's as the far end has it. Ticks allocate nothing; the end of a second asks the line for
 * its figures. Whoever ticks it takes what was measured whenever `isDue`; what nobody takes is forgotten.
 */
export class SoundMeter {
  readonly #uplink: MeteredUplink;
  readonly #caller = new FrameLevels(FRAMES);
  readonly #agent = new FrameLevels(FRAMES);
  /** A row a second; NaN where nothing is known. */
  readonly #kept = new Float64Array(LIMITS.measuredSeconds * WIDTH);
  #seconds = 0;
  /** Media time at which the first of them began, and the second under way. */
  #startMs = 0;
  #secondMs = 0;
  #frames = 0;
  #isDue = false;
  #voiceFrom = 1;
  #mayCancel = false;
  #isHeld = false;
  #voiceFrames = 0;
  #concealed = 0;
  #heldBackMs = 0;
  #talkOverMs = 0;
  #deadAirMs = 0;
  #quietMs = 0;
  #sentPower = 0;
  /** Of frames with an echo that the canceller knows. */
  #farEnergy = 0;
  #echoEnergy = 0;
  #farFrames = 0;
  #erleDb = 0;
  #erleFrames = 0;
  #packetsLost = 0;
  #packetsLate = 0;

  constructor(uplink: MeteredUplink) {
    this.#uplink = uplink;
  }

  /** Whether a batch is complete. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** From which probability on the caller's voice counts, and whether there is an echo canceller to ask. */
  tune({ voice, echo }: Pick<PipelinePolicy, 'voice' | 'echo'>): void {
    this.#voiceFrom = voice.enter;
    this.#mayCancel = echo.enabled;
  }

  /** On hold there is neither talk-over nor dead air. */
  set isHeld(isHeld: boolean) {
    this.#isHeld = isHeld;
    this.#quietMs = 0;
  }

  /** The caller's next frame, before anything was done to it. */
  heard(frame: Frame): void {
    if (frame.concealed) this.#concealed += 1;
    else this.#caller.add(frame.samples);
    this.#heldBackMs += frame.heldBackMs;
  }

  /** The same tick's frame for the caller, once it was sent and the caller's voice judged. */
  sent(frame: Frame, line: MeteredLine): void {
    this.#agent.add(frame.samples);
    const isCaller = this.#uplink.voice.probability >= this.#voiceFrom;
    if (isCaller) this.#voiceFrames += 1;
    this.#judgeSilence(isCaller, this.#agent.power >= SOUNDING);
    if (this.#mayCancel) this.#judgeEcho(isCaller);
    this.#sentPower = this.#agent.power;
    this.#frames += 1;
    if (this.#frames === FRAMES) this.#endSecond(line);
  }

  /** Media time moves on without sound. A second that it leads out of was not measured whole, and is left out. */
  skip(frames: number): void {
    this.#frames += frames;
    if (this.#frames < FRAMES) return;
    this.#isDue = this.#seconds > 0;
    const frame = this.#frames % FRAMES;
    this.#secondMs += (this.#frames - frame) * FRAME_MS;
    this.#beginSecond();
    this.#frames = frame;
  }

  /** The seconds since it was asked last, but for the one under way; undefined when there are none. */
  take(): MeasuredSeconds | undefined {
    const seconds = this.#seconds;
    this.#seconds = 0;
    this.#isDue = false;
    if (seconds === 0) return undefined;
    const measures: Partial<Record<Measure, (number | null)[]>> = {};
    for (const [name, column] of COLUMNS) {
      const values = Array.from({ length: seconds }, (_, row) => known(this.#kept[row * WIDTH + column]!));
      if (values.some(value => value !== null)) measures[name] = values;
    }
    return { mediaMs: this.#startMs, seconds, measures };
  }

  #judgeSilence(isCaller: boolean, isAgent: boolean): void {
    if (this.#isHeld) return;
    if (isCaller || isAgent) this.#quietMs = 0;
    else this.#quietMs += FRAME_MS;
    if (isCaller && isAgent) this.#talkOverMs += FRAME_MS;
    if (this.#quietMs > PAUSE_MS) this.#deadAirMs += FRAME_MS;
  }

  /** Of the frame that was sent in the tick before. */
  #judgeEcho(isCaller: boolean): void {
    const { echo } = this.#uplink;
    if (!echo.isFarActive || !echo.isAligned) return;
    this.#farFrames += 1;
    this.#farEnergy += this.#sentPower;
    this.#echoEnergy += 10 ** (echo.echoDb / 10);
    if (isCaller) return;
    this.#erleDb += echo.erleDb;
    this.#erleFrames += 1;
  }

  #endSecond(line: MeteredLine): void {
    if (this.#isDue) this.#seconds = 0;
    if (this.#seconds === 0) this.#startMs = this.#secondMs;
    this.#kept.fill(Number.NaN, this.#seconds * WIDTH, (this.#seconds + 1) * WIDTH);
    this.#keepSounds();
    this.#keepEcho();
    this.#keepLine(line);
    this.#seconds += 1;
    this.#isDue = this.#seconds === LIMITS.measuredSeconds;
    this.#secondMs += 1000;
    this.#beginSecond();
  }

  #keepSounds(): void {
    const { noise } = this.#uplink;
    if (this.#voiceFrames >= LEAST_VOICE_FRAMES) this.#keep('callerDb', this.#caller.activeDb);
    this.#keep('callerPeakDb', this.#caller.peakDb);
    if (this.#agent.loudest >= SOUNDING) this.#keep('agentDb', this.#agent.activeDb);
    this.#keep('agentPeakDb', this.#agent.peakDb);
    this.#keep('noiseDb', noise.noiseDb);
    this.#keep('snrDb', noise.snrDb);
    this.#keep('clippedSamples', this.#caller.clipped);
    this.#keep('concealedFrames', this.#concealed);
    this.#keep('talkOverMs', this.#talkOverMs);
    this.#keep('deadAirMs', this.#deadAirMs);
  }

  #keepEcho(): void {
    this.#keep('echoDb', 10 * Math.log10(this.#echoEnergy / this.#farFrames));
    this.#keep('echoReturnLossDb', 10 * Math.log10(this.#farEnergy / this.#echoEnergy));
    this.#keep('erleDb', this.#erleDb / this.#erleFrames);
  }

  #keepLine(line: MeteredLine): void {
    const jitterBufferMs = this.#heldBackMs / FRAMES;
    this.#keep('jitterBufferMs', jitterBufferMs);
    const { network } = line.stats();
    if (network === undefined) return;
    const { packetsLost, packetsLate, roundTripMs, packetMs, farEnd } = network;
    // Counts of what is missing fall when it comes after all, or another source begins.
    this.#keep('packetsLost', Math.max(0, packetsLost - this.#packetsLost));
    this.#keep('packetsLate', Math.max(0, packetsLate - this.#packetsLate));
    this.#packetsLost = packetsLost;
    this.#packetsLate = packetsLate;
    this.#keep('roundTripMs', roundTripMs);
    this.#keep('farLossPct', farEnd?.lossPct);
    this.#keep('farJitterMs', farEnd?.jitterMs);
    const concealedPct = (100 * this.#concealed) / FRAMES;
    const pipelineMs = this.#uplink.delayMs;
    const second = { roundTripMs, packetMs, concealedPct, jitterBufferMs, pipelineMs, farEnd };
    this.#keepRating('caller', callerRating(second));
    this.#keepRating('agent', agentRating(second));
  }

  #keepRating(way: 'caller' | 'agent', rating: number | undefined): void {
    if (rating === undefined) return;
    this.#keep(`${way}R`, rating);
    this.#keep(`${way}Mos`, meanOpinionScore(rating));
  }

  /** What is no number, or without end, is not known. */
  #keep(name: Measure, value: number | undefined): void {
    if (value === undefined || !Number.isFinite(value)) return;
    const unit = 10 ** MEASURES[name].decimals;
    this.#kept[this.#seconds * WIDTH + COLUMNS.get(name)!] = Math.round(value * unit) / unit;
  }

  #beginSecond(): void {
    this.#caller.clear();
    this.#agent.clear();
    this.#frames = 0;
    this.#voiceFrames = 0;
    this.#concealed = 0;
    this.#heldBackMs = 0;
    this.#talkOverMs = 0;
    this.#deadAirMs = 0;
    this.#farEnergy = 0;
    this.#echoEnergy = 0;
    this.#farFrames = 0;
    this.#erleDb = 0;
    this.#erleFrames = 0;
  }
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
