import type { Expectation, SpokenPiece, Stt, SttOptions, SttSession, Tts } from '../types.ts';
import { Attempt, type FailoverObserver, isAskersFault } from './attempt.ts';
import type { Candidate, Candidates, Provider } from './candidates.ts';

/**
 * The only recogniser: nobody can take over, so that what it says of itself is said as it is. Its attempts are counted as
 * those of others.
 */
export function aloneStt(
  candidates: Candidates<Stt>,
  candidate: Candidate<Stt>,
  observer: FailoverObserver,
): Stt {
  const { provider } = candidate;
  return {
    name: provider.name,
    prepare: (expect: Expectation) => provider.prepare(expect),
    open: options => {
      const attempt = new Attempt(candidates, candidate, observer, new AbortController().signal);
      try {
        return countedSession(provider.open(options), attempt, options, candidates.clock.nowMs);
      } catch (error) {
        failed(attempt, error);
        throw error;
      }
    },
    close: () => provider.close(),
  };
}

function countedSession(
  session: SttSession,
  attempt: Attempt<Stt>,
  { onAnswer }: SttOptions,
  nowMs: () => number,
): SttSession {
  const settle = async () => {
    const askedAtMs = nowMs();
    const recognition = await session.settle!();
    onAnswer?.({ provider: attempt.provider.name, ms: nowMs() - askedAtMs });
    return recognition;
  };
  return {
    write: pcm => session.write(pcm),
    ...(session.settle !== undefined && { settle }),
    finish: async () => {
      attempt.askedNow();
      try {
        const recognition = await session.finish();
        attempt.spoke(true);
        attempt.succeeded();
        onAnswer?.(attempt.answeredBy);
        return recognition;
      } catch (error) {
        failed(attempt, error);
        throw error;
      }
    },
    cancel: () => {
      attempt.abandoned();
      session.cancel();
    },
  };
}

/** The only synthesiser, in the same way. */
export function aloneTts(
  candidates: Candidates<Tts>,
  candidate: Candidate<Tts>,
  observer: FailoverObserver,
): Tts {
  const { provider } = candidate;
  return {
    name: provider.name,
    prepare: rateHz => provider.prepare?.(rateHz),
    async *speak(sentence, options): AsyncGenerator<SpokenPiece> {
      const attempt = new Attempt(candidates, candidate, observer, options.signal);
      let hasSpoken = false;
      try {
        for await (const piece of provider.speak(sentence, options)) {
          if (piece.pcm.length > 0 && !hasSpoken) {
            hasSpoken = true;
            attempt.spoke(true);
            options.onAnswer?.(attempt.answeredBy);
          }
          yield piece;
        }
        attempt.succeeded();
      } catch (error) {
        failed(attempt, error);
        throw error;
      } finally {
        // Whoever asked may have stopped listening.
        attempt.abandoned();
      }
    },
    close: () => provider.close(),
  };
}

function failed<P extends Provider>(attempt: Attempt<P>, error: unknown): void {
  if (isAskersFault(error)) attempt.abandoned(error);
  else attempt.failed(error);
}
