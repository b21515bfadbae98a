import { DIGEST_HEADERS } from '../digest/challenger.ts';
import { type AuthorizedRequest, DigestClient } from '../digest/client.ts';
import type { Locator } from '../locate/locator.ts';
import { nextHopUri } from '../locate/next_hop.ts';
import { newRequest } from '../message/build.ts';
import { Headers } from '../message/headers.ts';
import { newCallId, newTag } from '../message/ids.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { type NameAddr, withTag } from '../message/name_addr.ts';
import type { Params } from '../message/params.ts';
import { formatUri, type SipUri } from '../message/uri.ts';
import { ask, isUnavailable, type Requester } from '../transaction/ask.ts';
import type { Hop, Protocol, SocketAddress } from '../transport/transport.ts';
import type { Account } from './account.ts';
import { grantedExpiresS, longerExpiresS, retryAfterS, serviceRoutesOf } from './binding.ts';
import { REGISTRATION_LIMITS } from './limits.ts';

/** How a registrar is reached, and where it reaches this end. */
export interface RegistrarAccess {
  readonly requester: Requester;
  readonly locator: Locator;
  /** Host and port that peers on this path reach this end at; goes into Contact. */
  readonly contactOf: (path: { readonly protocol: Protocol; readonly remote: SocketAddress }) => {
    readonly host: string;
    readonly port?: number;
  };
}

/**
 * Why there is no binding: the registrar's name leads nowhere; no hop answers, or each says 503; credentials are
 * missing or wrong, or the challenge can't be answered; any other response, redirections without end among them.
 */
export type RegistrationCause = 'notFound' | 'unavailable' | 'credentials' | 'refused';

interface Bound {
  readonly kind: 'bound';
  /** 0 once the binding is removed. */
  readonly grantedS: number;
  readonly hop: Hop;
  readonly serviceRoutes: readonly NameAddr[];
}

interface Failed {
  readonly kind: 'failed';
  readonly cause: RegistrationCause;
  /** Of the last response, where there was one. */
  readonly status: number | undefined;
  readonly retryAfterS: number | undefined;
}

/** What came of one try. */
export type RegisterOutcome = Bound | Failed;

/** Of one try: where it goes, and what it has learnt there. */
interface Round {
  readonly registrar: SipUri;
  readonly digest: DigestClient;
  readonly signal: AbortSignal;
  expiresS: number;
}

/** One request of a try. */
interface Sent {
  readonly round: Round;
  readonly hop: Hop;
  readonly contact: NameAddr;
  readonly authorized: AuthorizedRequest;
}

/** What a response leads to. */
type Verdict =
  | RegisterOutcome
  | { readonly kind: 'redirected'; readonly to: SipUri }
  | { readonly kind: 'again'; readonly authorized: AuthorizedRequest };

/**
 * Registers one account (RFC 3261 §10.2): one Call-ID and a rising CSeq for all that it sends. Credentials, Min-Expires,
 * redirections and failing hops are dealt with here; what comes of a try, and when the next is due, is the user's.
 */
export class RegistrarClient {
  readonly #account: Account;
  readonly #access: RegistrarAccess;
  readonly #callId = newCallId();
  readonly #to: NameAddr;
  readonly #from: NameAddr;
  readonly #digest: DigestClient;
  #cseq = 0;
  /** The last that went well: by which hop, and the time that was asked for in the end. */
  #served: { readonly hop: Hop; readonly expiresS: number } | undefined;

  constructor(account: Account, access: RegistrarAccess) {
    this.#account = account;
    this.#access = access;
    this.#to = { uri: account.addressOfRecord, params: [] };
    this.#from = withTag(this.#to, newTag());
    this.#digest = new DigestClient(account.credentialsFor);
  }

  /**
   * Tries once, at as many hops as it takes. Never rejects.
   * @param expiresS asked for; 0 removes the binding
   * @param signal once aborted, no further request is sent
   */
  async register(expiresS: number, signal: AbortSignal): Promise<RegisterOutcome> {
    const leastS = expiresS === 0 ? 0 : (this.#served?.expiresS ?? 0);
    let { registrar } = this.#account;
    let digest = this.#digest;
    for (let redirections = 0; redirections <= REGISTRATION_LIMITS.redirections; redirections += 1) {
      const round: Round = { registrar, digest, signal, expiresS: Math.max(expiresS, leastS) };
      const verdict = await this.#registerAt(round);
      if (verdict.kind !== 'redirected') return verdict;
      registrar = verdict.to;
      // Nonces are one registrar's own affair; so are the answers to them.
      digest = new DigestClient(this.#account.credentialsFor);
    }
    return failed('refused');
  }

  async #registerAt(round: Round): Promise<Exclude<Verdict, { kind: 'again' }>> {
    const { locator } = this.#access;
    const hops = await locator.locate(nextHopUri(round.registrar, this.#account.routes));
    if (typeof hops === 'string') return failed('notFound');
    let last = failed('unavailable');
    for (const hop of this.#inTurn(hops)) {
      if (round.signal.aborted) return last;
      const verdict = await this.#registerBy(hop, round);
      if (verdict.kind !== 'failed' || verdict.cause !== 'unavailable') {
        locator.answered(hop);
        return verdict;
      }
      locator.failed(hop);
      last = verdict;
    }
    return last;
  }

  /** The hop of the binding goes first: registrars need not know of each other's. */
  #inTurn(hops: readonly Hop[]): Hop[] {
    const { address, port, protocol } = this.#served?.hop ?? {};
    const bound = hops.filter(
      hop => hop.address === address && hop.port === port && hop.protocol === protocol,
    );
    return [...new Set([...bound, ...hops])].slice(0, REGISTRATION_LIMITS.hops);
  }

  async #registerBy(hop: Hop, round: Round): Promise<Exclude<Verdict, { kind: 'again' }>> {
    const contact = this.#contactAt(hop);
    let authorized = authorize(round);
    for (let requests = 0; requests < REGISTRATION_LIMITS.requestsPerHop; requests += 1) {
      if (round.signal.aborted) return failed('unavailable');
      const sent: Sent = { round, hop, contact, authorized };
      const answer = await ask(this.#access.requester, this.#request(sent), hop);
      const verdict = 'cause' in answer ? failed('unavailable') : judge(answer, sent);
      if (verdict.kind !== 'again') {
        if (verdict.kind === 'bound') this.#served = { hop, expiresS: round.expiresS };
        return verdict;
      }
      authorized = verdict.authorized;
    }
    return failed('refused');
  }

  #request({ round, contact, authorized }: Sent): SipRequest {
    this.#cseq += 1;
    // Path is of no use to this end, but proxies may only insert it for those who know of it (RFC 3327 §5.1).
    const headers = Headers.of({ Expires: String(round.expiresS), Supported: 'path' });
    for (const { header, value } of authorized.sent) headers.append(header, value);
    return newRequest({
      method: 'REGISTER',
      uri: round.registrar,
      from: this.#from,
      to: this.#to,
      callId: this.#callId,
      cseq: this.#cseq,
      contacts: [{ ...contact, params: [{ name: 'expires', value: String(round.expiresS) }] }],
      routes: this.#account.routes,
      headers,
    });
  }

  #contactAt({ protocol, address, port }: Hop): NameAddr {
    const named = this.#access.contactOf({ protocol, remote: { address, port } });
    const params: Params = protocol === 'UDP' ? [] : [{ name: 'transport', value: protocol.toLowerCase() }];
    const uri: SipUri = {
      kind: 'sip',
      scheme: 'sip',
      user: this.#account.contactUser,
      host: named.host,
      port: named.port,
      params,
      headers: [],
    };
    return { uri, params: [] };
  }
}

function authorize({ digest, registrar }: Round): AuthorizedRequest {
  return digest.authorize('REGISTER', formatUri(registrar));
}

function judge(response: SipResponse, sent: Sent): Verdict {
  const { status } = response;
  if (isUnavailable(response)) return failed('unavailable', response);
  if (status < 300) return judgeSuccess(response, sent);
  if (status < 400) return judgeRedirection(response, sent.round);
  if (status === DIGEST_HEADERS.server.status || status === DIGEST_HEADERS.proxy.status)
    return judgeChallenge(response, sent);
  return status === 423 ? judgeBrevity(response, sent.round) : failed('refused', response);
}

function judgeSuccess(response: SipResponse, { round, contact, hop }: Sent): RegisterOutcome {
  const grantedS = round.expiresS === 0 ? 0 : grantedExpiresS(response, contact, round.expiresS);
  // What was asked to be kept and is not was not wanted.
  if (grantedS === 0 && round.expiresS > 0) return failed('refused', response);
  return { kind: 'bound', grantedS, hop, serviceRoutes: serviceRoutesOf(response) };
}

/** Follows the first contact that can be a registrar; SIPS is never left for SIP (RFC 3261 §26.2.2). */
function judgeRedirection(response: SipResponse, { registrar }: Round): Verdict {
  const contacts = response.contacts === '*' ? [] : response.contacts;
  for (const { uri } of contacts)
    if (uri.kind === 'sip' && (uri.scheme === 'sips' || registrar.scheme === 'sip')) {
      return { kind: 'redirected', to: { ...uri, user: undefined, password: undefined, headers: [] } };
    }
  return failed('refused', response);
}

function judgeChallenge(response: SipResponse, { round, authorized }: Sent): Verdict {
  const challenges = (['server', 'proxy'] as const).flatMap(from =>
    response.headers.all(DIGEST_HEADERS[from].challenge).map(value => ({ from, value })),
  );
  const next = round.digest.challenged(authorized, challenges);
  return typeof next === 'string' ? failed('credentials', response) : { kind: 'again', authorized: next };
}

/** 423 (§10.2.8): the same once more, for the time that the registrar wants. */
function judgeBrevity(response: SipResponse, round: Round): Verdict {
  const expiresS = round.expiresS === 0 ? undefined : longerExpiresS(response, round.expiresS);
  if (expiresS === undefined) return failed('refused', response);
  round.expiresS = expiresS;
  return { kind: 'again', authorized: authorize(round) };
}

function failed(cause: RegistrationCause, response?: SipResponse): Failed {
  return {
    kind: 'failed',
    cause,
    status: response?.status,
    retryAfterS: response && retryAfterS(response),
  };
}
