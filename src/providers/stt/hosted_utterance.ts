import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { Expectation, Recognition, SttSession } from '../types.ts';
import type { HostReply, HostRequest } from './host_messages.ts';

/** Audio goes over in pieces of this length: fewer messages, and no later than a pause is noticed. */
const PIECE_SECONDS = 0.05;
/** A crash may be the utterance's own doing: it is not tried for ever. */
const TRIES = 3;

export interface HostedUtteranceOptions {
  readonly id: number;
  readonly rateHz: 8000 | 16000;
  readonly expect: Expectation;
  readonly onPartial: ((text: string) => void) | undefined;
  readonly send: (request: HostRequest) => void;
  /** Whether somebody waits for an answer has changed. */
  readonly awaited: () => void;
  /** The final has not come in LIMITS.sttFinalMs; told again each time these have passed. */
  readonly overdue: () => void;
  readonly over: () => void;
}

/** An utterance whose search runs in the recogniser process; its audio is kept until it is over, to be sent again. */
export class HostedUtterance implements SttSession {
  readonly #options: HostedUtteranceOptions;
  readonly #heard: Int16Array[] = [];
  readonly #final = Promise.withResolvers<Recognition>();
  #heardSamples = 0;
  #pending: Int16Array[] = [];
  #pendingSamples = 0;
  #state: 'listening' | 'finishing' | 'over' = 'listening';
  readonly #asked = new Map<number, PromiseWithResolvers<Recognition>>();
  #nextAsk = 0;
  #tries = 0;
  #deadline: NodeJS.Timeout | undefined;

  constructor(options: HostedUtteranceOptions) {
    this.#options = options;
    this.#final.promise.catch(() => {});
  }

  get expect(): Expectation {
    return this.#options.expect;
  }

  get isAwaited(): boolean {
    return this.#state === 'finishing' || this.#asked.size > 0;
  }

  /** Tells a process all there is to tell so far. */
  begin(): void {
    const { id, rateHz, expect, onPartial, send } = this.#options;
    this.#tries++;
    this.#forgetAsked();
    send({ type: 'open', id, rateHz, grammarId: expect.id, partials: onPartial !== undefined });
    this.#pending = [];
    this.#pendingSamples = 0;
    if (this.#heardSamples > 0) send({ type: 'audio', id, pcm: joined(this.#heard, this.#heardSamples) });
    if (this.#state === 'finishing') this.#askForFinal();
  }

  /** False, with the utterance failed, when it was there at too many crashes. */
  mayTryAgain(): boolean {
    if (this.#tries < TRIES) return true;
    this.fail(new TrunklineError('STT_FAILED', 'the recogniser process ended'));
    return false;
  }

  write(pcm: Int16Array): void {
    const left = LIMITS.utteranceSeconds * this.#options.rateHz - this.#heardSamples;
    if (this.#state !== 'listening' || left <= 0) return;
    const piece = pcm.slice(0, left);
    this.#heard.push(piece);
    this.#heardSamples += piece.length;
    this.#pending.push(piece);
    this.#pendingSamples += piece.length;
    if (this.#pendingSamples >= PIECE_SECONDS * this.#options.rateHz) this.#sendPending();
  }

  /** Not asked again of the next process after a crash. */
  settle(): Promise<Recognition> {
    const answer = Promise.withResolvers<Recognition>();
    answer.promise.catch(() => {});
    if (this.#state !== 'listening') answer.reject(new TrunklineError('STT_FAILED', 'the utterance is over'));
    else {
      this.#sendPending();
      const ask = this.#nextAsk++;
      this.#asked.set(ask, answer);
      this.#options.send({ type: 'settle', id: this.#options.id, ask });
      this.#options.awaited();
    }
    return answer.promise;
  }

  finish(): Promise<Recognition> {
    if (this.#state === 'listening') {
      this.#state = 'finishing';
      this.#sendPending();
      this.#askForFinal();
    }
    return this.#final.promise;
  }

  cancel(): void {
    if (this.#state === 'over') return;
    this.#options.send({ type: 'cancel', id: this.#options.id });
    this.fail(new TrunklineError('STT_FAILED', 'the utterance was given up'));
  }

  fail(error: TrunklineError): void {
    this.#end();
    this.#final.reject(error);
  }

  receive(reply: Exclude<HostReply, { type: 'ready' }>): void {
    if (reply.type === 'partial') {
      if (this.#state === 'listening') this.#options.onPartial?.(reply.text);
    } else if (reply.type === 'settled') this.#settled(reply.ask, reply.recognition);
    else if (reply.type === 'failed') this.fail(new TrunklineError(reply.code, reply.detail));
    else {
      this.#end();
      this.#final.resolve(reply.recognition);
    }
  }

  #settled(ask: number, recognition: Recognition | undefined): void {
    const answer = this.#asked.get(ask);
    this.#asked.delete(ask);
    if (recognition !== undefined) answer?.resolve(recognition);
    else answer?.reject(new TrunklineError('STT_FAILED', 'the search failed'));
    this.#options.awaited();
  }

  /** What was asked of a process that is gone, or of an utterance that is over. */
  #forgetAsked(): void {
    for (const ask of this.#asked.keys()) this.#settled(ask, undefined);
  }

  #askForFinal(): void {
    this.#options.awaited();
    this.#options.send({ type: 'finish', id: this.#options.id });
    clearInterval(this.#deadline);
    this.#deadline = setInterval(this.#options.overdue, LIMITS.sttFinalMs);
  }

  #sendPending(): void {
    if (this.#pendingSamples === 0) return;
    const pcm = joined(this.#pending, this.#pendingSamples);
    this.#options.send({ type: 'audio', id: this.#options.id, pcm });
    this.#pending = [];
    this.#pendingSamples = 0;
  }

  #end(): void {
    this.#state = 'over';
    clearInterval(this.#deadline);
    this.#forgetAsked();
    this.#heard.length = 0;
    this.#options.over();
  }
}

function joined(pieces: readonly Int16Array[], samples: number): Int16Array {
  const whole = new Int16Array(samples);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
