import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Link } from '../ipc/link.ts';
import type { LegWish, MessageOf } from '../ipc/messages.ts';

type Refused = MessageOf<'legAnswer'>['refused'];

/** Further legs of calls, ordered of the edge. */
export class LegOrders {
  readonly #link: Pick<Link, 'send'>;
  readonly #waitMs: number;
  /** By leg; the edge answers in the order in which it was asked. */
  readonly #waiting = new Map<string, ((refused: Refused) => void)[]>();

  constructor(link: Pick<Link, 'send' | 'on'>, waitMs: number = LIMITS.legAnswerWaitMs) {
    this.#link = link;
    this.#waitMs = waitMs;
    link.on('legAnswer', ({ legId, refused }) => this.#waiting.get(legId)?.[0]?.(refused));
  }

  /** @throws TrunklineError what the edge says, or LINE_FAILED when it says nothing */
  add(callId: string, leg: LegWish): Promise<void> {
    return this.#ask({ type: 'addLeg', callId, leg }, leg.legId);
  }

  /** @throws the same */
  drop(callId: string, legId: string): Promise<void> {
    return this.#ask({ type: 'dropLeg', callId, legId }, legId);
  }

  #ask(message: MessageOf<'addLeg' | 'dropLeg'>, legId: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(legId) ?? [];
      this.#waiting.set(legId, waiting);
      const settle = (outcome: () => void): void => {
        clearTimeout(timer);
        waiting.splice(waiting.indexOf(answered), 1);
        if (waiting.length === 0) this.#waiting.delete(legId);
        outcome();
      };
      const answered = (refused: Refused): void =>
        settle(() =>
          refused === null ? resolve() : reject(new TrunklineError(refused.code, refused.detail)),
        );
      const timer = setTimeout(
        () => settle(() => reject(new TrunklineError('LINE_FAILED', 'the edge does not answer'))),
        this.#waitMs,
      );
      waiting.push(answered);
      this.#link.send('edge', message);
    });
  }
}
