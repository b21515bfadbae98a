import { ProviderFault } from '../../providers/provider_fault.ts';
import type {
  CallerSpeech,
  SpeechConversation,
  SpeechSetup,
  SpokenAnswer,
} from '../../providers/speech/types.ts';
import { plainWords } from '../../providers/stt/plain_words.ts';
import { UNMEASURED_CONFIDENCE } from '../../providers/stt/token_confidence.ts';
import type { Recognition, SttSession } from '../../providers/types.ts';

/** What the caller said is answered, though nobody has written it down. */
const NOT_WRITTEN_DOWN = '(not written down)';
const NOTHING: Recognition = { text: '', confidence: 0, alternatives: [] };

export interface SpeechEarParts {
  /** A conversation that is fit, in place of one that is not. */
  readonly connect: () => SpeechConversation | undefined;
  /** Who the model is by now; undefined where it leads no more. */
  readonly setup: () => SpeechSetup | undefined;
  /** The answer to what was heard is on its way. */
  readonly onAnswer: (text: string, answer: SpokenAnswer) => void;
  readonly onFault: (error: unknown) => void;
}

/**
 * One turn of the caller, heard by the model that will answer it: as a recogniser's session, whose final is what was written
 * down of it. The sound is kept until then, since the connection may turn out to be gone: then it is sent over another, once.
 */
export class SpeechEar implements SttSession {
  readonly #parts: SpeechEarParts;
  readonly #kept: Int16Array[] = [];
  #conversation: SpeechConversation;
  #speech: CallerSpeech;
  #mayRepeat = true;
  #isCancelled = false;

  constructor(conversation: SpeechConversation, parts: SpeechEarParts) {
    this.#conversation = conversation;
    this.#parts = parts;
    this.#speech = conversation.hear();
  }

  write(pcm: Int16Array): void {
    this.#kept.push(pcm);
    if (this.#conversation.isFit || !this.#repeat()) this.#speech.write(pcm);
  }

  async finish(): Promise<Recognition> {
    const setup = this.#parts.setup();
    if (setup === undefined) throw new Error('a model that leads no more');
    if (this.#kept.length === 0) return NOTHING;
    try {
      return await this.#answered(setup);
    } catch (error) {
      if (!this.#isCancelled) this.#parts.onFault(error);
      throw error;
    }
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#kept.length = 0;
    this.#speech.cancel();
  }

  async #answered(setup: SpeechSetup): Promise<Recognition> {
    try {
      return await this.#ask(setup);
    } catch (error) {
      const isGone = error instanceof ProviderFault && error.kind === 'unavailable';
      if (!isGone || this.#isCancelled || !this.#repeat()) throw error;
      return await this.#ask(setup);
    }
  }

  async #ask(setup: SpeechSetup): Promise<Recognition> {
    const answer = this.#speech.answer(setup);
    const transcript = await answer.heard;
    const text = transcript === undefined ? NOT_WRITTEN_DOWN : plainWords(transcript);
    if (this.#isCancelled || text === '') {
      answer.forget();
      return NOTHING;
    }
    this.#kept.length = 0;
    this.#parts.onAnswer(text, answer);
    return { text, confidence: UNMEASURED_CONFIDENCE, alternatives: [] };
  }

  /** True where all was sent over another connection. */
  #repeat(): boolean {
    if (!this.#mayRepeat) return false;
    this.#mayRepeat = false;
    const conversation = this.#parts.connect();
    if (conversation === undefined || conversation === this.#conversation) return false;
    this.#conversation = conversation;
    this.#speech = conversation.hear();
    for (const pcm of this.#kept) this.#speech.write(pcm);
    return true;
  }
}
