import type { Alarm, Clock } from '../clock.ts';
import { type Challenger, DIGEST_HEADERS } from '../digest/challenger.ts';
import type { AuthorizedRequest, DigestClient } from '../digest/client.ts';
import type { Headers } from '../message/headers.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { formatUri } from '../message/uri.ts';
import type { ClientFailure, ClientTransaction } from '../transaction/client_transaction.ts';
import type { TransactionLayer } from '../transaction/transaction_layer.ts';
import type { Hop } from '../transport/transport.ts';
import { SESSION_LIMITS } from './limits.ts';

const CHALLENGERS: readonly Challenger[] = ['server', 'proxy'];

/** What comes of a request. */
export interface AttemptEvents {
  provisional?(response: SipResponse, sent: Try): void;
  /** The final response; for an INVITE each further 2xx too, also to a try that was given up. */
  final(response: SipResponse, sent: Try): void;
  failed(failure: ClientFailure): void;
  /** The last transaction is gone: nothing will be heard any more. */
  ended?(): void;
}

/** One sending of the request: it may go out again, by another hop or with credentials. */
export interface Try {
  readonly request: SipRequest;
  /** Where it went in the end. */
  readonly hop: Hop;
}

export interface AttemptParts {
  readonly transactions: TransactionLayer;
  readonly clock: Clock;
  readonly hops: readonly [Hop, ...Hop[]];
  /**
   * When the next hop is tried. `unreachable`: the message could not leave; hops are ways to one far end, and it must not
   * hear the request twice. `unwilling`: also on 503 and on silence; each hop is somebody else.
   */
  readonly nextHopOn: 'unreachable' | 'unwilling';
  /** The request as it goes to a hop, of a new CSeq number each time. */
  readonly make: (hop: Hop) => SipRequest;
  readonly digest: DigestClient | undefined;
  readonly events: AttemptEvents;
}

/** A request until its final response: answers digest challenges (§22.2, §22.3) and tries hop after hop (RFC 3263 §4.3). */
export class Attempt {
  readonly #parts: AttemptParts;
  readonly #running = new Set<ClientTransaction>();
  #hopIndex = 0;
  #client: ClientTransaction | undefined;
  #authorized: AuthorizedRequest | undefined;
  #silence: Alarm | undefined;
  #cancelled = false;

  /** Sends the request. */
  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.again();
  }

  /** Sends CANCEL for an INVITE, and tries no further hop. */
  cancel(headers?: Headers): void {
    this.#cancelled = true;
    this.#silence?.cancel();
    this.#client?.cancel(headers);
  }

  /** Sends the request once more, by the same hop, as `make` makes it now. */
  again(): void {
    this.#authorized = undefined;
    this.#send();
  }

  /** The newest. */
  get lastTry(): Try | undefined {
    return this.#client;
  }

  get #hop(): Hop {
    return this.#parts.hops[this.#hopIndex] ?? this.#parts.hops[0];
  }

  get #hasNextHop(): boolean {
    return !this.#cancelled && this.#hopIndex + 1 < this.#parts.hops.length;
  }

  #send(): void {
    const { transactions, clock, make } = this.#parts;
    const made = make(this.#hop);
    this.#authorized ??= this.#parts.digest?.authorize(made.method, formatUri(made.uri));
    const headers = made.headers.copy();
    for (const { header, value } of this.#authorized?.sent ?? []) headers.append(header, value);
    const client = transactions.send({ ...made, headers }, this.#hop, {
      response: response => this.#heard(client, response),
      failed: failure => this.#failed(client, failure),
      ended: () => this.#gone(client),
    });
    this.#running.add(client);
    this.#client = client;
    if (this.#hasNextHop && this.#parts.nextHopOn === 'unwilling')
      this.#silence = clock.after(SESSION_LIMITS.silentHopMs, () => this.#giveUpHop(client));
  }

  #heard(client: ClientTransaction, response: SipResponse): void {
    const { events } = this.#parts;
    const { status } = response;
    if (client === this.#client) {
      this.#silence?.cancel();
      if (status < 200) events.provisional?.(response, client);
      else if (!this.#goesOn(response)) events.final(response, client);
    } else if (status >= 200 && status < 300) {
      events.final(response, client);
    }
  }

  /** Whether a final response leads to another try. */
  #goesOn(response: SipResponse): boolean {
    if (this.#cancelled) return false;
    if (response.status === 503 && this.#hasNextHop && this.#parts.nextHopOn === 'unwilling') {
      this.#nextHop();
      return true;
    }
    return this.#authorize(response);
  }

  #authorize({ status, headers }: SipResponse): boolean {
    const from = CHALLENGERS.find(challenger => DIGEST_HEADERS[challenger].status === status);
    if (from === undefined || this.#authorized === undefined) return false;
    const challenges = headers.all(DIGEST_HEADERS[from].challenge).map(value => ({ from, value }));
    const next = this.#parts.digest?.challenged(this.#authorized, challenges);
    if (next === undefined || typeof next === 'string') return false;
    this.#authorized = next;
    this.#send();
    return true;
  }

  #failed(client: ClientTransaction, failure: ClientFailure): void {
    if (client !== this.#client) return;
    this.#silence?.cancel();
    const isSilent = failure.cause === 'timeout' && this.#parts.nextHopOn === 'unreachable';
    if (this.#hasNextHop && !isSilent) this.#nextHop();
    else this.#parts.events.failed(failure);
  }

  /** What the silent hop says after all is cancelled, and a 2xx is still heard. */
  #giveUpHop(client: ClientTransaction): void {
    client.cancel();
    this.#nextHop();
  }

  #nextHop(): void {
    this.#hopIndex += 1;
    this.again();
  }

  #gone(client: ClientTransaction): void {
    this.#running.delete(client);
    if (this.#running.size === 0) this.#parts.events.ended?.();
  }
}
