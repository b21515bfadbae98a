import { type Alarm, type Clock, SYSTEM_CLOCK } from '../clock.ts';
import type { Locator } from '../locate/locator.ts';
import { nextHopUri } from '../locate/next_hop.ts';
import { newRequest } from '../message/build.ts';
import { Headers } from '../message/headers.ts';
import type { SipRequest } from '../message/message.ts';
import type { NameAddr } from '../message/name_addr.ts';
import type { SipUri } from '../message/uri.ts';
import { ask, isUnavailable, type Requester } from '../transaction/ask.ts';
import type { Hop } from '../transport/transport.ts';
import { HEALTH_LIMITS } from './limits.ts';

export interface ProbeOptions {
  /** Who is asked: Request-URI and To. */
  readonly target: SipUri;
  /** Who asks, without a tag. */
  readonly from: NameAddr;
  /** Where requests go first: an outbound proxy. */
  readonly routes: readonly NameAddr[];
  readonly everyMs: number;
  readonly requester: Requester;
  readonly locator: Locator;
  readonly changed: (isUp: boolean) => void;
  readonly clock?: Clock;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

/**
 * Asks a far end again and again whether it is there (OPTIONS, RFC 3261 §11). Any final response but 408 and 503 says
 * that it is, be it a refusal; only answers of one kind in a row change what is thought of it. Up until then.
 */
export class OptionsProbe {
  readonly #options: ProbeOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  #alarm: Alarm | undefined;
  #hasEnded = false;
  #isUp = true;
  /** Answers in a row that speak against `#isUp`. */
  #against = 0;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? Math.random;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Begins to ask, after a chance part of the interval: many far ends are not asked at once. */
  start(): void {
    if (this.#hasEnded) return;
    const { everyMs } = this.#options;
    this.#probeIn(Math.min(everyMs, HEALTH_LIMITS.doubtMs) * this.#random());
  }

  end(): void {
    this.#hasEnded = true;
    this.#alarm?.cancel();
  }

  #probeIn(delayMs: number): void {
    this.#alarm = this.#clock.after(delayMs, () => void this.#probe());
  }

  async #probe(): Promise<void> {
    const answers = await this.#isAnswered();
    if (this.#hasEnded) return;
    this.#count(answers);
    const { everyMs } = this.#options;
    const waitMs = this.#against === 0 ? everyMs : Math.min(everyMs, HEALTH_LIMITS.doubtMs);
    this.#probeIn(waitMs * (0.9 + 0.2 * this.#random()));
  }

  #count(answers: boolean): void {
    this.#against = answers === this.#isUp ? 0 : this.#against + 1;
    if (this.#against < HEALTH_LIMITS.inARow) return;
    this.#isUp = answers;
    this.#against = 0;
    this.#options.changed(answers);
  }

  async #isAnswered(): Promise<boolean> {
    const { target, routes, locator } = this.#options;
    const hops = await locator.locate(nextHopUri(target, routes));
    if (typeof hops === 'string') return false;
    for (const hop of hops.slice(0, HEALTH_LIMITS.hops)) {
      if (this.#hasEnded) return false;
      if (await this.#answersBy(hop)) {
        locator.answered(hop);
        return true;
      }
      locator.failed(hop);
    }
    return false;
  }

  #answersBy(hop: Hop): Promise<boolean> {
    return new Promise(resolve => {
      const alarm = this.#clock.after(HEALTH_LIMITS.answerMs, () => resolve(false));
      void ask(this.#options.requester, this.#request(), hop).then(answer => {
        alarm.cancel();
        resolve(!isUnavailable(answer));
      });
    });
  }

  #request(): SipRequest {
    const { target, from, routes } = this.#options;
    return newRequest({
      method: 'OPTIONS',
      uri: target,
      from,
      to: { uri: target, params: [] },
      cseq: 1,
      routes,
      headers: Headers.of({ Accept: 'application/sdp' }),
    });
  }
}
