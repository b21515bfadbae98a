import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { LegAccess, LegEnding, LegOrder, LegWish, MessageOf } from '../ipc/messages.ts';
import { AGENT, type Bridge, CALLER } from '../lines/bridge.ts';
import type { Line, LineEvents } from '../lines/line.ts';
import { RingbackLine } from '../lines/ringback_line.ts';
import type { EventDetail } from '../store/events.ts';
import { hearingsOf, type PersonPhase, RINGBACK } from './bridge_plan.ts';

/** What becomes of a call's legs, as its record has it. */
export type LegFact = {
  [T in LegFactType]: { readonly type: T; readonly detail: EventDetail<T> };
}[LegFactType];
type LegFactType =
  | 'leg.added'
  | 'leg.answered'
  | 'leg.joined'
  | 'leg.removed'
  | 'transfer.begun'
  | 'transfer.progressed'
  | 'transfer.ended';

/** What the edge is asked for. */
export type LegRequest =
  | { readonly type: 'addLeg'; readonly leg: LegWish }
  | { readonly type: 'dropLeg'; readonly legId: string }
  | Omit<MessageOf<'refer'>, 'callId'>;

/** Has the caller's side call a person itself, by an id of the transfer. */
interface ReferOrder extends Omit<MessageOf<'refer'>, 'callId' | 'type'> {
  readonly do: 'refer';
  readonly person: string;
}

/**
 * Calls a person, who hears nothing but what the agent says from their answer on; joins them with the caller; lets them go. A
 * transfer is let go by its id, as legs are.
 */
export type PersonOrder =
  | ReferOrder
  | { readonly do: 'call'; readonly person: string; readonly leg: LegWish }
  | { readonly do: 'join'; readonly legId: string }
  | { readonly do: 'drop'; readonly legId: string };

/** The call that the legs belong to. */
export interface BridgedCall {
  readonly bridge: Bridge;
  readonly line: Line;
  readonly mediaMs: number;
  readonly hasAgent: boolean;
  /** The agent says and hears nothing any more. */
  dismissAgent(): void;
  hangUp(reason: 'localHangup'): void;
}

export interface BridgeLegsPorts {
  /** Opens the line that an order names; never told of anything before this has returned. */
  openLine(legId: string, access: LegAccess, rateHz: PipelineRateHz, events: LineEvents): Line;
  tell(fact: LegFact): void;
  /** The call goes on without the agent. */
  agentLeft(): void;
  /** A person is wanted, or no longer. */
  toEdge(request: LegRequest): void;
}

interface Leg extends LegOrder {
  readonly line: Line;
  isUp: boolean;
  isHeld: boolean;
  ending: LegEnding | undefined;
}

interface Person {
  readonly name: string;
  /** They are the caller's side to call: told once that has begun. */
  readonly transfer?: { isBegun: boolean };
  phase: PersonPhase;
}

/** Lines that tell a key tell it late, or without how long it was held. */
const LEAST_KEY_MS = 100;

/** The further parties of one call: opens and ends their lines, and keeps the bridge to who is there. */
export class BridgeLegs {
  readonly #call: BridgedCall;
  readonly #ports: BridgeLegsPorts;
  readonly #legs = new Map<string, Leg>();
  /** Those whom the workflow wants, by leg, from the order on. */
  readonly #people = new Map<string, Person>();
  readonly #closing = new Set<Promise<void>>();
  #isRinging = false;

  constructor(call: BridgedCall, ports: BridgeLegsPorts) {
    this.#call = call;
    this.#ports = ports;
  }

  /** @throws RangeError when there are too many already; then nothing was opened */
  open(order: LegOrder): void {
    const { bridge, mediaMs, line: callerLine } = this.#call;
    const { legId, mode, keepAgent, access } = order;
    if (bridge.isFull) this.#ring(true);
    if (this.#legs.has(legId) || bridge.isFull) throw new RangeError('no place for a leg');
    const line = this.#ports.openLine(legId, access, callerLine.rateHz, {
      answered: () => undefined,
      dtmf: (key, durationMs) => this.pressed(legId, key, durationMs),
      held: () => this.#hold(legId, true),
      resumed: () => this.#hold(legId, false),
      ended: reason => this.#ended(legId, { reason }),
    });
    this.#legs.set(legId, { ...order, line, isUp: false, isHeld: false, ending: undefined });
    bridge.add(legId, line);
    this.#joinUp();
    const person = this.#people.get(legId)?.name;
    const who = { ...(person !== undefined && { person }) };
    this.#ports.tell({
      type: 'leg.added',
      detail: { leg: legId, kind: access.kind, to: access.to, mode, keepAgent, ...who, mediaMs },
    });
  }

  /** What the agent wants of a person. */
  person(order: PersonOrder): void {
    if (order.do === 'call') {
      this.#people.set(order.leg.legId, { name: order.person, phase: 'ringing' });
      this.#ports.toEdge({ type: 'addLeg', leg: order.leg });
    } else if (order.do === 'refer') {
      const { do: _, person, ...wish } = order;
      this.#people.set(wish.transferId, { name: person, phase: 'ringing', transfer: { isBegun: false } });
      this.#ports.toEdge({ type: 'refer', ...wish });
    } else {
      const person = this.#people.get(order.legId);
      if (person === undefined) return;
      // What the far end was asked for can not be taken back (RFC 3515 §2.4.5).
      if (order.do === 'drop' && person.transfer === undefined)
        this.#ports.toEdge({ type: 'dropLeg', legId: order.legId });
      this.#move(order.legId, person, order.do === 'join' ? 'joined' : 'gone');
    }
    this.#joinUp();
  }

  /** The edge does not call them. */
  refused(legId: string): void {
    this.#people.delete(legId);
    this.#joinUp();
  }

  /** What the caller's side does about a transfer, perhaps one of a process that was lost. */
  referral(transfer: string, news: Exclude<MessageOf<'referral'>['news'], { what: 'notBegun' }>): void {
    const { mediaMs } = this.#call;
    const known = this.#people.get(transfer);
    if (news.what === 'begun') {
      if (known?.transfer !== undefined) known.transfer.isBegun = true;
      const who = { ...(known !== undefined && { person: known.name }) };
      this.#ports.tell({ type: 'transfer.begun', detail: { transfer, ...who, to: news.to, mediaMs } });
    } else if (news.what === 'progress') {
      this.#ports.tell({ type: 'transfer.progressed', detail: { transfer, status: news.status, mediaMs } });
    } else {
      const { what: _, ...ending } = news;
      this.refused(transfer);
      this.#ports.tell({ type: 'transfer.ended', detail: { transfer, ...ending, mediaMs } });
    }
  }

  #move(legId: string, person: Person, phase: PersonPhase): void {
    if (phase === 'joined' && person.phase === 'told')
      this.#ports.tell({ type: 'leg.joined', detail: { leg: legId, mediaMs: this.#call.mediaMs } });
    person.phase = phase;
  }

  /** Whoever was called has answered. */
  answered(legId: string): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined || leg.isUp) return;
    leg.isUp = true;
    this.#ports.tell({ type: 'leg.answered', detail: { leg: legId, mediaMs: this.#call.mediaMs } });
    const person = this.#people.get(legId);
    if (person?.phase === 'ringing') {
      this.#move(legId, person, 'told');
      this.#joinUp();
    }
    if (leg.mode === 'bridge' && !leg.keepAgent) this.#dismissAgent();
  }

  /** A leg is over, or is to be; the agent's, too. False for one that is not here. */
  remove(legId: string, ending: LegEnding): boolean {
    const leg = this.#legs.get(legId);
    if (legId === AGENT) this.#dismissAgent();
    if (leg === undefined) return legId === AGENT;
    leg.ending ??= ending;
    this.#close(leg);
    return true;
  }

  /** With its edge a leg has lost whoever could tell that it is answered, or held no more. */
  edgeLost(): void {
    for (const { legId, isUp, isHeld } of this.#legs.values())
      if (!isUp || isHeld) this.remove(legId, { reason: 'networkLost' });
  }

  /** The call is over. */
  end(): void {
    for (const [transfer, { transfer: { isBegun } = { isBegun: false } }] of this.#people)
      if (isBegun) this.referral(transfer, { what: 'over', result: 'callEnded' });
    for (const { legId } of this.#legs.values()) this.remove(legId, { reason: 'callEnded' });
  }

  /** Resolves when all lines have given everything back. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing);
  }

  /** A key that a party pressed is pressed for the others that speak in the call. */
  pressed(by: string, key: string, durationMs: number): void {
    const speaking = this.#planned().filter(
      ({ mode, phase = 'joined' }) => mode === 'bridge' && phase === 'joined',
    );
    if (by !== CALLER && !speaking.some(({ legId }) => legId === by)) return;
    const heldMs = Math.max(durationMs, LEAST_KEY_MS);
    if (by !== CALLER) this.#call.line.press(key, heldMs);
    for (const { legId, line } of speaking) if (legId !== by) line.press(key, heldMs);
  }

  #hold(legId: string, isHeld: boolean): void {
    const leg = this.#legs.get(legId);
    if (leg !== undefined) leg.isHeld = isHeld;
  }

  #ended(legId: string, lineEnding: LegEnding): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    this.#legs.delete(legId);
    this.#people.delete(legId);
    this.#call.bridge.remove(legId);
    this.#joinUp();
    this.#tellRemoved(legId, leg.ending ?? lineEnding);
    this.#close(leg);
    // Nobody is left for the caller to speak with.
    if (leg.mode === 'bridge' && this.#isCallerAlone) this.#call.hangUp('localHangup');
  }

  get #isCallerAlone(): boolean {
    return !this.#call.hasAgent && [...this.#legs.values()].every(({ mode }) => mode !== 'bridge');
  }

  #dismissAgent(): void {
    if (!this.#call.hasAgent) return;
    this.#call.dismissAgent();
    this.#ports.agentLeft();
    // Nobody is there to tell them anything.
    for (const person of this.#people.values()) if (person.phase !== 'gone') person.phase = 'joined';
    this.#joinUp();
    this.#tellRemoved(AGENT, { reason: 'localHangup' });
    if (this.#isCallerAlone) this.#call.hangUp('localHangup');
  }

  #joinUp(): void {
    this.#ring();
    this.#call.bridge.hear(hearingsOf(this.#planned(), this.#call.hasAgent, this.#isRinging));
  }

  #planned(): (Pick<Leg, 'legId' | 'mode' | 'line'> & { readonly phase: PersonPhase | undefined })[] {
    return [...this.#legs.values()].map(({ legId, mode, line }) => {
      return { legId, mode, line, phase: this.#people.get(legId)?.phase };
    });
  }

  /** While a person is called the caller hears that, where there is a place for the tone. */
  #ring(needsPlace = false): void {
    const { bridge, line } = this.#call;
    const isAwaited = [...this.#people.values()].some(({ phase }) => phase === 'ringing' || phase === 'told');
    // A party goes before a tone.
    const isWanted = isAwaited && (!bridge.isFull || (this.#isRinging && !needsPlace));
    if (isWanted === this.#isRinging) return;
    this.#isRinging = isWanted;
    if (isWanted) bridge.add(RINGBACK, new RingbackLine(line.rateHz));
    else bridge.remove(RINGBACK);
  }

  #tellRemoved(leg: string, ending: LegEnding): void {
    const { mediaMs } = this.#call;
    this.#ports.tell({ type: 'leg.removed', detail: { leg, ...ending, mediaMs } });
  }

  #close({ line }: Leg): void {
    const closing = line.close('localHangup').finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
