import { SIP_LIMITS } from '../limits.ts';
import type { HeadOutcome, ParseOutcome } from '../message/outcome.ts';
import { parseHead, withBody } from '../message/parse.ts';

const CR = 0x0d;
const LF = 0x0a;
const FIRST_BYTES = 2_048;
const EMPTY_LINE = Buffer.from('\r\n\r\n');

/** What a framer finds in a stream. */
export interface FramerEvents {
  /** `wire`: its bytes, in pieces. */
  message(outcome: ParseOutcome, wire: readonly Buffer[]): void;
  /** A keep-alive that wants an answer: two empty lines between messages (RFC 5626 §3.5.1). */
  keepAlive(): void;
  /** Where the next message begins can no longer be known: the connection must be closed. */
  lost(detail: string): void;
}

/** A head that was read, and waits for its body. */
interface WaitingHead {
  readonly outcome: HeadOutcome;
  readonly bytes: Buffer;
  readonly bodyBytes: number;
}

/**
 * Cuts a stream into messages (RFC 3261 §18.3): the head ends with an empty line, the body is as long as Content-Length
 * says, which a stream cannot do without. Holds at most one message, however slowly it comes.
 */
export class StreamFramer {
  readonly #events: FramerEvents;
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;
  /** Up to here there is no end of a head. */
  #searched = 0;
  #head: WaitingHead | undefined;
  /** Since the last message, or the last keep-alive. */
  #emptyLines = 0;
  #lost = false;

  constructor(events: FramerEvents) {
    this.#events = events;
  }

  /** Whether part of a message is here and the rest is not. */
  get isInMessage(): boolean {
    return this.#head !== undefined || this.#length > 0;
  }

  /** Takes what arrived; after `lost` and `stop` everything is ignored. */
  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#lost) {
      const taken = rest.subarray(0, SIP_LIMITS.streamBufferBytes - this.#length);
      this.#append(taken);
      rest = rest.subarray(taken.length);
      while (!this.#lost && this.#step());
    }
    if (!this.isInMessage && this.#bytes.length > FIRST_BYTES) this.#bytes = Buffer.allocUnsafe(FIRST_BYTES);
  }

  /** What is here and what still comes is ignored. */
  stop(): void {
    this.#lost = true;
    this.#length = 0;
    this.#head = undefined;
  }

  #append(chunk: Buffer): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#length);
    this.#length = needed;
  }

  /** Drops bytes from the front. */
  #consume(count: number): void {
    this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
    this.#searched = 0;
  }

  /** Does one thing with what is here; whether there may be more to do. */
  #step(): boolean {
    if (this.#head !== undefined) return this.#readBody(this.#head);
    return this.#skipEmptyLine() || this.#readHead();
  }

  #skipEmptyLine(): boolean {
    const bytes = this.#bytes;
    if (this.#length < 2 || bytes[0] !== CR || bytes[1] !== LF) return false;
    this.#consume(2);
    this.#emptyLines = (this.#emptyLines + 1) % 2;
    if (this.#emptyLines === 0) this.#events.keepAlive();
    return this.#length > 0;
  }

  #readHead(): boolean {
    const from = Math.max(0, this.#searched - 3);
    const headEnd = this.#bytes.subarray(0, this.#length).indexOf('\r\n\r\n', from);
    this.#searched = this.#length;
    const known = headEnd < 0 ? this.#length : headEnd;
    if (known > SIP_LIMITS.headBytes) {
      const head = this.#bytes.subarray(0, SIP_LIMITS.headBytes);
      return this.#refuse(head, { status: 513, detail: 'a head too large' });
    }
    if (headEnd < 0) return false;
    const head = Buffer.from(this.#bytes.subarray(0, headEnd));
    const outcome = parseHead(head);
    const { result, contentLength } = outcome;
    if (result.outcome === 'discarded' && result.cause === 'not SIP') return this.#lose(result.detail);
    if (contentLength === undefined)
      return this.#refuse(head, { status: 400, detail: 'a bad content-length' });
    if (contentLength > SIP_LIMITS.bodyBytes)
      return this.#refuse(head, { status: 413, detail: 'a body too large' });
    this.#consume(headEnd + 4);
    this.#head = { outcome, bytes: head, bodyBytes: contentLength };
    this.#emptyLines = 0;
    return true;
  }

  #readBody({ outcome, bytes, bodyBytes }: WaitingHead): boolean {
    if (this.#length < bodyBytes) return false;
    const body = Buffer.from(this.#bytes.subarray(0, bodyBytes));
    this.#consume(bodyBytes);
    this.#head = undefined;
    this.#events.message(withBody(outcome, bytes, body), [bytes, EMPTY_LINE, body]);
    return this.#length > 0;
  }

  /** Reports the head as refused, and the stream as lost behind it. */
  #refuse(head: Buffer, fault: { status: number; detail: string }): false {
    this.#events.message(parseHead(head, fault).result, [Buffer.from(head)]);
    return this.#lose(fault.detail);
  }

  #lose(detail: string): false {
    this.stop();
    this.#events.lost(detail);
    return false;
  }
}
