interface MeasureForm {
  /** Decimal places that are kept. */
  readonly decimals: number;
  readonly about: string;
}

/** What is measured of a call in each second of media time; null where it is not known in that second. dB are of full scale. */
export const MEASURES = {
  callerDb: { decimals: 1, about: 'Level of the caller as the line brought it, over active frames, in dBFS' },
  callerPeakDb: { decimals: 1, about: 'Loudest sample of the caller, in dBFS' },
  agentDb: { decimals: 1, about: 'Level of what the caller was sent, over active frames, in dBFS' },
  agentPeakDb: { decimals: 1, about: 'Loudest sample that the caller was sent, in dBFS' },
  noiseDb: {
    decimals: 1,
    about: "Level of the noise on the caller's side before it is turned down, in dBFS",
  },
  snrDb: { decimals: 1, about: "Level of the caller's speech over that of the noise" },
  echoDb: { decimals: 1, about: 'Level of the echo of what was sent, before it is cancelled, in dBFS' },
  echoReturnLossDb: { decimals: 1, about: 'Level of what was sent over that of its echo' },
  erleDb: { decimals: 1, about: 'What the canceller takes out while the caller is silent' },
  clippedSamples: { decimals: 0, about: "The caller's samples at the end of the codec's scale" },
  concealedFrames: { decimals: 0, about: 'Frames of 10 ms that were made up because none was there' },
  talkOverMs: { decimals: 0, about: 'Both sides sounded' },
  deadAirMs: { decimals: 0, about: 'Neither side had sounded for 200 ms' },
  packetsLost: { decimals: 0, about: "The caller's packets that were found missing" },
  packetsLate: { decimals: 0, about: "The caller's packets that came too late to be heard" },
  jitterBufferMs: { decimals: 0, about: 'By how much the caller was held back against jitter' },
  roundTripMs: { decimals: 0, about: 'There and back on the network, by RTCP' },
  farLossPct: { decimals: 1, about: 'Our packets that the far end misses, by its last report' },
  farJitterMs: { decimals: 0, about: 'Jitter that the far end sees, by its last report' },
  callerR: { decimals: 1, about: 'Rating R (G.107) of the way from the caller to the agent' },
  callerMos: { decimals: 2, about: 'Mean opinion score (G.107) of the way from the caller to the agent' },
  agentR: { decimals: 1, about: 'Rating R (G.107) of the way from the agent to the caller' },
  agentMos: { decimals: 2, about: 'Mean opinion score (G.107) of the way from the agent to the caller' },
} as const satisfies Readonly<Record<string, MeasureForm>>;

export type Measure = keyof typeof MEASURES;
export const MEASURE_NAMES = Object.keys(MEASURES) as Measure[];

/** Seconds of a call that follow each other, as columns. Plain data. */
export interface MeasuredSeconds {
  /** Media time at which the first begins. */
  readonly mediaMs: number;
  readonly seconds: number;
  /** One value a second. What is not known in any of them is left out. */
  readonly measures: Readonly<Partial<Record<Measure, readonly (number | null)[]>>>;
}
