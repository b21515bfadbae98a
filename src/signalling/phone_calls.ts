import { randomUUID } from 'node:crypto';
import type { Clock } from '../../sip/clock.ts';
import type { DigestClient } from '../../sip/digest/client.ts';
import { Headers } from '../../sip/message/headers.ts';
import type { SipRequest } from '../../sip/message/message.ts';
import { tagOf } from '../../sip/message/name_addr.ts';
import type { Refusal } from '../../sip/message/screen.ts';
import type { PortRange } from '../../sip/rtp/port_range.ts';
import { SdpRejection } from '../../sip/sdp/rejection.ts';
import type { InboundSession, Session } from '../../sip/session/session.ts';
import type { Flow } from '../../sip/transport/transport.ts';
import type { Admission, Refusal as NoSlot } from '../calls/admission.ts';
import type { Assignment } from '../calls/assignment.ts';
import { ERRORS, TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Address, CallAssignment, Message, MessageOf, TrunkAccess } from '../ipc/messages.ts';
import { trunkStreamOf } from '../lines/trunk_stream.ts';
import { referTarget } from '../telephony/refer_target.ts';
import type { Acquaintances } from './acquaintances.ts';
import { callAttributes } from './call_attributes.ts';
import type { TransferState } from './call_transfer.ts';
import { callingNumber } from './calling_number.ts';
import type { RevivedSession } from './kept_session.ts';
import { PhoneCall } from './phone_call.ts';
import type { LadderCall, PhoneLadders } from './phone_ladders.ts';
import { sessionMedia } from './session_media.ts';
import { type AdmittedCall, type TrunkGate, unavailable } from './trunk_gate.ts';

export interface PhoneCallsParts {
  readonly tenantId: string;
  readonly gate: TrunkGate;
  readonly acquaintances: Acquaintances;
  readonly admission: Admission;
  readonly assignment: Assignment;
  readonly ports: PortRange;
  readonly clock: Clock;
  readonly ladders: PhoneLadders;
  /** The session of a dialog that an edge before this one had, as `keepSession` wrote it. */
  restoreSession(text: string, digest: DigestClient): RevivedSession;
  /** What answers challenges of a trunk's far end. */
  digestOf(trunk: string): DigestClient;
  /** Local address of RTP, and the address that far ends are told. */
  readonly rtpHost: string;
  readonly rtpAdvertised: string;
  /** A call was turned away for want of a slot. */
  notAdmitted(code: NoSlot): void;
}

interface Entry {
  readonly phone: PhoneCall;
  readonly ladder: LadderCall;
  readonly trunk: string;
  readonly session: Session;
}

/** What a call takes before its far end is answered. */
interface Place {
  readonly media: Address;
  readonly port: number;
}

/** Where the table of errors names no time. */
const RETRY_S = 30;

/** Calls that come by SIP: lets them in, hands each to a media process, and keeps its dialog and its leg together. */
export class PhoneCalls {
  readonly #parts: PhoneCallsParts;
  readonly #calls = new Map<string, Entry>();
  /** What was decided when the request was first seen. */
  readonly #admitted = new WeakMap<SipRequest, AdmittedCall>();

  constructor(parts: PhoneCallsParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#calls.size;
  }

  /** Whether a request outside of dialogs is let in: strangers hear nothing, what can't be taken gets its answer. */
  readonly admit = (request: SipRequest, flow: Flow): Refusal | 'silence' | undefined => {
    const { gate, admission, acquaintances } = this.#parts;
    const { address } = flow.remote;
    const isCall = request.method === 'INVITE' && tagOf(request.to) === undefined;
    if (!isCall) return gate.isKnown(address) ? undefined : 'silence';
    const decision = gate.decide(request, address);
    if (decision === 'silence' || 'status' in decision) return decision;
    const noSlot = admission.refusal();
    if (noSlot !== undefined) return this.#turnAway(noSlot);
    acquaintances.meet(address);
    this.#admitted.set(request, decision);
    return undefined;
  };

  /** What proves our requests in the dialog of a call that was let in. */
  readonly digestFor = (invite: SipRequest): DigestClient | undefined => {
    const admitted = this.#admitted.get(invite);
    return admitted && this.#parts.digestOf(admitted.trunk.name);
  };

  /** A call that was let in. */
  incoming(session: InboundSession): void {
    const admitted = this.#admitted.get(session.invite);
    try {
      if (admitted === undefined) throw new TrunklineError('INTERNAL', 'a call that nobody let in');
      this.#begin(session, admitted);
    } catch (error) {
      if (error instanceof SdpRejection) session.rejectWith(error);
      else if (error instanceof TrunklineError) refuse(session, error);
      else throw error;
    }
  }

  /**
   * Goes on with a call that an edge before this one had. One that its media process has hung up meanwhile is hung up
   * here, too, for which the sockets must be open.
   * @throws SyntaxError or TypeError when its dialog was kept by another version
   */
  restore({ call, snapshot, isReady, checkpoint, closed }: MessageOf<'dialogHeld'>, media: Address): void {
    const { assignment, ports, restoreSession, digestOf } = this.#parts;
    const { callId, line } = call;
    if (line.kind !== 'trunk' || this.#calls.has(callId)) return;
    const { session, transfer } = restoreSession(snapshot, digestOf(line.trunk));
    if (closed !== null) {
      session.hangUp();
      return;
    }
    ports.claim(line.port);
    const phone = this.#enter(call, line, session, transfer);
    assignment.adopt(call, media, checkpoint, phone);
    if (isReady) phone.ready();
  }

  /** A media process has opened the ports of a call. */
  lineReady(callId: string): void {
    this.#calls.get(callId)?.phone.ready();
  }

  /** RTCP of a call. */
  lineReport(report: MessageOf<'lineReport'>): void {
    const entry = this.#calls.get(report.callId);
    if (entry !== undefined) this.#parts.ladders.report(entry.ladder, entry.phone.stream?.remote, report);
  }

  /** A media process hung up. */
  lineClosed({ callId, reason }: Omit<MessageOf<'lineClosed'>, 'type'>): void {
    this.#calls.get(callId)?.phone.closed(reason);
  }

  /** The far end of a call is to put the caller through itself, where its trunk, or whoever wants it, says so. */
  refer({ callId, transferId, isWished, to }: MessageOf<'refer'>): void {
    const { gate, assignment } = this.#parts;
    const entry = this.#calls.get(callId);
    const trunk = entry && gate.trunk(entry.trunk);
    const peer = entry?.session.snapshot()?.hop;
    const isWay = isWished || trunk?.transferBy === 'refer';
    if (entry === undefined || trunk === undefined || peer === undefined || !isWay)
      assignment.tell(callId, { type: 'referral', callId, transferId, news: { what: 'notBegun' } });
    else entry.phone.refer(transferId, referTarget(trunk, to, peer));
  }

  /** @throws SdpRejection, or TrunklineError CAPACITY and its like */
  #begin(session: InboundSession, admitted: AdmittedCall): void {
    const { admission, assignment, ports, clock } = this.#parts;
    const { media, port } = this.#take();
    try {
      const line = this.#lineOf(session, admitted, port);
      const call = this.#assignmentOf(admitted, line);
      assignment.place(call, media, this.#enter(call, line, session));
    } catch (error) {
      admission.release(media);
      ports.giveBack(port, clock.nowMs());
      throw error;
    }
  }

  #enter(
    call: CallAssignment,
    { trunk, host, port }: TrunkAccess,
    session: Session,
    transfer?: TransferState,
  ): PhoneCall {
    const { assignment, gate, acquaintances, clock, ladders, ports } = this.#parts;
    const { callId, tenantId } = call;
    const ladder = { tenantId, callId, sipCallId: session.callId, local: { host, port } };
    const over = (wasAnswered: boolean): void => {
      this.#calls.delete(callId);
      ladders.end(ladder, wasAnswered);
      gate.count(trunk, -1);
      ports.giveBack(port, clock.nowMs());
    };
    const tell = (message: Message): void => assignment.tell(callId, message);
    const follow = (each: Session): void => acquaintances.follow(each);
    const phone = new PhoneCall(callId, session, { clock, tell, follow, over }, transfer);
    this.#calls.set(callId, { phone, ladder, trunk, session });
    ladders.begin(ladder);
    gate.count(trunk, 1);
    return phone;
  }

  /** @throws TrunklineError when a slot or a port is wanting */
  #take(): Place {
    const { admission, ports, clock } = this.#parts;
    const slot = admission.reserve();
    if ('refused' in slot) throw new TrunklineError(slot.refused, 'no slot for the call');
    const port = ports.take(clock.nowMs());
    if (port !== undefined) return { media: slot.media, port };
    admission.release(slot.media);
    throw new TrunklineError('CAPACITY', 'no port for the call');
  }

  #assignmentOf({ workflow, pin }: AdmittedCall, line: TrunkAccess): CallAssignment {
    return {
      callId: randomUUID(),
      tenantId: this.#parts.tenantId,
      direction: 'inbound',
      workflow,
      ...(pin !== undefined && { pin }),
      assignedAtMs: Date.now(),
      line,
    };
  }

  #lineOf(session: InboundSession, { trunk, number }: AdmittedCall, port: number): TrunkAccess {
    const stream = session.negotiate(sessionMedia(trunk.codecs, port, this.#parts.rtpAdvertised));
    const { callId: sipCallId } = session;
    return {
      kind: 'trunk',
      trunk: trunk.name,
      host: this.#parts.rtpHost,
      port,
      stream: stream === undefined ? null : trunkStreamOf(stream),
      from: callingNumber(trunk, session.identity),
      to: number,
      attributes: callAttributes(trunk, session.invite.headers),
      ...(sipCallId.length <= LIMITS.sipCallIdCharacters && { sipCallId }),
    };
  }

  #turnAway(code: NoSlot): Refusal {
    this.#parts.notAdmitted(code);
    return refusalOf(new TrunklineError(code, 'no slot'));
  }
}

/** Also where the last slot went between the first look at a call and its beginning. */
function refuse(session: InboundSession, error: TrunklineError): void {
  const { status, headers } = refusalOf(error);
  session.reject(status, { headers });
}

function refusalOf({ code, retryAfterS }: TrunklineError): Refusal {
  const status = ERRORS[code].sip;
  return status === 503 ? unavailable(retryAfterS ?? RETRY_S) : { status, headers: Headers.of({}) };
}
