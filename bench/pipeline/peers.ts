import { vadWindowLength } from '../../models/silero.ts';
import { createVoiceMemory, type SileroVad } from '../../models/silero_vad.ts';
import { frameLength } from '../../pipeline/frame.ts';
import type { Scene } from '../echo/scene.ts';
import { EVERYTHING, loadWebrtc } from '../echo/webrtc.ts';

const FRAMES_PER_SECOND = 100;

/** WebRTC's audio processing, all of it; undefined where its library does not load. */
export async function measureWebrtc(
  { rateHz, far, mic }: Scene,
  seconds: number,
): Promise<number | undefined> {
  let webrtc: ReturnType<typeof loadWebrtc>;
  try {
    webrtc = loadWebrtc();
  } catch {
    return undefined;
  }
  const canceller = webrtc.open(rateHz, EVERYTHING);
  const length = frameLength(rateHz);
  const frames = Math.min(seconds * FRAMES_PER_SECOND, Math.floor(mic.length / length));
  const [farFrame, micFrame] = [new Float32Array(length), new Float32Array(length)];
  const before = process.cpuUsage();
  for (let i = 0; i < frames; i += 1) {
    farFrame.set(far.subarray(i * length, (i + 1) * length));
    micFrame.set(mic.subarray(i * length, (i + 1) * length));
    canceller.cancel(farFrame, micFrame, false);
  }
  const usedUs = spentUs(before);
  canceller.close();
  await webrtc.close();
  return Math.round((10 * usedUs) / frames) / 10;
}

/** Silero on onnxruntime. */
export async function measureOnnx(vad: SileroVad, { rateHz, mic }: Scene, seconds: number): Promise<number> {
  const length = vadWindowLength(rateHz);
  const memory = createVoiceMemory(rateHz);
  const windows = Math.floor(Math.min(seconds * rateHz, mic.length) / length);
  const before = process.cpuUsage();
  for (let i = 0; i < windows; i += 1)
    await vad.judge([{ samples: mic.subarray(i * length, (i + 1) * length), memory }], rateHz);
  const frames = (windows * length) / frameLength(rateHz);
  return Math.round((10 * spentUs(before)) / frames) / 10;
}

function spentUs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
