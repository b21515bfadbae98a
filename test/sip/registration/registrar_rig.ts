import { Locator } from '../../../sip/locate/locator.ts';
import type { SipRequest } from '../../../sip/message/message.ts';
import { formatUri } from '../../../sip/message/uri.ts';
import type { Account } from '../../../sip/registration/account.ts';
import { Registration } from '../../../sip/registration/registration.ts';
import { FarEnd, settle, sipUri } from '../far_end.ts';
import { HandResolver } from '../locate/hand_resolver.ts';

/** A registration at such a far end, and what it tells. */
export class Rig {
  readonly far = new FarEnd();
  readonly resolver = new HandResolver().hosts({ 'registrar.example': '192.0.2.10' });
  readonly locator: Locator;
  readonly registration: Registration;
  /** `registered 3600` (seconds left) and `failed unavailable 45` (seconds to the next try), with the status. */
  readonly told: string[] = [];
  /** When each of these was told. */
  readonly toldAtMs: number[] = [];

  constructor(account: Partial<Account> = {}, random: () => number = () => 0) {
    const { clock } = this.far;
    const secondsUntil = (atMs: number): number => Math.round(atMs - clock.nowMs()) / 1000;
    this.locator = new Locator({ protocols: ['UDP', 'TCP', 'TLS'], resolver: this.resolver, clock, random });
    this.registration = new Registration({
      account: {
        registrar: sipUri('sip:registrar.example'),
        addressOfRecord: sipUri('sip:4930123@example.com'),
        contactUser: '4930123',
        expiresS: 3600,
        routes: [],
        credentialsFor: () => ({ user: '4930123', password: 'secret' }),
        ...account,
      },
      access: {
        requester: this.far.layer,
        locator: this.locator,
        contactOf: () => ({ host: '192.0.2.99', port: 5060 }),
      },
      clock,
      random,
      events: {
        registered: ({ untilMs }) => this.#note(`registered ${secondsUntil(untilMs)}`),
        failed: ({ cause, status, nextTryMs }) =>
          this.#note(`failed ${cause} ${status} ${secondsUntil(nextTryMs)}`),
      },
    });
  }

  async start(): Promise<void> {
    this.registration.start();
    await settle();
  }

  takeTold(): string[] {
    this.toldAtMs.length = 0;
    return this.told.splice(0);
  }

  #note(words: string): void {
    this.told.push(words);
    this.toldAtMs.push(this.far.clock.nowMs());
  }
}

/** The Contact of a REGISTER, as a registrar lists it. */
export function contactOf({ contacts }: SipRequest, expiresS?: number): string {
  const [first] = contacts === '*' ? [] : contacts;
  if (first === undefined) throw new Error('no contact');
  return `<${formatUri(first.uri)}>${expiresS === undefined ? '' : `;expires=${expiresS}`}`;
}
