import type { MessageOf } from '../ipc/messages.ts';

type Report = Omit<MessageOf<'lineReport'>, 'type' | 'bytes'> & { readonly bytes: Uint8Array };

/** RTCP goes to the edge between ticks, never in one. */
const EVERY_MS = 20;
/** More of it than any number of honest far ends sends in that time is left out. */
const MOST = 64;

/** RTCP of all phone legs on its way into their ladders: the audio path puts in, a timer takes out. */
export class ReportQueue {
  readonly #toEdge: (message: MessageOf<'lineReport'>) => void;
  #waiting: Report[] = [];

  constructor(toEdge: (message: MessageOf<'lineReport'>) => void) {
    this.#toEdge = toEdge;
  }

  /** @param bytes one RTCP datagram; copied */
  put(callId: string, direction: Report['direction'], bytes: Uint8Array): void {
    if (this.#waiting.length >= MOST) return;
    if (this.#waiting.length === 0) setTimeout(() => this.#flush(), EVERY_MS).unref();
    this.#waiting.push({ callId, direction, bytes: bytes.slice() });
  }

  #flush(): void {
    const reports = this.#waiting;
    this.#waiting = [];
    for (const { callId, direction, bytes } of reports)
      this.#toEdge({ type: 'lineReport', callId, direction, bytes: Buffer.from(bytes).toString('base64') });
  }
}
