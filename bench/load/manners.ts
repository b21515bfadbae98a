import type { EncodedAudio } from './encoded_audio.ts';
import type { CallScript, Step } from './script.ts';

/** How scripted callers behave, by name. */
export const MANNERS = ['talk', 'answer', 'interrupt', 'keys', 'hold', 'silent'] as const;
export type Manner = (typeof MANNERS)[number];

const PAUSE: Step = { do: 'wait', ms: 1000 };
/** What does not come in this time is not waited for. */
const PATIENCE_MS = 10_000;
/** How far into the far end's speech an interruption comes. */
const INTERRUPT_AFTER_MS = 700;
const HELD_MS = 2000;

/** The same again and again until the call is hung up. */
export function scriptOf(manner: Manner, said: EncodedAudio, keys: string): CallScript {
  return { steps: STEPS[manner](said, keys), goesRound: true };
}

const STEPS: Readonly<Record<Manner, (said: EncodedAudio, keys: string) => Step[]>> = {
  talk: audio => [{ do: 'mark' }, PAUSE, { do: 'say', audio }, PAUSE],
  answer: audio => [
    { do: 'awaitSound', withinMs: PATIENCE_MS },
    { do: 'awaitQuiet', withinMs: PATIENCE_MS },
    { do: 'say', audio },
  ],
  interrupt: audio => [
    { do: 'interrupt', audio, afterMs: INTERRUPT_AFTER_MS, withinMs: PATIENCE_MS },
    { do: 'awaitQuiet', withinMs: PATIENCE_MS },
  ],
  keys: (_, keys) => [PAUSE, ...[...keys].flatMap((key): Step[] => [{ do: 'press', keys: key }, PAUSE])],
  hold: audio => [
    { do: 'say', audio },
    PAUSE,
    { do: 'hold' },
    { do: 'wait', ms: HELD_MS },
    { do: 'resume' },
    PAUSE,
  ],
  silent: () => [PAUSE],
};
