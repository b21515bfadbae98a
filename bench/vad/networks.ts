import { createVoiceMemory, type SileroVad, vadWindowLength } from '../../models/silero_vad.ts';
import { frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import type { KernelMemory, SlotCounts } from '../../pipeline/kernels/kernel_memory.ts';
import { VoiceDetector } from '../../pipeline/stages/voice_detector.ts';
import { PauseWatch } from '../../pipeline/turn/pause_watch.ts';
import { VOICE_BATCHES, VoiceJudge } from '../../pipeline/voice_judge.ts';

/** Gives each window of each sound, all of one rate, its probability. */
export type Network = (
  sounds: readonly Float32Array[],
  rateHz: PipelineRateHz,
) => Float32Array[] | Promise<Float32Array[]>;

/** Sounds that are judged side by side, as calls are. */
const TOGETHER = 16;

/** By onnxruntime; with `renewed`, it begins anew in pauses as the pipeline's does. */
export function onnxNetwork(vad: SileroVad, renewed: boolean): Network {
  return inGroups((sounds, rateHz) => judgeByOnnx(vad, sounds, rateHz, renewed));
}

/** What the kernel network needs of the kernel memory. */
export const KERNEL_SLOTS: SlotCounts = { voice: TOGETHER, voiceBatch: VOICE_BATCHES, frame: 2 };

/** By the pipeline's own, frame by frame, as in calls. */
export function kernelNetwork(memory: KernelMemory): Network {
  const judge = new VoiceJudge(memory);
  const frames = { 8000: new KernelFrame(memory, 8000), 16000: new KernelFrame(memory, 16_000) };
  return inGroups((sounds, rateHz) => judgeByKernel(memory, judge, frames[rateHz], sounds));
}

function inGroups(network: Network): Network {
  return async (sounds, rateHz) => {
    const judged: Float32Array[] = [];
    for (let at = 0; at < sounds.length; at += TOGETHER) {
      judged.push(...(await network(sounds.slice(at, at + TOGETHER), rateHz)));
    }
    return judged;
  };
}

async function judgeByOnnx(
  vad: SileroVad,
  sounds: readonly Float32Array[],
  rateHz: PipelineRateHz,
  renewed: boolean,
): Promise<Float32Array[]> {
  const length = vadWindowLength(rateHz);
  const voices = sounds.map(sound => ({
    sound,
    memory: createVoiceMemory(rateHz),
    pauses: new PauseWatch(),
    judged: new Float32Array(Math.floor(sound.length / length)),
  }));
  const most = Math.max(...voices.map(({ judged }) => judged.length));
  for (let window = 0; window < most; window += 1) {
    const due = voices.filter(({ judged }) => window < judged.length);
    const windows = due.map(({ sound, memory }) => ({
      samples: sound.subarray(window * length, (window + 1) * length),
      memory,
    }));
    const probabilities = await vad.judge(windows, rateHz);
    for (const [row, { judged, memory, pauses }] of due.entries()) {
      judged[window] = probabilities[row]!;
      if (renewed && pauses.isPause(probabilities[row]!)) memory.state.fill(0);
    }
  }
  return voices.map(({ judged }) => judged);
}

function judgeByKernel(
  memory: KernelMemory,
  judge: VoiceJudge,
  frame: KernelFrame,
  sounds: readonly Float32Array[],
): Float32Array[] {
  const length = frameLength(frame.rateHz);
  const voices = sounds.map(sound => ({
    sound,
    detector: new VoiceDetector(memory, frame.rateHz, { model: 'v5' }),
    judged: [] as number[],
  }));
  const detectors = voices.map(({ detector }) => detector);
  const ticks = Math.floor(Math.max(...sounds.map(sound => sound.length)) / length);
  for (let tick = 0; tick < ticks; tick += 1) {
    for (const { sound, detector } of voices) {
      if ((tick + 1) * length > sound.length) continue;
      frame.samples.set(sound.subarray(tick * length, (tick + 1) * length));
      detector.process(frame);
    }
    judge.judge(detectors);
    for (const { detector, judged } of voices) {
      if (detector.windows > judged.length) judged.push(detector.probability);
    }
  }
  for (const { detector } of voices) detector.close();
  return voices.map(({ judged }) => Float32Array.from(judged));
}
