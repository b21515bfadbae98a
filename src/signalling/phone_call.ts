import type { Alarm, Clock } from '../../sip/clock.ts';
import type { NameAddr } from '../../sip/message/name_addr.ts';
import type { AudioStream } from '../../sip/sdp/session.ts';
import type { Ending, InboundSession, Session } from '../../sip/session/session.ts';
import type { CallOrigin } from '../calls/assignment.ts';
import { ERRORS } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Message } from '../ipc/messages.ts';
import { trunkStreamOf } from '../lines/trunk_stream.ts';
import { CallTransfer, type TransferState } from './call_transfer.ts';
import { answerInfo } from './info_keys.ts';
import { keepSession } from './kept_session.ts';

type LineEnd = Extract<Message, { type: 'lineGone' }>['reason'];

/** What one phone call needs of the edge. */
export interface PhoneCallPorts {
  readonly clock: Clock;
  /** To the media process that has the call. */
  tell(message: Message): void;
  /** The dialog leads somewhere, or elsewhere than before. */
  follow(session: Session | InboundSession): void;
  /** Both the far end and the media process are done with it; whether it was ever answered. */
  over(wasAnswered: boolean): void;
}

/** A caller who is not answered by then is told to send the INVITE no more (100, RFC 3261 §17.2.1): it must not get lost. */
const RINGS_LONG_MS = 150;

/** ITU-T Q.850 causes of our own hang-ups, for the Reason header (RFC 3326). */
const CAUSES = { normal: 16, networkOutOfOrder: 38, temporaryFailure: 41 } as const;

/** One call of a phone: what its dialog does is told to the media process, and what that does to the dialog. */
export class PhoneCall implements CallOrigin {
  readonly callId: string;
  readonly #session: Session | InboundSession;
  readonly #ports: PhoneCallPorts;
  readonly #patience: Alarm;
  readonly #transfer: CallTransfer;
  #keeping: Alarm;
  /** What the media process has of the dialog. */
  #kept: string | undefined;
  #isAccepted = false;
  #hasSession = true;
  #hasMedia = true;
  #wasAnswered = false;

  /** The session is one that comes in, or one that an edge before this one had, perhaps with a transfer under way. */
  constructor(
    callId: string,
    session: Session | InboundSession,
    ports: PhoneCallPorts,
    transfer?: TransferState,
  ) {
    this.callId = callId;
    this.#session = session;
    this.#ports = ports;
    this.#patience = ports.clock.after(LIMITS.lineReadyMs, () => this.#giveUp(CAUSES.temporaryFailure));
    this.#keeping = ports.clock.after(RINGS_LONG_MS, () => this.#keep());
    this.#transfer = new CallTransfer({
      session,
      clock: ports.clock,
      tell: (transferId, news) => ports.tell({ type: 'referral', callId, transferId, news }),
      changed: () => this.#keep(),
      hangUp: () => this.#hangUp(CAUSES.normal),
    });
    if (transfer !== undefined) this.#transfer.goOn(transfer);
    session.listen({
      confirmed: stream => this.#answered(stream),
      changed: stream => ports.tell({ type: 'lineChanged', callId, stream: trunkStreamOf(stream) }),
      info: request =>
        answerInfo(request, (key, durationMs) => ports.tell({ type: 'lineKey', callId, key, durationMs })),
      request: server => this.#transfer.receive(server),
      dialogChanged: () => {
        ports.follow(session);
        this.#keepSoon();
      },
      ended: ending => this.#sessionEnded(ending),
    });
    ports.follow(session);
  }

  /** As last agreed. */
  get stream(): AudioStream | undefined {
    return this.#session.stream;
  }

  /** The media process has its ports; one that has taken the call over goes on where the one before was. */
  ready(): void {
    this.#patience.cancel();
    this.#kept = undefined;
    if (!this.#hasSession) return;
    const { stream, state } = this.#session;
    if (state === 'confirmed' && stream !== undefined) this.#answered(stream);
    else if (!this.#isAccepted && 'accept' in this.#session) {
      this.#isAccepted = true;
      this.#session.accept();
    }
    this.#keep();
  }

  canGoOn(): boolean {
    return this.#hasSession;
  }

  up(): void {
    // The far end knows: it has acknowledged our answer.
  }

  /** Its far end is to put the caller through to somebody; the media process hears what becomes of it. */
  refer(transferId: string, to: NameAddr): void {
    this.#transfer.begin(transferId, to);
  }

  /** The media process hung up. */
  closed(reason: LineEnd): void {
    if (reason === 'localHangup') this.#hangUp(CAUSES.normal);
    else this.#giveUp(CAUSES.networkOutOfOrder);
  }

  ended(failed: boolean): void {
    this.#hasMedia = false;
    if (this.#hasSession) this.#giveUp(failed ? CAUSES.temporaryFailure : CAUSES.normal);
    else this.#settle();
  }

  #giveUp(cause: number): void {
    // Nobody has answered yet: 503 lets the caller's side try another node at once (RFC 3263 §4.3).
    if (this.#session.state === 'early' && 'reject' in this.#session)
      this.#session.reject(ERRORS.LINE_FAILED.sip);
    else this.#hangUp(cause);
  }

  #hangUp(cause: number): void {
    this.#session.hangUp({ reason: { protocol: 'Q.850', cause } });
  }

  #answered(stream: AudioStream): void {
    this.#wasAnswered = true;
    this.#ports.tell({ type: 'lineAnswered', callId: this.callId, stream: trunkStreamOf(stream) });
  }

  /** The media process keeps the dialog for an edge after this one. */
  #keep(): void {
    this.#keeping.cancel();
    const snapshot = keepSession(this.#session, this.#transfer.state);
    if (snapshot === undefined || snapshot === this.#kept) return;
    this.#kept = snapshot;
    this.#ports.tell({ type: 'dialog', callId: this.callId, snapshot });
  }

  /** Once for all that changes at one time. */
  #keepSoon(): void {
    this.#keeping.cancel();
    this.#keeping = this.#ports.clock.after(0, () => this.#keep());
  }

  #sessionEnded(ending: Ending): void {
    this.#hasSession = false;
    this.#patience.cancel();
    this.#keeping.cancel();
    this.#transfer.close();
    this.#ports.tell({ type: 'lineGone', callId: this.callId, reason: lineEndOf(ending) });
    this.#settle();
  }

  #settle(): void {
    if (!this.#hasSession && !this.#hasMedia) this.#ports.over(this.#wasAnswered);
  }
}

function lineEndOf({ by }: Ending): LineEnd {
  if (by === 'remote') return 'remoteHangup';
  return by === 'local' ? 'localHangup' : 'networkLost';
}
