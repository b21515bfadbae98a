import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';
import type { FlowStep, Heard } from '../workflow/types.ts';
import { CallerTurn, type Ear } from './caller_turn.ts';
import type { CallAudio } from './ports.ts';
import { type Answered, heardSpeech } from './reply.ts';

export type Backchannel = Extract<TurnEvent, { type: 'backchannel' }>;

export type OnEarlyAnswer = (heard: Heard, answered: Answered) => void;

/** Whoever has more to say than that, or something else, begins within so long of the question's end. */
const WAIT_MS = 1200;
/** It has to be surer than an answer that was waited for: it may have been the agent's echo, or somebody else. */
const LEAST_CONFIDENCE = 0.6;

interface Nod extends Pick<Backchannel, 'atMs' | 'untilMs'> {
  readonly asked: FlowStep;
  readonly pcm: Int16Array;
}

/**
 * A word said over a question, which goes on. It was the answer if the question was heard to its end, nothing else was
 * said for a while, and it is one; otherwise it was a nod.
 */
export class EarlyAnswer {
  readonly #ear: Ear;
  readonly #clock: Pick<CallAudio, 'mediaMs'>;
  readonly #told: OnEarlyAnswer;
  #nod: Nod | undefined;
  #turn: CallerTurn | undefined;
  #cancelWait: (() => void) | undefined;

  /** `told` is called once for each word that was an answer. */
  constructor(ear: Ear, clock: Pick<CallAudio, 'mediaMs'>, told: OnEarlyAnswer) {
    this.#ear = ear;
    this.#clock = clock;
    this.#told = told;
  }

  /** Takes the word, with a little before and after, instead of an earlier one. */
  keep(asked: FlowStep, { atMs, untilMs }: Backchannel, pcm: Int16Array): void {
    this.drop();
    const minConfidence = Math.max(asked.minConfidence, LEAST_CONFIDENCE);
    this.#nod = { asked: { ...asked, minConfidence }, atMs, untilMs, pcm };
  }

  /** The question is over. */
  waitForMore(): void {
    const nod = this.#nod;
    if (nod === undefined) return;
    this.#cancelWait?.();
    this.#cancelWait = this.#ear.after(WAIT_MS, () => void this.#decide(nod));
  }

  /** Something else was said or done. */
  drop(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    this.#turn?.cancel();
    this.#turn = undefined;
    this.#nod = undefined;
  }

  async #decide({ asked, atMs, untilMs, pcm }: Nod): Promise<void> {
    const turn = new CallerTurn(this.#ear, asked, atMs, pcm);
    this.#turn = turn;
    // Without a recogniser the caller is waited for as always.
    const recognition = await turn.recognise().catch(() => undefined);
    if (this.#turn !== turn) return;
    this.drop();
    if (recognition === undefined || recognition.text === '') return;
    const endOfTurnMs = this.#clock.mediaMs();
    this.#told(heardSpeech(recognition), { turn, lastSoundMs: untilMs, endOfTurnMs, recognition });
  }
}
