import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../caller/random.ts';
import type { Utterance } from './dialogue.ts';
import type { Services } from './services.ts';
import { takeTurns, type WireTurn } from './turn_caller.ts';

export const CALLERS = 3;
export const SEED = 1;
const BETWEEN_CALLS_MS = 1000;
const ANSWER_TIMEOUT_MS = 30_000;
/** Callers begin at other places of the list. */
const APART = 7;

export interface DialogueOptions {
  /** sip:NUMBER@HOST:PORT */
  readonly target: string;
  readonly services: Services;
  readonly utterances: readonly Utterance[];
  readonly turnsEach: number;
}

/** Turns of one call; why there are none, or no more. */
export interface Dialogue {
  readonly turns: readonly WireTurn[];
  readonly failure: string | undefined;
}

/** The callers of a dialogue, one call after the other, all of them live together. */
export async function holdDialogues(options: DialogueOptions): Promise<readonly Dialogue[]> {
  const { target, services, utterances, turnsEach } = options;
  const calls: Promise<Dialogue>[] = [];
  for (let caller = 0; caller < CALLERS; caller += 1) {
    const random = new SeededRandom(SEED, `caller ${caller}`);
    const turns: WireTurn[] = [];
    const taken = takeTurns({
      dial: dialOf(target, caller),
      utterances: rotated(utterances, caller * APART),
      turns: turnsEach,
      speaks: utterance => services.speaks(utterance),
      random: () => random.next(),
      took: turn => turns.push(turn),
    });
    const failed = (error: unknown): string => (error instanceof Error ? error.message : String(error));
    calls.push(
      taken.then(
        () => ({ turns, failure: undefined }),
        (error: unknown) => ({ turns, failure: failed(error) }),
      ),
    );
    // A node's list is by the time of the call.
    await sleep(BETWEEN_CALLS_MS);
  }
  return Promise.all(calls);
}

export function dialOf(target: string, caller: number) {
  return {
    target,
    fromUser: `+1555880000${caller}`,
    localHost: undefined,
    credentials: undefined,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    signal: new AbortController().signal,
  };
}

function rotated(utterances: readonly Utterance[], by: number): readonly Utterance[] {
  const at = by % utterances.length;
  return [...utterances.slice(at), ...utterances.slice(0, at)];
}
