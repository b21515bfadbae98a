import { speechFault } from '../speech/realtime_events.ts';
import type {
  CallerSpeech,
  SpeechConversation,
  SpeechEngine,
  SpeechOpening,
  SpeechPart,
  SpokenAnswer,
} from '../speech/types.ts';
import type { AnsweredBy } from '../use.ts';
import { Attempt, type FailoverObserver } from './attempt.ts';
import type { Candidates } from './candidates.ts';

/**
 * Models that hear and speak, as one. A call talks to the first whose breaker allows it, from one turn to the next; who fails
 * in a turn is not replaced by the next of them, since what it heard is gone: whoever asked has a chain for that.
 */
export class FailoverSpeech implements SpeechEngine {
  readonly name = 'failover';
  readonly #candidates: Candidates<SpeechEngine>;
  readonly #observer: FailoverObserver;

  constructor(candidates: Candidates<SpeechEngine>, observer: FailoverObserver) {
    this.#candidates = candidates;
    this.#observer = observer;
  }

  open(opening: SpeechOpening): SpeechConversation {
    const candidate = this.#candidates.healthy(new Set());
    if (candidate === undefined)
      throw speechFault('unavailable', 'nobody who hears and speaks is asked for now');
    const conversation = candidate.provider.open(opening);
    let attempt: Attempt<SpeechEngine> | undefined;
    const begin = () => {
      attempt = new Attempt(this.#candidates, candidate, this.#observer, new AbortController().signal);
      return attempt;
    };
    return {
      get isFit() {
        return candidate.breaker.allows && conversation.isFit;
      },
      hear: () => watchedSpeech(conversation.hear(), begin),
      close: () => {
        attempt?.abandoned();
        conversation.close();
      },
    };
  }

  /** The models are shared: whoever made the candidates closes them. */
  async close(): Promise<void> {}
}

function watchedSpeech(speech: CallerSpeech, begin: () => Attempt<SpeechEngine>): CallerSpeech {
  let answer: SpokenAnswer | undefined;
  return {
    write: pcm => speech.write(pcm),
    answer: setup => {
      answer ??= watched(speech.answer(setup), begin);
      return answer;
    },
    cancel: () => {
      answer?.stop();
      speech.cancel();
    },
  };
}

/** What it goes on with, once its calls were answered, is an attempt of its own. */
function watched(answer: SpokenAnswer, begin: () => Attempt<SpeechEngine>): SpokenAnswer {
  const attempt = begin();
  answer.heard.catch(error => attempt.failed(error));
  let by: AnsweredBy | undefined;
  return {
    heard: answer.heard,
    get by() {
      return by;
    },
    parts: watchedParts(answer, attempt, () => {
      by ??= attempt.answeredBy;
    }),
    stop: () => {
      attempt.abandoned();
      answer.stop();
    },
    goOn: outputs => watched(answer.goOn(outputs), begin),
    leave: outputs => answer.leave(outputs),
    replaced: text => answer.replaced(text),
    wasHeard: soundMs => answer.wasHeard(soundMs),
    forget: () => {
      attempt.abandoned();
      answer.forget();
    },
  };
}

async function* watchedParts(
  answer: SpokenAnswer,
  attempt: Attempt<SpeechEngine>,
  onSpoke: () => void,
): AsyncGenerator<SpeechPart> {
  try {
    for await (const part of answer.parts) {
      if (part.type !== 'words') {
        attempt.spoke(true);
        onSpoke();
      }
      yield part;
    }
    attempt.succeeded();
  } catch (error) {
    attempt.failed(error);
    throw error;
  } finally {
    attempt.abandoned();
  }
}
