import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { LegLines } from '../calls/bridge_lines.ts';
import { Relays } from '../calls/bridge_relays.ts';
import { KeptDialogs } from '../calls/kept_dialogs.ts';
import { PhoneLegs } from '../calls/phone_legs.ts';
import { LIMITS } from '../config/limits.ts';
import type { CallAssignment, Message } from '../ipc/messages.ts';
import type { Line, LineEvents } from '../lines/line.ts';
import { openLink } from '../lines/link_line.ts';
import { RoomLine } from '../lines/room_line.ts';
import type { TrunkParts } from '../lines/trunk_line.ts';
import type { RoleContext } from './context.ts';

/** The process that was lost may still be giving its ports back. */
const TAKEN_OVER = { portsHeldMs: LIMITS.portsHeldMs };

/** Every way by which calls of a media process are heard. */
export interface MediaLines {
  readonly phones: PhoneLegs;
  /** What the edge is told of phones goes by here. */
  readonly dialogs: KeptDialogs;
  /** Lines of further legs. */
  readonly legs: LegLines;
  readonly relays: Relays;
  /** The line of a call. */
  open(assignment: CallAssignment, rateHz: PipelineRateHz, events: LineEvents): Line;
}

/** Legs by RTP for which there is to be room: those beside calls, and of rooms, however many, leave calls theirs. */
export function rtpLegs(calls: number): number {
  return calls + LIMITS.legsPerMediaProcess + LIMITS.roomRelays;
}

export function openLines(
  { config, link, log }: Pick<RoleContext, 'config' | 'link' | 'log'>,
  trunks: TrunkParts,
): MediaLines {
  const toEdge = (message: Message): void => link.send('edge', message);
  const dialogs = new KeptDialogs({
    toEdge,
    giveUp: callId => phones.fromEdge({ type: 'lineGone', callId, reason: 'networkLost' }),
    heldLines: () => [...legs.held(), ...relays.held()],
  });
  const phones = new PhoneLegs({
    parts: trunks,
    toEdge: message =>
      message.type === 'lineClosed' || message.type === 'lineReady' ? dialogs.send(message) : toEdge(message),
    log,
  });
  const relays = new Relays({
    rateHz: config.media.roomRateHz,
    openRoom: (access, rateHz, events) =>
      new RoomLine({ ...access, rateHz, kernels: trunks.kernels }, events),
    openLink: (ends, rateHz, events) => openLink({ ...ends, rateHz }, trunks, events),
    toEdge,
  });
  const legs = new LegLines({ phones, trunks, toEdge });
  return {
    phones,
    dialogs,
    legs,
    relays,
    open: ({ callId, line, resume }, rateHz, events) =>
      line.kind === 'trunk'
        ? phones.open(callId, resume ? { ...line, ...TAKEN_OVER } : line, rateHz, events)
        : new RoomLine({ ...line, rateHz, kernels: trunks.kernels }, events),
  };
}
