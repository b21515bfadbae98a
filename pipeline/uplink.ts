import { Chain } from './chain.ts';
import type { PipelineRateHz } from './frame.ts';
import type { KernelFrame } from './kernels/kernel_frame.ts';
import type { PipelinePolicy, RecogniserTap } from './policy.ts';
import type { SampleSink } from './ports.ts';
import type { SharedParts } from './shared_parts.ts';
import { EchoCanceller } from './stages/echo_canceller.ts';
import { LevelControl } from './stages/level_control.ts';
import { LevelProbe } from './stages/level_probe.ts';
import { Limiter } from './stages/limiter.ts';
import { NoiseSuppressor } from './stages/noise_suppressor.ts';
import { RemoveDc } from './stages/remove_dc.ts';
import { Sanitize } from './stages/sanitize.ts';
import { Tap } from './stages/tap.ts';
import { ToneGuard } from './stages/tone_guard.ts';
import { VoiceDetector } from './stages/voice_detector.ts';

export interface UplinkParts {
  readonly shared: SharedParts;
  /** What was sent in the tick before. */
  readonly far: KernelFrame;
  readonly policy: PipelinePolicy;
  /** What the caller's line gave, for the recording. */
  readonly recorder: SampleSink;
  /** Where the recogniser finds its samples. */
  readonly recogniser: SampleSink;
}

export interface Uplink {
  readonly chain: Chain;
  readonly echo: EchoCanceller;
  readonly noise: NoiseSuppressor;
  readonly levels: LevelProbe;
  readonly tones: ToneGuard;
  readonly voice: VoiceDetector;
  /** By so much the levels, and what the voice detector hears, lie behind the line. */
  readonly delayMs: number;
  /** From the next frame on. */
  tune(policy: PipelinePolicy): void;
}

/** The caller's way into the house, from the line's frame to what judges and recognises it. */
export function createUplink(rateHz: PipelineRateHz, parts: UplinkParts): Uplink {
  const { shared, far, policy, recogniser } = parts;
  const echo = new EchoCanceller(shared.memory, rateHz, far, policy.echo, shared.echoDelays);
  const noise = new NoiseSuppressor(shared.memory, rateHz, policy.noise);
  const levels = new LevelProbe(echo.delayMs + noise.delayMs);
  const tones = new ToneGuard(rateHz);
  const voice = new VoiceDetector(shared.memory, rateHz, policy.voice);
  const level = new LevelControl(policy.level, {
    get speechPresence() {
      return voice.probability;
    },
    get isFarActive() {
      return echo.isFarActive;
    },
  });
  let listensAt = policy.recogniserTap;
  const recogniserAt = (place: RecogniserTap): Tap =>
    new Tap(`recogniser, ${PLACES[place]}`, recogniser, () => place === listensAt);
  const chain = new Chain('uplink', rateHz, [
    new Sanitize(),
    new RemoveDc(rateHz),
    new Tap('recorder', parts.recorder),
    recogniserAt('beforeEcho'),
    echo,
    recogniserAt('beforeNoise'),
    noise,
    levels,
    tones,
    recogniserAt('beforeLevel'),
    level,
    new Limiter(rateHz),
    recogniserAt('afterLevel'),
    voice,
  ]);
  const tune = (changed: PipelinePolicy): void => {
    listensAt = changed.recogniserTap;
    echo.tune(changed.echo);
    noise.tune(changed.noise);
    level.tune(changed.level);
    voice.tune(changed.voice);
  };
  return { chain, echo, noise, levels, tones, voice, delayMs: chain.delayMs, tune };
}

const PLACES: Readonly<Record<RecogniserTap, string>> = {
  beforeEcho: 'as received',
  beforeNoise: 'without echo',
  beforeLevel: 'without noise',
  afterLevel: 'levelled',
};
