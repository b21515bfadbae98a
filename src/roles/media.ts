import { loadKernels } from '../../pipeline/kernels/load.ts';
import { SendSpread } from '../../sip/rtp/send_spread.ts';
import { LegLines } from '../calls/bridge_lines.ts';
import { Relays } from '../calls/bridge_relays.ts';
import { KeptDialogs } from '../calls/kept_dialogs.ts';
import { MediaCalls, type MediaCallsPorts } from '../calls/media_calls.ts';
import { MediaClock } from '../calls/media_clock.ts';
import { MediaThreads } from '../calls/media_threads.ts';
import { PhoneLegs } from '../calls/phone_legs.ts';
import { createSlotMemory } from '../calls/slot_buffers.ts';
import { LIMITS } from '../config/limits.ts';
import type { Link } from '../ipc/link.ts';
import type { Address, Message } from '../ipc/messages.ts';
import { openLink } from '../lines/link_line.ts';
import { RoomLine } from '../lines/room_line.ts';
import type { TrunkParts } from '../lines/trunk_line.ts';
import { rateOf } from '../lines/trunk_stream.ts';
import type { Role, RoleContext } from './context.ts';

const LOAD_EVERY_MS = 1000;
/** Calls are hung up at a stop and may take so long to be written down. */
const LAST_CALLS_MS = 5000;
/** The process that was lost may still be giving its ports back. */
const TAKEN_OVER = { portsHeldMs: LIMITS.portsHeldMs };
/** Who wants to know the load. */
const LOAD_READERS: readonly Address[] = ['supervisor', 'edge', 'api'];

/** A media process: the audio thread of many calls, with the talk and VAD threads beside it. */
export async function run(context: RoleContext): Promise<Role> {
  const { config, paths, link, log } = context;
  const maxCalls = config.media.callsPerProcess;
  const memory = createSlotMemory(maxCalls);
  const spread = new SendSpread();
  const orphans = new Set<string>();
  const trunks = {
    kernels: await loadKernels(paths.kernels, maxCalls + LIMITS.legsPerMediaProcess),
    spread,
  };
  const toEdge = (message: Message): void => link.send('edge', message);
  const dialogs = new KeptDialogs({
    toEdge,
    giveUp: callId => phones.fromEdge({ type: 'lineGone', callId, reason: 'networkLost' }),
  });
  const phones = new PhoneLegs({
    parts: trunks,
    toEdge: message =>
      message.type === 'lineClosed' || message.type === 'lineReady' ? dialogs.send(message) : toEdge(message),
    log,
  });
  const legLines = new LegLines({ phones, trunks, toEdge });
  const clock = new MediaClock();
  const threads = new MediaThreads({
    talk: new URL('./talk.ts', import.meta.url),
    vad: new URL('./vad.ts', import.meta.url),
    memory,
    slots: maxCalls,
    runtimeFile: context.runtimeFile,
    address: context.address,
    onMessage: message => calls.fromTalk(message),
    onDied: (thread, error) => {
      log.fatal({ thread, err: error }, 'a thread died; this process ends and is started again');
      process.exit(1);
    },
  });
  const tellLoad = (): void => {
    const load: Message = {
      type: 'load',
      calls: calls.count,
      maxCalls,
      tickLatenessP99Ms: clock.latenessP99Ms(),
      draining: calls.isDraining,
      spoolFull: calls.isSpoolFull,
    };
    for (const reader of LOAD_READERS) link.send(reader, load);
  };
  const calls = new MediaCalls({
    memory,
    board: threads.board,
    maxCalls,
    rateOf: ({ line }) => (line.kind === 'trunk' ? rateOf(line.stream) : config.media.roomRateHz),
    openLine: ({ callId, line, resume }, rateHz, events) =>
      line.kind === 'trunk'
        ? phones.open(callId, resume ? { ...line, ...TAKEN_OVER } : line, rateHz, events)
        : new RoomLine({ ...line, rateHz }, events),
    openLegLine: (...leg) => legLines.open(...leg),
    ports: callPorts({ link, threads, dialogs, orphans }, tellLoad),
    log,
  });
  const relays = openRelays(context, trunks);
  await threads.ready();
  // What is left of the tick before goes out first.
  clock.add({ tick: () => spread.startTick(), skip: () => undefined });
  clock.add(calls);
  clock.add(relays);
  clock.start();
  spread.start();
  const loadTimer = setInterval(tellLoad, LOAD_EVERY_MS);
  link.on('assign', ({ call }) => {
    dialogs.assigned(call);
    calls.assign(call);
  });
  link.on('hangUp', ({ callId }) => calls.hangUp(callId));
  link.on('drain', () => calls.drain());
  followLegs(context, calls, relays);
  for (const type of ['lineAnswered', 'lineChanged', 'lineKey', 'lineGone'] as const)
    link.on(type, message => phones.fromEdge(message));
  outliveEdge(context, { dialogs, orphans, threads, tellLoad });
  link.reportHung(() => threads.hung);
  link.send('supervisor', { type: 'ready', detail: `${maxCalls} call slots` });
  tellLoad();
  return {
    stop: async () => {
      await calls.stop(LAST_CALLS_MS);
      await relays.stop();
      clearInterval(loadTimer);
      clock.stop();
      spread.stop();
      await threads.stop();
    },
  };
}

function openRelays({ config, link }: RoleContext, trunks: TrunkParts): Relays {
  return new Relays({
    rateHz: config.media.roomRateHz,
    openRoom: (access, rateHz, events) => new RoomLine({ ...access, rateHz }, events),
    openLink: (ends, rateHz, events) => openLink({ ...ends, rateHz }, trunks, events),
    toEdge: message => link.send('edge', message),
  });
}

/** Further legs of calls, and rooms that such legs lead to from here. */
function followLegs({ link }: RoleContext, calls: MediaCalls, relays: Relays): void {
  link.on('openLeg', message => {
    const { legId } = message.leg;
    if (!calls.leg(message)) link.send('edge', { type: 'lineClosed', callId: legId, reason: 'rejected' });
  });
  link.on('legUp', message => void calls.leg(message));
  link.on('legGone', message => void calls.leg(message));
  link.on('openRelay', message => relays.open(message));
  link.on('closeRelay', ({ legId }) => relays.close(legId));
}

interface CallPortParts {
  readonly link: Link;
  readonly threads: MediaThreads;
  readonly dialogs: KeptDialogs;
  /** Calls of an earlier run of this process whose fate is not known. */
  readonly orphans: Set<string>;
}

/** Calls are the edge's business: it hears what becomes of each. */
function callPorts(
  { link, threads, dialogs, orphans }: CallPortParts,
  loadChanged: () => void,
): MediaCallsPorts {
  return {
    toTalk: message => threads.toTalk(message),
    callUp: callId => link.send('edge', { type: 'callUp', callId }),
    callRefused: (callId, reason) => dialogs.send({ type: 'callRefused', callId, reason }),
    callEnded: (callId, reason, failed) => dialogs.send({ type: 'callEnded', callId, reason, failed }),
    checkpoint: (callId, checkpoint) => dialogs.send({ type: 'checkpoint', callId, checkpoint }),
    orphan: callId => {
      orphans.add(callId);
      link.send('edge', { type: 'orphan', callId });
    },
    loadChanged,
  };
}

/** An edge that has just begun hears what this process knows of calls; the one before may have died with it. */
function outliveEdge(
  { link }: RoleContext,
  parts: Omit<CallPortParts, 'link'> & { readonly tellLoad: () => void },
): void {
  const { dialogs, orphans, threads, tellLoad } = parts;
  for (const type of ['dialog', 'lineGone'] as const) link.on(type, message => dialogs.heard(message));
  link.on('peerGone', ({ peer }) => {
    if (peer === 'edge') dialogs.edgeGone();
  });
  link.on('tellDialogs', () => {
    tellLoad();
    dialogs.tell();
    for (const callId of orphans) link.send('edge', { type: 'orphan', callId });
  });
  link.on('orphanFate', fate => {
    if (orphans.delete(fate.callId)) threads.toTalk(fate);
  });
}
