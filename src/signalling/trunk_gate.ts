import { Headers } from '../../sip/message/headers.ts';
import type { SipRequest } from '../../sip/message/message.ts';
import type { Refusal } from '../../sip/message/screen.ts';
import type { MessageOf } from '../ipc/messages.ts';
import { dispatchOf, isNamed, matchTrunk, type TrunkTable } from '../telephony/trunk_table.ts';
import { userOf } from './calling_number.ts';
import { GuessBrake } from './guess_brake.ts';
import { TokenBucket } from './token_bucket.ts';
import type { TrunkCredentials } from './trunk_credentials.ts';

/** Why a request is not let in, as it is counted. */
export type TurnedAway = Exclude<MessageOf<'sipTurnedAway'>['cause'], 'unread'>;

/** An INVITE that a trunk takes. */
export interface AdmittedCall {
  readonly trunk: TrunkTable[number];
  /** The number called, as it is known here. */
  readonly number: string;
  readonly workflow: string;
  /** To be keyed in before it begins. */
  readonly pin: string | undefined;
}

export interface TrunkGateParts {
  /** Monotonic milliseconds. */
  nowMs(): number;
  turnedAway(why: TurnedAway): void;
}

/** Whoever nothing is told. */
export type Decision = Refusal | 'silence' | AdmittedCall;

/** How long a caller is told to wait when a trunk has all its calls. */
const FULL_RETRY_S = 10;

/** Decides about calls by the trunks: who may call, whom, how many at once and how fast. Keeps count of both. */
export class TrunkGate {
  readonly #parts: TrunkGateParts;
  readonly #calls = new Map<string, number>();
  readonly #rates = new Map<string, TokenBucket>();
  readonly #guesses = new GuessBrake();
  #table: TrunkTable;
  #credentials: TrunkCredentials;

  constructor(table: TrunkTable, credentials: TrunkCredentials, parts: TrunkGateParts) {
    this.#table = table;
    this.#credentials = credentials;
    this.#parts = parts;
  }

  /** Other trunks from now on; calls that are up count on where their trunk still is. */
  use(table: TrunkTable, credentials: TrunkCredentials): void {
    this.#table = table;
    this.#credentials = credentials;
    this.#rates.clear();
  }

  /** Whether some trunk is reached from there. */
  isKnown(address: string): boolean {
    return matchTrunk(this.#table, address, '').kind !== 'unknownAddress';
  }

  /** Whether some trunk says so of this very address: it is no stranger. */
  isNamed(address: string): boolean {
    return isNamed(this.#table, address);
  }

  /** A trunk as it is configured now; undefined for one that is no more. */
  trunk(name: string): TrunkTable[number] | undefined {
    return this.#table.find(trunk => trunk.name === name);
  }

  /** What becomes of an INVITE outside of dialogs. One that is let in has taken its place in the trunk's rate. */
  decide(request: SipRequest, address: string): Decision {
    const dialled = userOf(request.uri);
    const match = matchTrunk(this.#table, address, dialled);
    if (match.kind === 'unknownAddress') return this.#refuse('unknownAddress', 'silence');
    const unproven = match.trunk && this.#prove(match.trunk, request, address);
    if (unproven !== undefined) return unproven;
    if (match.kind === 'unknownNumber') return this.#notFound();
    const { trunk, number } = match;
    const rule = dispatchOf(trunk, number);
    if (rule === undefined) return this.#notFound();
    const { workflow } = rule;
    return this.#limit(trunk) ?? { trunk, number, workflow, pin: this.#credentials.pinOf(rule) };
  }

  /** A call of this trunk begins or ends. */
  count(trunk: string, change: 1 | -1): void {
    const calls = this.calls(trunk) + change;
    if (calls > 0) this.#calls.set(trunk, calls);
    else this.#calls.delete(trunk);
  }

  calls(trunk: string): number {
    return this.#calls.get(trunk) ?? 0;
  }

  /** What the caller hears who has not proven to be one of the trunk's; undefined once it has, or need not. */
  #prove(
    trunk: AdmittedCall['trunk'],
    request: SipRequest,
    address: string,
  ): Refusal | 'silence' | undefined {
    const who = `${trunk.name} ${address}`;
    const isTry = request.headers.all('authorization').length > 0;
    if (isTry && !this.#guesses.mayTry(who, this.#parts.nowMs()))
      return this.#refuse('badCredentials', 'silence');
    const challenge = this.#credentials.ask(trunk, request);
    if (challenge !== undefined)
      return this.#refuse(challenge.status === 400 ? 'badCredentials' : 'unauthenticated', challenge);
    if (isTry) this.#guesses.release(who);
    return undefined;
  }

  #notFound(): Refusal {
    return this.#refuse('unknownNumber', { status: 404, headers: new Headers() });
  }

  #limit(trunk: AdmittedCall['trunk']): Refusal | undefined {
    const nowMs = this.#parts.nowMs();
    if (this.calls(trunk.name) >= trunk.maxCalls)
      return this.#refuse('trunkCalls', unavailable(FULL_RETRY_S));
    const rate = this.#rateOf(trunk, nowMs);
    return rate.take(nowMs) ? undefined : this.#refuse('trunkRate', unavailable(rate.waitS(nowMs)));
  }

  #rateOf({ name, maxCallsPerSecond }: AdmittedCall['trunk'], nowMs: number): TokenBucket {
    const known = this.#rates.get(name);
    if (known !== undefined) return known;
    const rate = new TokenBucket(maxCallsPerSecond, Math.max(1, maxCallsPerSecond), nowMs);
    this.#rates.set(name, rate);
    return rate;
  }

  #refuse<T extends Refusal | 'silence'>(why: TurnedAway, answer: T): T {
    this.#parts.turnedAway(why);
    return answer;
  }
}

/** 503 with Retry-After (RFC 3261 §21.5.4). */
export function unavailable(retryAfterS: number): Refusal {
  return { status: 503, headers: Headers.of({ 'Retry-After': String(retryAfterS) }) };
}
