import { AgentSpeech } from './agent_speech.ts';
import type { CallRecord } from './call_record.ts';
import type { CallAudio } from './ports.ts';
import { inOrder } from './responder.ts';
import type { Voice } from './voice.ts';

/** Said to a caller whose words are late to be known; rendered before the first call. */
export const HOLDING_WORDS = 'One moment, please.';

/** These words as they are heard. They are no reply: who speaks over them goes on with the turn that is thought about. */
export class Holding {
  readonly #audio: CallAudio;
  readonly #speech: AgentSpeech;
  #heard = '';
  #endMs = 0;
  #isOver = false;

  constructor(audio: CallAudio, voice: Voice, onFault: (error: unknown) => void) {
    this.#audio = audio;
    this.#speech = new AgentSpeech(audio, voice, inOrder([HOLDING_WORDS]));
    this.#speech.say().catch(onFault);
  }

  get isAudible(): boolean {
    return this.#isFollowed && this.#speech.audible(this.#audio.playedSamples());
  }

  /** Called every 10 to 20 ms: follows how far they were heard. */
  follow(): void {
    const heard = this.#isFollowed ? this.#speech.heard(this.#audio.playedSamples()) : '';
    if (heard.length > this.#heard.length) this.#hearsUpTo(heard);
  }

  /** Nothing more of them is heard. */
  stop(): void {
    this.follow();
    this.#speech.stop();
    this.#isOver = true;
  }

  /** Writes down what of them was heard, or is about to be, once. */
  record(record: CallRecord): void {
    if (this.isAudible) this.#hearsUpTo(HOLDING_WORDS);
    this.stop();
    const text = this.#heard;
    this.#heard = '';
    if (text === '') return;
    record.append('turn.agent', {
      turn: record.nextTurn(),
      text,
      startMs: Math.min(this.#speech.firstSoundMs ?? this.#endMs, this.#endMs),
      endMs: this.#endMs,
      interrupted: text !== HOLDING_WORDS,
    });
  }

  #hearsUpTo(text: string): void {
    this.#heard = text;
    this.#endMs = this.#audio.mediaMs();
  }

  /** What was cut is not counted, so that positions mean something else afterwards. */
  get #isFollowed(): boolean {
    return !this.#isOver && this.#speech.generation === this.#audio.generation;
  }
}
