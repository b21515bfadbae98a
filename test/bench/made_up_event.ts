/** An event of which only times matter. */
export const MADE_UP_EVENT = {
  kind: 'sentence',
  source: 'made up',
  text: '',
  pcm: new Int16Array(16_000),
  afterMs: 0,
} as const;
