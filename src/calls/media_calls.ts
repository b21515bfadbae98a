import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { type PipelineOverrides, pipelinePolicy } from '../../pipeline/policy.ts';
import type { SharedParts } from '../../pipeline/shared_parts.ts';
import type { VoiceDetector } from '../../pipeline/stages/voice_detector.ts';
import { ERRORS } from '../config/errors.ts';
import type { CallAssignment, LegAccess, MessageOf } from '../ipc/messages.ts';
import { CALLER } from '../lines/bridge.ts';
import type { Line, LineEndReason, LineEvents } from '../lines/line.ts';
import type { Logger } from '../observe/log.ts';
import type { Refusal } from './admission.ts';
import { AudioCall } from './audio_call.ts';
import { BridgeLegs, type LegRequest } from './bridge_legs.ts';
import { CallTick } from './call_tick.ts';
import type { Ticking } from './media_clock.ts';
import type { FromTalk } from './media_threads.ts';
import { openSlot, type SlotView } from './slot_buffers.ts';
import type { CallInfo, ToTalk } from './thread_messages.ts';

/** Opens the line that an assignment names. */
type OpenLine = (assignment: CallAssignment, rateHz: PipelineRateHz, events: LineEvents) => Line;

/** Opens the line of a further leg. */
type OpenLegLine = (legId: string, access: LegAccess, rateHz: PipelineRateHz, events: LineEvents) => Line;

/** What the edge tells about further legs of a call. */
type LegMessage = MessageOf<'openLeg' | 'legUp' | 'legGone'>;

export interface MediaCallsPorts {
  toTalk(message: ToTalk): void;
  callUp(callId: string): void;
  callRefused(callId: string, reason: string): void;
  callEnded(callId: string, reason: string, failed: boolean): void;
  checkpoint(callId: string, checkpoint: string, number: number): void;
  /** A call wants a further leg, or no longer. */
  legWanted(callId: string, request: LegRequest): void;
  /** A call that an earlier run of this process had; it waits for its fate. */
  orphan(callId: string): void;
  /** The number of calls that are up has changed. */
  callsChanged(): void;
  /** The will to take more has changed. */
  readinessChanged(): void;
}

export interface MediaCallsParts {
  readonly memory: SharedArrayBuffer;
  readonly maxCalls: number;
  /** With room for so many calls. */
  readonly shared: Pick<SharedParts, 'memory' | 'echoDelays' | 'strong' | 'tick'>;
  /** At which the pipeline of a call runs. */
  rateOf(assignment: CallAssignment): PipelineRateHz;
  /** What the configuration and the call's trunk say of its sound; asked again by `retune`. */
  soundOf(assignment: CallAssignment): readonly PipelineOverrides[];
  readonly openLine: OpenLine;
  /** Without it calls have no further legs. */
  readonly openLegLine?: OpenLegLine;
  readonly ports: MediaCallsPorts;
  /** Whether there is time for one more call; always when left out. */
  readonly hasTime?: () => boolean;
  readonly log: Logger;
}

/** A call and how far its end has come: it is over once the line is closed and the talk thread let go of the slot. */
interface Entry {
  readonly assignment: CallAssignment;
  readonly slot: number;
  readonly call: AudioCall;
  readonly legs: BridgeLegs;
  /** What its workflow says of its sound. */
  overrides: PipelineOverrides;
  answered: boolean;
  ended: LineEndReason | undefined;
  broken: boolean;
}

/** All calls of a media process, by slot. */
export class MediaCalls implements Ticking {
  readonly #parts: MediaCallsParts;
  readonly #slots: (Entry | undefined)[];
  /** Of the calls that are up. */
  readonly #voices: VoiceDetector[] = [];
  readonly #tick: CallTick;
  #draining = false;
  #spoolFull = false;
  #onEmpty: (() => void) | undefined;

  constructor(parts: MediaCallsParts) {
    this.#parts = parts;
    this.#slots = Array.from({ length: parts.maxCalls });
    this.#tick = new CallTick(
      parts.maxCalls,
      () => parts.shared.tick(this.#voices),
      (call, error) => this.#break(call, error),
    );
  }

  get count(): number {
    return this.#slots.filter(entry => entry !== undefined).length;
  }

  /** Calls that are not up yet. */
  get unanswered(): number {
    return this.#slots.filter(entry => entry?.answered === false).length;
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  get isSpoolFull(): boolean {
    return this.#spoolFull;
  }

  tick(): void {
    for (const entry of this.#slots) if (entry?.call.isUp && !entry.broken) this.#tick.add(entry.call);
    this.#tick.run();
    for (const entry of this.#slots) if (entry?.call.meter.isDue) this.#tellMeasures(entry);
  }

  skip(frames: number): void {
    for (const entry of this.#slots) if (entry?.call.isUp) entry.call.skip(frames);
  }

  /** Takes a call, or refuses it and says why. */
  assign(assignment: CallAssignment): void {
    const { ports, memory, log, rateOf } = this.#parts;
    const { callId } = assignment;
    const slot = this.#slots.indexOf(undefined);
    // What another process has lost comes in also where nothing new does.
    const isClosed = (this.#draining || this.#spoolFull || !this.#hasTime) && assignment.resume === undefined;
    if (isClosed || slot < 0 || this.#find(callId) !== undefined) {
      ports.callRefused(callId, ERRORS[this.#refusal()].cause);
      return;
    }
    const view = openSlot(memory, slot, rateOf(assignment));
    try {
      this.#slots[slot] = this.#open(assignment, slot, view);
    } catch (error) {
      log.error({ callId, err: error }, 'line was not opened');
      ports.callRefused(callId, ERRORS.LINE_FAILED.cause);
    }
  }

  /** Whether it has the call, in whatever state. */
  has(callId: string): boolean {
    return this.#find(callId) !== undefined;
  }

  hangUp(callId: string): void {
    this.#find(callId)?.call.hangUp('localHangup');
  }

  /** Whether a message about a further leg was about a call that is up, and could be followed. */
  leg(message: LegMessage): boolean {
    const { callId } = message;
    const entry = this.#find(callId);
    if (entry?.call.isUp !== true || isOwnRoom(entry.assignment, message)) return false;
    try {
      if (message.type === 'openLeg') entry.legs.open(message.leg);
      else if (message.type === 'legUp') entry.legs.answered(message.legId);
      else return entry.legs.remove(message.legId, message.ending);
      return true;
    } catch (error) {
      this.#parts.log.warn({ callId, err: error }, 'leg was not opened');
      return false;
    }
  }

  /** The edge has that checkpoint of a call. */
  checkpointKept(callId: string, number: number): void {
    const entry = this.#find(callId);
    if (entry !== undefined) this.#parts.ports.toTalk({ type: 'checkpointKept', slot: entry.slot, number });
  }

  /** The edge does not give a call the leg that it wanted. */
  legRefused(callId: string, legId: string): void {
    const entry = this.#find(callId);
    if (entry === undefined) return;
    entry.legs.refused(legId);
    if (entry.call.isUp) this.#parts.ports.toTalk({ type: 'legRefused', slot: entry.slot, legId });
  }

  /** What the edge tells of a transfer by the far end of a call. */
  referral({ callId, transferId, news }: MessageOf<'referral'>): void {
    if (news.what === 'notBegun') this.legRefused(callId, transferId);
    else this.#find(callId)?.legs.referral(transferId, news);
  }

  /** Further legs wait for nothing that only the edge could tell. */
  edgeLost(): void {
    for (const entry of this.#slots) entry?.legs.edgeLost();
  }

  fromTalk(message: FromTalk): void {
    if (message.type === 'spool') {
      this.#spoolFull = message.full;
      this.#parts.ports.readinessChanged();
      return;
    }
    if (message.type === 'orphan') {
      this.#parts.ports.orphan(message.callId);
      return;
    }
    const entry = this.#slots[message.slot];
    if (entry === undefined) return;
    if (message.type === 'checkpoint')
      this.#parts.ports.checkpoint(message.callId, message.checkpoint, message.number);
    else if (message.type === 'person') entry.legs.person(message.order);
    else if (message.type === 'policy') entry.call.policy = message.policy;
    else if (message.type === 'pipeline') {
      entry.overrides = message.overrides;
      this.#tune(entry);
    } else if (message.type === 'cut') entry.call.cut(message.generation);
    else if (message.type === 'goOn') entry.call.goOn(message.hold);
    else if (message.type === 'released') void this.#finish(entry);
    // An agent that has left hangs up for itself alone.
    else if (!entry.call.hasAgent) return;
    else if (message.drain) entry.call.hangUpWhenQuiet();
    else entry.call.hangUp('localHangup');
  }

  /** What the configuration or the trunks say of sound is another now, for the calls that are up, too. */
  retune(): void {
    for (const entry of this.#slots) if (entry !== undefined) this.#tune(entry);
  }

  /** Takes no further calls. */
  drain(): void {
    this.#draining = true;
    this.#parts.ports.readinessChanged();
  }

  /** Takes further calls again. */
  takeCalls(): void {
    if (!this.#draining) return;
    this.#draining = false;
    this.#parts.ports.readinessChanged();
  }

  /** Hangs every call up and resolves when the last one is over, or after `limitMs`. */
  async stop(limitMs: number): Promise<void> {
    this.drain();
    for (const entry of this.#slots) entry?.call.hangUp('localHangup');
    if (this.count === 0) return;
    await new Promise<void>(resolve => {
      const limit = setTimeout(resolve, limitMs);
      this.#onEmpty = () => {
        clearTimeout(limit);
        resolve();
      };
    });
  }

  #tune({ assignment, call, overrides }: Entry): void {
    call.tune(pipelinePolicy(...this.#parts.soundOf(assignment), overrides));
  }

  #tellMeasures({ slot, call }: Entry): void {
    const measured = call.meter.take();
    if (measured !== undefined) this.#parts.ports.toTalk({ type: 'measured', slot, measured });
  }

  get #hasTime(): boolean {
    return this.#parts.hasTime?.() ?? true;
  }

  #refusal(): Refusal {
    if (this.#draining) return 'DRAINING';
    if (this.#spoolFull) return 'SPOOL_FULL';
    return this.#hasTime ? 'CAPACITY' : 'OVERLOADED';
  }

  #find(callId: string): Entry | undefined {
    return this.#slots.find(entry => entry?.assignment.callId === callId);
  }

  #open(assignment: CallAssignment, slot: number, view: SlotView): Entry {
    const { rateOf, soundOf, openLine, openLegLine = noLegs, shared, ports } = this.#parts;
    const rateHz = rateOf(assignment);
    const policy = pipelinePolicy(...soundOf(assignment));
    const call = new AudioCall(
      { slot: view, rateHz, shared, policy, openLine: events => openLine(assignment, rateHz, events) },
      {
        answered: () => this.#answered(entry),
        turn: event => ports.toTalk({ type: 'turn', slot, event }),
        dtmf: (digit, atMs, durationMs) => {
          if (call.hasAgent) ports.toTalk({ type: 'dtmf', slot, digit, atMs });
          legs.pressed(CALLER, digit, durationMs);
        },
        playoutStarted: (position, atMs) => ports.toTalk({ type: 'playoutStarted', slot, position, atMs }),
        playoutDrained: (position, atMs) => ports.toTalk({ type: 'playoutDrained', slot, position, atMs }),
        ended: (reason, atMs) => this.#ended(entry, reason, atMs),
      },
    );
    const legs = new BridgeLegs(call, {
      openLine: openLegLine,
      tell: fact => ports.toTalk({ type: 'leg', slot, fact }),
      agentLeft: () => ports.toTalk({ type: 'agentLeft', slot }),
      toEdge: request => ports.legWanted(assignment.callId, request),
    });
    const entry: Entry = {
      assignment,
      slot,
      call,
      legs,
      overrides: {},
      answered: false,
      ended: undefined,
      broken: false,
    };
    return entry;
  }

  #answered(entry: Entry): void {
    const { ports, log } = this.#parts;
    const { assignment, call } = entry;
    entry.answered = true;
    this.#voices.push(call.voice);
    log.info({ callId: assignment.callId, chain: call.describe() }, 'call is up');
    ports.toTalk({ type: 'answered', call: this.#info(entry) });
    // First, so that at no time a call counts for nothing.
    ports.callsChanged();
    ports.callUp(assignment.callId);
  }

  #info({ assignment, slot, call }: Entry): CallInfo {
    const { callId, tenantId, direction, workflow, pin, assignedAtMs, line, resume } = assignment;
    return {
      callId,
      tenantId,
      slot,
      rateHz: call.line.rateHz,
      lineKind: line.kind,
      direction,
      ...call.line.party,
      workflow,
      ...(pin !== undefined && { pin }),
      ...(line.kind === 'room' ? { room: line.room } : { trunk: line.trunk }),
      ...(line.kind === 'trunk' && line.attributes && { attributes: line.attributes }),
      assignedAtMs,
      ...(resume && { resume }),
    };
  }

  #ended(entry: Entry, reason: LineEndReason, atMs: number): void {
    const { ports, log } = this.#parts;
    const { slot, call, answered } = entry;
    entry.ended = reason;
    entry.legs.end();
    const at = this.#voices.indexOf(call.voice);
    if (at >= 0) this.#voices.splice(at, 1);
    log.info({ callId: entry.assignment.callId, reason, mediaMs: atMs }, 'line ended');
    if (!answered) {
      void this.#finish(entry);
      return;
    }
    this.#tellMeasures(entry);
    ports.toTalk({ type: 'lineEnded', slot, reason, atMs, stats: call.line.stats() });
  }

  /** The talk thread needs the slot no longer: once the line is closed, too, the call is over. */
  async #finish(entry: Entry): Promise<void> {
    const { ports } = this.#parts;
    await Promise.all([entry.call.closed(), entry.legs.closed()]);
    if (this.#slots[entry.slot] !== entry) return;
    this.#slots[entry.slot] = undefined;
    ports.callEnded(entry.assignment.callId, entry.ended ?? 'localHangup', entry.broken || !entry.answered);
    ports.callsChanged();
    if (this.count === 0) this.#onEmpty?.();
  }

  /** A fault in one call's frame ends that call, not the process. */
  #break(call: AudioCall, error: unknown): void {
    const entry = this.#slots.find(slot => slot?.call === call);
    if (entry === undefined) return;
    entry.broken = true;
    this.#parts.log.error({ callId: entry.assignment.callId, err: error }, 'frame failed; call is hung up');
    call.hangUp('localHangup');
  }
}

/** Whoever is in it would hear themselves. */
function isOwnRoom({ line }: CallAssignment, message: LegMessage): boolean {
  if (message.type !== 'openLeg' || line.kind !== 'room') return false;
  const { access } = message.leg;
  return access.kind === 'link' && access.to === line.room;
}

function noLegs(): never {
  throw new RangeError('no further legs here');
}
