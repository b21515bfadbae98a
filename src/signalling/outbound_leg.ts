import type { Alarm, Clock } from '../../sip/clock.ts';
import type { AudioStream } from '../../sip/sdp/session.ts';
import type {
  Ending,
  InviteOptions,
  Session,
  SessionEvents,
  SessionMedia,
} from '../../sip/session/session.ts';
import { LIMITS } from '../config/limits.ts';
import type { OutboundAttempt } from '../telephony/trunk_peer.ts';
import { answerInfo } from './info_keys.ts';
import type { LegLine } from './leg_line.ts';
import type { Report } from './legs.ts';
import { isWorthAnotherTry, legEndingOf } from './outbound_ending.ts';

export interface OutboundLegParts {
  readonly line: LegLine;
  /** In the order in which they are tried. */
  readonly attempts: readonly [OutboundAttempt, ...OutboundAttempt[]];
  readonly media: SessionMedia;
  readonly clock: Clock;
  invite(options: InviteOptions, events: SessionEvents): Session;
  /** A try has begun, and come to its end. */
  began(session: Session): void;
  ended(session: Session): void;
  reported(session: Session, report: Report): void;
  /** Its dialog leads somewhere, or elsewhere than before. */
  follow(session: Session): void;
  /** Both the far end and the media process are done with it. */
  over(): void;
}

/** ITU-T Q.850 causes of our own hang-ups, for the Reason header (RFC 3326). */
const NORMAL_CLEARING = { reason: { protocol: 'Q.850', cause: 16 } } as const;

/** A further leg of a call: this end calls a phone by a trunk, gateway after gateway, and keeps its dialog and its line together. */
export class OutboundLeg {
  readonly line: LegLine;
  readonly #parts: OutboundLegParts;
  readonly #patience: Alarm;
  #tries = 0;
  #session: Session | undefined;
  /** Runs while a gateway has said nothing yet, and there is another. */
  #silence: Alarm | undefined;
  #wasSilent = false;
  #hasRung = false;
  #wasAnswered = false;
  #isOver = false;
  /** Nobody answered in time. */
  #isTooLate = false;

  /** Calls as soon as the line is open. */
  constructor(parts: OutboundLegParts) {
    this.line = parts.line;
    this.#parts = parts;
    this.#patience = parts.clock.after(LIMITS.legAnswerMs, () => this.#giveUp());
  }

  /** The media process has its ports: what is offered can be heard. */
  ready(): void {
    this.line.ready();
    if (this.#session === undefined && !this.#isOver) this.#call();
  }

  /** The media process has no line of it any more. */
  closed(): void {
    this.line.closed();
    if (this.#isOver) this.#parts.over();
    else this.hangUp();
  }

  hangUp(): void {
    this.#patience.cancel();
    if (this.#session === undefined) this.#gone({ by: 'local', reasons: [] });
    else this.#session.hangUp(NORMAL_CLEARING);
  }

  report(report: Report): void {
    if (this.#session !== undefined) this.#parts.reported(this.#session, report);
  }

  #call(): void {
    const { attempts, media, clock, invite, began, follow } = this.#parts;
    const { target, from, routes, hops, digest } = attempts[this.#tries] ?? attempts[0];
    this.#tries += 1;
    const isLast = this.#tries >= attempts.length;
    this.#wasSilent = false;
    this.#silence = isLast ? undefined : clock.after(LIMITS.silentGatewayMs, () => this.#giveUpGateway());
    const session: Session = invite(
      { target, from, routes, hops, digest, media },
      {
        trying: () => this.#silence?.cancel(),
        progress: (_, stream) => this.#rings(stream),
        confirmed: stream => this.#answered(stream),
        changed: stream => this.line.agreed(stream),
        info: request => answerInfo(request, (key, durationMs) => this.line.key(key, durationMs)),
        dialogChanged: () => follow(session),
        ended: ending => this.#ended(session, ending),
      },
    );
    this.#session = session;
    began(session);
  }

  /** What the far end plays before it answers is heard in the call. */
  #rings(stream: AudioStream | undefined): void {
    this.#silence?.cancel();
    this.#hasRung = true;
    if (stream !== undefined) this.line.agreed(stream);
  }

  #answered(stream: AudioStream): void {
    this.#patience.cancel();
    this.#wasAnswered = true;
    this.line.agreed(stream);
    this.line.answered();
  }

  #ended(session: Session, ending: Ending): void {
    const { attempts, ended } = this.#parts;
    this.#silence?.cancel();
    ended(session);
    const isFinal = this.#hasRung || this.#wasAnswered || !(this.#wasSilent || isWorthAnotherTry(ending));
    if (!isFinal && this.line.isOpen && this.#tries < attempts.length) this.#call();
    else this.#gone(ending);
  }

  #gone(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#patience.cancel();
    const told = legEndingOf(ending, this.#wasAnswered);
    this.line.gone(this.#isTooLate ? { ...told, reason: 'noAnswer' } : told);
    if (!this.line.isOpen) this.#parts.over();
  }

  #giveUpGateway(): void {
    this.#wasSilent = true;
    this.#session?.hangUp(NORMAL_CLEARING);
  }

  #giveUp(): void {
    this.#isTooLate = true;
    this.hangUp();
  }
}
