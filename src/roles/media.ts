import { SharedParts } from '../../pipeline/shared_parts.ts';
import { RtpExchange } from '../../sip/rtp/rtp_exchange.ts';
import { goBeforeOthers } from '../calls/audio_thread.ts';
import { Headroom } from '../calls/headroom.ts';
import type { KeptDialogs } from '../calls/kept_dialogs.ts';
import { MediaCalls, type MediaCallsPorts } from '../calls/media_calls.ts';
import { MediaClock } from '../calls/media_clock.ts';
import { type FromTalk, MediaThreads } from '../calls/media_threads.ts';
import { createSlotMemory } from '../calls/slot_buffers.ts';
import { SoundSettings } from '../calls/sound_settings.ts';
import { readRuntime } from '../config/runtime.ts';
import type { Link } from '../ipc/link.ts';
import type { Address, MessageOf } from '../ipc/messages.ts';
import { rateOf } from '../lines/trunk_stream.ts';
import type { Logger } from '../observe/log.ts';
import type { Role, RoleContext } from './context.ts';
import { followLegs, orderLegs } from './media_legs.ts';
import { type MediaLines, openLines, rtpLegs } from './media_lines.ts';

const TALK = new URL('./talk.ts', import.meta.url);
const LOAD_EVERY_MS = 1000;
/** Calls are hung up at a stop and may take so long to be written down. */
const LAST_CALLS_MS = 5000;
/** Who wants to know the load. */
const LOAD_READERS: readonly Address[] = ['supervisor', 'edge', 'api'];

type TellLoad = (readers?: readonly Address[]) => void;

/** A media process: the audio thread of many calls, with the talk thread beside it, whose program may be another. */
export async function run(context: RoleContext, talk = TALK): Promise<Role> {
  const { config, paths, link, log } = context;
  const maxCalls = config.media.callsPerProcess;
  const memory = createSlotMemory(maxCalls);
  const rtp = new RtpExchange();
  const orphans = new Set<string>();
  const clock = new MediaClock();
  const headroom = measureHeadroom(clock, log, () => tellLoad());
  const hasStrong = (): boolean => headroom.affords('strongSuppression');
  const shared = await SharedParts.load(paths.kernels, maxCalls, rtpLegs(maxCalls), hasStrong);
  const lines = openLines(context, { kernels: shared.memory, spread: rtp.spread, sockets: rtp.sockets });
  const { dialogs, relays } = lines;
  const threads = startThreads(context, talk, memory, message => calls.fromTalk(message));
  const tellLoad: TellLoad = (readers = LOAD_READERS) => {
    const load = {
      type: 'load',
      maxCalls,
      ...loadOf(calls),
      tickLatenessP99Ms: clock.latenessP99Ms(),
      busyShare: headroom.busyShare,
      shed: headroom.shed,
    } as const;
    for (const reader of readers) link.send(reader, load);
  };
  const sound = new SoundSettings(config);
  const calls = new MediaCalls({
    memory,
    maxCalls,
    shared,
    rateOf: ({ line }) => (line.kind === 'trunk' ? rateOf(line.stream) : config.media.roomRateHz),
    soundOf: sound.of,
    openLine: lines.open,
    openLegLine: (...leg) => lines.legs.open(...leg),
    ports: {
      ...callPorts({ link, threads, dialogs, orphans }, tellLoad),
      legWanted: orderLegs(link, (callId, legId) => calls.legRefused(callId, legId)),
    },
    hasTime: () => headroom.affords('newCalls'),
    log,
  });
  await threads.ready();
  // The other thread is there by now, and stays as it is.
  log.info({ ...goBeforeOthers(), rtp: rtp.way }, 'audio thread');
  for (const each of [rtp, headroom, calls, relays]) clock.add(each);
  clock.start();
  rtp.start();
  const loadTimer = setInterval(() => tellLoad(), LOAD_EVERY_MS);
  followCalls(context, calls, lines);
  followLegs(link, calls, relays);
  outliveEdge(context, { dialogs, orphans, threads, tellLoad });
  link.on('trunksChanged', () => {
    sound.use(readRuntime(context.runtimeFile).config);
    calls.retune();
  });
  servedByThreads(link, threads);
  link.send('supervisor', { type: 'ready', detail: `${maxCalls} call slots` });
  tellLoad();
  return {
    stop: async () => {
      await calls.stop(LAST_CALLS_MS);
      await relays.stop();
      clearInterval(loadTimer);
      clock.stop();
      rtp.stop();
      await threads.stop();
    },
  };
}

function servedByThreads(link: Link, threads: MediaThreads): void {
  link.on('workflowsChanged', () => threads.toTalk({ type: 'workflowsChanged' }));
  link.reportHung(() => threads.hung);
}

function measureHeadroom(clock: MediaClock, log: Logger, tellLoad: TellLoad): Headroom {
  return new Headroom(clock, shed => {
    log.warn({ shed }, 'what is given up so that calls are in time');
    tellLoad();
  });
}

function startThreads(
  { runtimeFile, address, link, log }: RoleContext,
  talk: URL,
  memory: SharedArrayBuffer,
  onMessage: (message: FromTalk) => void,
): MediaThreads {
  return new MediaThreads({
    talk,
    memory,
    runtimeFile,
    address,
    onMessage,
    onProviders: figures => link.send('api', { type: 'providers', figures }),
    onWorkflows: ({ seq, failed }) =>
      link.send('api', { type: 'workflowsInForce', seq, failed: [...failed] }),
    onDied: (thread, error) => {
      log.fatal({ thread, err: error }, 'a thread died; this process ends and is started again');
      process.exit(1);
    },
  });
}

function loadOf(
  calls: MediaCalls,
): Pick<MessageOf<'load'>, 'calls' | 'unanswered' | 'draining' | 'spoolFull'> {
  const { count, unanswered, isDraining: draining, isSpoolFull: spoolFull } = calls;
  return { calls: count, unanswered, draining, spoolFull };
}

/** What the edge says of calls and their lines. */
function followCalls({ link }: RoleContext, calls: MediaCalls, { phones, dialogs }: MediaLines): void {
  link.on('assign', ({ call }) => {
    const { callId, resume } = call;
    if (resume !== undefined && calls.has(callId)) {
      // It was the link that was lost, not this process.
      link.send('edge', { type: 'callUp', callId });
      return;
    }
    dialogs.assigned(call);
    calls.assign(call);
  });
  link.on('hangUp', ({ callId }) => calls.hangUp(callId));
  link.on('checkpointKept', ({ callId, number }) => calls.checkpointKept(callId, number));
  link.on('drain', () => calls.drain());
  link.on('takeCalls', () => calls.takeCalls());
  for (const type of ['lineAnswered', 'lineChanged', 'lineKey', 'lineGone'] as const)
    link.on(type, message => phones.fromEdge(message));
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
  tellLoad: TellLoad,
): Omit<MediaCallsPorts, 'legWanted'> {
  return {
    toTalk: message => threads.toTalk(message),
    callUp: callId => link.send('edge', { type: 'callUp', callId }),
    callRefused: (callId, reason) => dialogs.send({ type: 'callRefused', callId, reason }),
    callEnded: (callId, reason, failed) => dialogs.send({ type: 'callEnded', callId, reason, failed }),
    checkpoint: (callId, checkpoint, number) =>
      dialogs.send({ type: 'checkpoint', callId, checkpoint, number }),
    orphan: callId => {
      orphans.add(callId);
      link.send('edge', { type: 'orphan', callId });
    },
    callsChanged: () => tellLoad(['edge']),
    readinessChanged: tellLoad,
  };
}

/** An edge that has just begun hears what this process knows of calls; the one before may have died with it. */
function outliveEdge(
  { link }: RoleContext,
  parts: Omit<CallPortParts, 'link'> & { readonly tellLoad: TellLoad },
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
