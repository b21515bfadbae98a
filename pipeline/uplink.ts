import { Chain } from './chain.ts';
import type { PipelineRateHz } from './frame.ts';
import type { KernelFrame } from './kernels/kernel_frame.ts';
import type { NoisePolicy, PipelinePolicy, RecogniserTap } from './policy.ts';
import type { SampleSink } from './ports.ts';
import type { SharedParts } from './shared_parts.ts';
import { EchoCanceller } from './stages/echo_canceller.ts';
import { LevelControl } from './stages/level_control.ts';
import { LevelProbe } from './stages/level_probe.ts';
import { Limiter } from './stages/limiter.ts';
import { NoiseSuppressor } from './stages/noise_suppressor.ts';
import { RemoveDc } from './stages/remove_dc.ts';
import { Sanitize } from './stages/sanitize.ts';
import { StrongSuppressor } from './stages/strong_suppressor.ts';
import { Tap } from './stages/tap.ts';
import { ToneGuard } from './stages/tone_guard.ts';
import { VoiceDetector } from './stages/voice_detector.ts';
import type { EarlyLevels } from './turn/early_ear.ts';

export interface UplinkParts {
  readonly shared: Pick<SharedParts, 'memory' | 'echoDelays' | 'strong'>;
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
  readonly early: EarlyLevels;
  readonly tones: ToneGuard;
  readonly voice: VoiceDetector;
  /** By so much the levels, and what the voice detector hears, lie behind the line. */
  readonly delayMs: number;
  /** From the next frame on. */
  tune(policy: PipelinePolicy): void;
  /** Media time moves on by so many frames without audio. */
  skip(frames: number): void;
}

/** The caller's way into the house, from the line's frame to what judges and recognises it. */
export function createUplink(rateHz: PipelineRateHz, parts: UplinkParts): Uplink {
  const { shared, far, policy, recogniser } = parts;
  const echo = new EchoCanceller(shared.memory, rateHz, far, policy.echo, shared.echoDelays);
  // Its delay is only for calls that begin with it.
  const strong =
    policy.noise.kind === 'strong' ? [new StrongSuppressor(rateHz, policy.noise, shared.strong)] : [];
  const noise = new NoiseSuppressor(shared.memory, rateHz, withLight(policy.noise));
  const delayMs = [echo, ...strong, noise].reduce((sum, stage) => sum + stage.delayMs, 0);
  const levels = new LevelProbe(delayMs);
  const received = new LevelProbe(0, 'level as received');
  const withoutEcho = new LevelProbe(echo.delayMs, 'level without echo');
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
  const { taps, listenAt } = recogniserTaps(recogniser);
  listenAt(policy.recogniserTap);
  const chain = new Chain('uplink', rateHz, [
    new Sanitize(),
    new RemoveDc(rateHz),
    new Tap('recorder', parts.recorder),
    taps.beforeEcho,
    received,
    echo,
    withoutEcho,
    taps.beforeNoise,
    ...strong,
    noise,
    levels,
    tones,
    taps.beforeLevel,
    level,
    new Limiter(rateHz),
    taps.afterLevel,
    voice,
  ]);
  const tune = (changed: PipelinePolicy): void => {
    listenAt(changed.recogniserTap);
    echo.tune(changed.echo);
    for (const stage of strong) stage.tune(changed.noise);
    noise.tune(withLight(changed.noise));
    level.tune(changed.level);
    voice.tune(changed.voice);
  };
  // Those that tell what was when go by the same time.
  const timed = [received, withoutEcho, levels, tones, voice];
  const skip = (frames: number): void => {
    for (const stage of timed) stage.skip(frames);
  };
  return {
    chain,
    echo,
    noise,
    levels,
    early: { received, withoutEcho, echo },
    tones,
    voice,
    delayMs,
    tune,
    skip,
  };
}

/** Behind the strong suppression the light one takes hum, which a network of voices leaves, and all where there is no headroom. */
function withLight(noise: NoisePolicy): NoisePolicy {
  return noise.kind === 'strong' ? { ...noise, kind: 'light' } : noise;
}

/** At every place at which the recogniser may listen; it does at one of them. */
function recogniserTaps(recogniser: SampleSink) {
  const taps = {
    beforeEcho: new Tap('recogniser, as received', recogniser),
    beforeNoise: new Tap('recogniser, without echo', recogniser),
    beforeLevel: new Tap('recogniser, without noise', recogniser),
    afterLevel: new Tap('recogniser, levelled', recogniser),
  } satisfies Record<RecogniserTap, Tap>;
  const listenAt = (place: RecogniserTap): void => {
    for (const tap of Object.values(taps)) tap.isOn = tap === taps[place];
  };
  return { taps, listenAt };
}
