/** What the stages are told; a call's policy may change at any time while it is up. */
export interface EchoPolicy {
  readonly enabled: boolean;
  /** How long an echo's tail the filter covers, from its first sound on: 64 to 256 ms; more costs more. */
  readonly tailMs: number;
  /** Whether what the filter leaves is turned down, too. */
  readonly suppress: boolean;
}

export interface NoisePolicy {
  /** Light is a spectral gain and always affordable; strong is a network that costs many times as much. */
  readonly kind: 'off' | 'light' | 'strong';
  /** The most by which noise is turned down. */
  readonly depthDb: number;
}

export interface LevelPolicy {
  readonly enabled: boolean;
  /** Active speech level to reach, in dB of full scale. */
  readonly targetDb: number;
  /** The most by which a voice is raised, or turned down. */
  readonly mostGainDb: number;
}

export interface VoicePolicy {
  /** Which of Silero's sets of weights the network has. */
  readonly model: 'v5' | 'v6';
  /** Probability from which a window is speech, 0–1. */
  readonly enter: number;
  /** Probability down to which speech goes on, 0–1. */
  readonly keep: number;
  /** Speech is sure after so much of it. */
  readonly onsetMs: number;
  /** And over after so long without. */
  readonly hangoverMs: number;
}

export interface BargeInPolicy {
  /** The agent's voice is lowered by so much while the caller may be about to speak. */
  readonly duckDb: number;
  /** Whether likely speech lowers it at all. */
  readonly duck: boolean;
}

export interface ComfortNoisePolicy {
  readonly enabled: boolean;
  /** In dB of full scale; below −63 the echo canceller rests while nothing else is sent. */
  readonly levelDb: number;
}

/** Where in the uplink the recogniser listens. */
export type RecogniserTap = 'beforeEcho' | 'beforeNoise' | 'beforeLevel' | 'afterLevel';

/** How a call's sound is treated. */
export interface PipelinePolicy {
  readonly echo: EchoPolicy;
  readonly noise: NoisePolicy;
  readonly level: LevelPolicy;
  readonly voice: VoicePolicy;
  readonly bargeIn: BargeInPolicy;
  readonly comfortNoise: ComfortNoisePolicy;
  readonly recogniserTap: RecogniserTap;
}

/** In force where neither configuration, trunk nor workflow says otherwise. */
export const DEFAULT_PIPELINE_POLICY: PipelinePolicy = {
  echo: { enabled: true, tailMs: 70, suppress: true },
  noise: { kind: 'light', depthDb: 15 },
  level: { enabled: true, targetDb: -26, mostGainDb: 12 },
  voice: { model: 'v5', enter: 0.5, keep: 0.35, onsetMs: 64, hangoverMs: 128 },
  bargeIn: { duck: true, duckDb: 14 },
  comfortNoise: { enabled: true, levelDb: -68 },
  recogniserTap: 'beforeNoise',
};

type Overrides<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** What a configuration, a trunk or a workflow says otherwise. */
export type PipelineOverrides = {
  readonly [Part in keyof PipelinePolicy]?:
    | (PipelinePolicy[Part] extends object ? Overrides<PipelinePolicy[Part]> : PipelinePolicy[Part])
    | undefined;
};

/** The default, with what each says otherwise, the last one's word counting most. */
export function pipelinePolicy(...overrides: readonly PipelineOverrides[]): PipelinePolicy {
  return overrides.reduce<PipelinePolicy>(
    (policy, { echo, noise, level, voice, bargeIn, comfortNoise, recogniserTap }) => ({
      echo: overlaid(policy.echo, echo),
      noise: overlaid(policy.noise, noise),
      level: overlaid(policy.level, level),
      voice: overlaid(policy.voice, voice),
      bargeIn: overlaid(policy.bargeIn, bargeIn),
      comfortNoise: overlaid(policy.comfortNoise, comfortNoise),
      recogniserTap: recogniserTap ?? policy.recogniserTap,
    }),
    DEFAULT_PIPELINE_POLICY,
  );
}

function overlaid<Part extends object>(part: Part, overrides: Overrides<Part> = {}): Part {
  const said = Object.entries(overrides).filter(([, value]) => value !== undefined);
  return { ...part, ...Object.fromEntries(said) };
}
