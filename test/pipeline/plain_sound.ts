import { type PipelineOverrides, pipelinePolicy } from '../../pipeline/policy.ts';

/** Every stage that can be switched off. */
export const PLAIN_SOUND: PipelineOverrides = {
  echo: { enabled: false },
  noise: { kind: 'off' },
  level: { enabled: false },
  comfortNoise: { enabled: false },
};

export const PLAIN_POLICY = pipelinePolicy(PLAIN_SOUND);
