import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { LegAccess, LegEnding, LegOrder } from '../ipc/messages.ts';
import { AGENT, type Bridge, CALLER } from '../lines/bridge.ts';
import type { Line, LineEvents } from '../lines/line.ts';
import type { EventDetail } from '../store/events.ts';
import { hearingsOf } from './bridge_plan.ts';

/** What becomes of a call's legs, as its record has it. */
export type LegFact = {
  [T in 'leg.added' | 'leg.answered' | 'leg.removed']: { readonly type: T; readonly detail: EventDetail<T> };
}['leg.added' | 'leg.answered' | 'leg.removed'];

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
}

interface Leg extends LegOrder {
  readonly line: Line;
  isUp: boolean;
  isHeld: boolean;
  ending: LegEnding | undefined;
}

/** Lines that tell a key tell it late, or without how long it was held. */
const LEAST_KEY_MS = 100;

/** The further parties of one call: opens and ends their lines, and keeps the bridge to who is there. */
export class BridgeLegs {
  readonly #call: BridgedCall;
  readonly #ports: BridgeLegsPorts;
  readonly #legs = new Map<string, Leg>();
  readonly #closing = new Set<Promise<void>>();

  constructor(call: BridgedCall, ports: BridgeLegsPorts) {
    this.#call = call;
    this.#ports = ports;
  }

  /** @throws RangeError when there are too many already; then nothing was opened */
  open(order: LegOrder): void {
    const { bridge, mediaMs, line: callerLine } = this.#call;
    const { legId, mode, keepAgent, access } = order;
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
    this.#ports.tell({
      type: 'leg.added',
      detail: { leg: legId, kind: access.kind, to: access.to, mode, keepAgent, mediaMs },
    });
  }

  /** Whoever was called has answered. */
  answered(legId: string): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined || leg.isUp) return;
    leg.isUp = true;
    this.#ports.tell({ type: 'leg.answered', detail: { leg: legId, mediaMs: this.#call.mediaMs } });
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
    for (const { legId } of this.#legs.values()) this.remove(legId, { reason: 'callEnded' });
  }

  /** Resolves when all lines have given everything back. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing);
  }

  /** A key that a party pressed is pressed for the others that speak in the call. */
  pressed(by: string, key: string, durationMs: number): void {
    const speaking = [...this.#legs.values()].filter(({ mode }) => mode === 'bridge');
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
    this.#joinUp();
    this.#tellRemoved(AGENT, { reason: 'localHangup' });
    if (this.#isCallerAlone) this.#call.hangUp('localHangup');
  }

  #joinUp(): void {
    this.#call.bridge.hear(hearingsOf([...this.#legs.values()], this.#call.hasAgent));
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
