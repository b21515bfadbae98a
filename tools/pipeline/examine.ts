import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FRAME_MS, type PipelineRateHz } from '../../pipeline/frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import type { PipelinePolicy } from '../../pipeline/policy.ts';
import { SharedParts } from '../../pipeline/shared_parts.ts';
import { createUplink, type Uplink } from '../../pipeline/uplink.ts';
import { type Decision, Decisions, type Stretch } from './decisions.ts';
import { type CostUs, FrameCost } from './frame_cost.ts';
import { explainFileError } from './input_error.ts';
import { columnMsFor } from './picture_size.ts';
import { RecordingSource, type SourceFacts } from './recording_source.ts';
import { StageRecord, type StageReport } from './stage_record.ts';
import { Track } from './track.ts';
import { WavWriter } from './wav_writer.ts';

const KERNELS = fileURLToPath(new URL('../../var/kernels/', import.meta.url));
/** The caller as the recording has them. */
export const NEAR_FILE = '00-near.wav';
const FAR_FILE = '00-far.wav';
const IGNORED = { write: () => undefined };

export interface ExamineOptions {
  readonly near: string;
  readonly far: string | undefined;
  /** Where the sounds go; made when it is not there. */
  readonly out: string;
  readonly rateHz: PipelineRateHz | undefined;
  readonly policy: PipelinePolicy;
  /** Told as it goes, 0–1. */
  readonly onProgress: (share: number) => void;
}

/** What came out of it; times are milliseconds of media time, levels dB of full scale. */
export interface Examination {
  readonly files: readonly SourceFacts[];
  readonly rateHz: PipelineRateHz;
  readonly durationMs: number;
  readonly policy: PipelinePolicy;
  /** As printed when a call starts. */
  readonly chain: string;
  readonly delayMs: number;
  readonly stages: readonly StageReport[];
  /** Of the work that calls share: the voice detector's network, and the search for the echo's delay. */
  readonly sharedCostUs: CostUs;
  readonly near: Track;
  readonly far: Track | undefined;
  /** What left the chain. */
  readonly after: Track;
  /** Of a voice, for each window of 32 ms, 0–1. */
  readonly probabilities: readonly number[];
  readonly decisions: readonly Decision[];
  /** While the agent was heard. */
  readonly agent: readonly Stretch[];
}

/**
 * Sends a recording through the uplink, frame by frame, as a call does, and keeps the sound behind every stage.
 * @throws InputError for recordings and folders that are of no use
 */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const { source, rateHz } = await RecordingSource.open(options.near, options.far, options.rateHz);
  try {
    makeFolder(options.out);
    return await new Passage(source, rateHz, await SharedParts.load(KERNELS, 1, 1), options).run();
  } finally {
    await source.close();
  }
}

/** One recording's way through a chain of its own. */
class Passage {
  readonly #source: RecordingSource;
  readonly #rateHz: PipelineRateHz;
  readonly #shared: SharedParts;
  readonly #options: ExamineOptions;
  readonly #uplink: Uplink;
  readonly #frame: KernelFrame;
  /** What was sent in the tick before, as the stages want it; the frame after it waits in `#farNext`. */
  readonly #far: KernelFrame;
  readonly #farNext: Float32Array;
  readonly #decisions: Decisions;
  readonly #sharedCost = new FrameCost();
  readonly #probabilities: number[] = [];
  readonly #records: readonly StageRecord[];
  readonly #nearFile: WavWriter;
  readonly #farFile: WavWriter | undefined;
  readonly #tracks: { readonly near: Track; readonly far: Track | undefined; readonly after: Track };

  constructor(source: RecordingSource, rateHz: PipelineRateHz, shared: SharedParts, options: ExamineOptions) {
    this.#source = source;
    this.#rateHz = rateHz;
    this.#shared = shared;
    this.#options = options;
    this.#frame = new KernelFrame(shared.memory, rateHz);
    this.#far = new KernelFrame(shared.memory, rateHz);
    this.#farNext = new Float32Array(this.#far.samples.length);
    this.#uplink = createUplink(rateHz, {
      shared,
      far: this.#far,
      policy: options.policy,
      recorder: IGNORED,
      recogniser: IGNORED,
    });
    this.#decisions = new Decisions(this.#uplink.levels, this.#uplink);
    const { stages } = this.#uplink.chain;
    this.#nearFile = new WavWriter(join(options.out, NEAR_FILE), rateHz);
    this.#farFile = source.hasFar ? new WavWriter(join(options.out, FAR_FILE), rateHz) : undefined;
    this.#records = stages.map((stage, i) => new StageRecord(stage, i + 1, options.out, rateHz));
    const columnMs = columnMsFor(source.durationMs);
    this.#tracks = {
      near: new Track(rateHz, columnMs),
      far: source.hasFar ? new Track(rateHz, columnMs) : undefined,
      after: new Track(rateHz, columnMs),
    };
  }

  async run(): Promise<Examination> {
    const { durationMs } = this.#source;
    for (let frames = 0; await this.#source.next(this.#frame.samples, this.#farNext); frames += 1) {
      this.#tick(frames);
      this.#options.onProgress(Math.min(1, (frames * FRAME_MS) / durationMs));
    }
    this.#decisions.end();
    const { near, far, after } = this.#tracks;
    for (const track of [near, far, after]) track?.end();
    for (const file of [this.#nearFile, this.#farFile]) file?.close();
    const { chain } = this.#uplink;
    const stages: StageReport[] = [];
    for (const record of this.#records) stages.push(record.end(stages.at(-1)?.file ?? NEAR_FILE));
    const examination: Examination = {
      files: this.#source.files,
      rateHz: this.#rateHz,
      durationMs: Math.round(durationMs),
      policy: this.#options.policy,
      chain: chain.describe(),
      delayMs: chain.delayMs,
      stages,
      near,
      far,
      after,
      sharedCostUs: this.#sharedCost.costUs,
      probabilities: this.#probabilities,
      decisions: this.#decisions.decisions,
      agent: this.#decisions.agent,
    };
    chain.close();
    return examination;
  }

  /** As a call's: the caller's frame through the chain, a judgement when one is due, and whose turn it is. */
  #tick(frames: number): void {
    const frame = this.#frame;
    const { near, far, after } = this.#tracks;
    const { voice } = this.#uplink;
    frame.sequence = frames;
    frame.mediaTime = frames * frame.samples.length;
    near.take(frame.samples);
    this.#nearFile.write(frame.samples);
    for (const record of this.#records) record.process(frame);
    this.#sharedCost.time(() => this.#shared.tick([voice]));
    while (this.#probabilities.length < voice.windows) this.#probabilities.push(voice.probability);
    // What was late is shown at its time.
    if (frames * FRAME_MS >= this.#uplink.delayMs) after.take(frame.samples);
    far?.take(this.#farNext);
    this.#farFile?.write(this.#farNext);
    this.#decisions.step((frames + 1) * FRAME_MS, voice, far?.levelDb ?? -Infinity);
    this.#far.samples.set(this.#farNext);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw explainFileError(error, path);
  }
}
