import { randomUUID } from 'node:crypto';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Link } from '../ipc/link.ts';
import type { LegWish, MessageOf } from '../ipc/messages.ts';

type Refused = MessageOf<'legAnswer'>['refused'];

/** Further legs of calls, ordered of the edge. */
export class LegOrders {
  readonly #link: Pick<Link, 'send'>;
  readonly #waitMs: number;
  /** By order. */
  readonly #waiting = new Map<string, (refused: Refused) => void>();

  constructor(link: Pick<Link, 'send' | 'on'>, waitMs: number = LIMITS.legAnswerWaitMs) {
    this.#link = link;
    this.#waitMs = waitMs;
    link.on('legAnswer', ({ orderId, refused }) => this.#waiting.get(orderId)?.(refused));
  }

  /** @throws TrunklineError what the edge says, or LINE_FAILED when it says nothing; then the leg is not to be any more */
  add(callId: string, leg: LegWish): Promise<void> {
    const { legId } = leg;
    return this.#ask({ type: 'addLeg', orderId: randomUUID(), callId, leg }, () =>
      this.#link.send('edge', { type: 'dropLeg', orderId: randomUUID(), callId, legId }),
    );
  }

  /** @throws TrunklineError the same */
  drop(callId: string, legId: string): Promise<void> {
    return this.#ask({ type: 'dropLeg', orderId: randomUUID(), callId, legId });
  }

  #ask(order: MessageOf<'addLeg' | 'dropLeg'>, unanswered?: () => void): Promise<void> {
    const { orderId } = order;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const settle = (refused: Refused): void => {
      clearTimeout(timer);
      this.#waiting.delete(orderId);
      if (refused === null) resolve();
      else reject(new TrunklineError(refused.code, refused.detail));
    };
    const timer = setTimeout(() => {
      settle({ code: 'LINE_FAILED', detail: 'the edge does not answer' });
      unanswered?.();
    }, this.#waitMs);
    this.#waiting.set(orderId, settle);
    this.#link.send('edge', order);
    return promise;
  }
}
