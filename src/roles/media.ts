import { loadKernels } from '../../pipeline/kernels/load.ts';
import { SendSpread } from '../../sip/rtp/send_spread.ts';
import { MediaCalls, type MediaCallsPorts } from '../calls/media_calls.ts';
import { MediaClock } from '../calls/media_clock.ts';
import { MediaThreads } from '../calls/media_threads.ts';
import { PhoneLegs } from '../calls/phone_legs.ts';
import { createSlotMemory } from '../calls/slot_buffers.ts';
import type { Address, Message } from '../ipc/messages.ts';
import { RoomLine } from '../lines/room_line.ts';
import { rateOf } from '../lines/trunk_stream.ts';
import type { Role, RoleContext } from './context.ts';

const LOAD_EVERY_MS = 1000;
/** Calls are hung up at a stop and may take so long to be written down. */
const LAST_CALLS_MS = 5000;
/** Who wants to know the load. */
const LOAD_READERS: readonly Address[] = ['supervisor', 'edge', 'api'];

/** A media process: the audio thread of many calls, with the talk and VAD threads beside it. */
export async function run(context: RoleContext): Promise<Role> {
  const { config, paths, link, log } = context;
  const maxCalls = config.media.callsPerProcess;
  const memory = createSlotMemory(maxCalls);
  const spread = new SendSpread();
  const phones = new PhoneLegs({
    parts: { kernels: await loadKernels(paths.kernels, maxCalls), spread },
    toEdge: message => link.send('edge', message),
    log,
  });
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
    openLine: ({ callId, line }, rateHz, events) =>
      line.kind === 'trunk'
        ? phones.open(callId, line, rateHz, events)
        : new RoomLine({ ...line, rateHz }, events),
    ports: callPorts(context, threads, tellLoad),
    log,
  });
  await threads.ready();
  // What is left of the tick before goes out first.
  clock.add({ tick: () => spread.startTick(), skip: () => undefined });
  clock.add(calls);
  clock.start();
  spread.start();
  const loadTimer = setInterval(tellLoad, LOAD_EVERY_MS);
  link.on('assign', ({ call }) => calls.assign(call));
  link.on('hangUp', ({ callId }) => calls.hangUp(callId));
  link.on('drain', () => calls.drain());
  for (const type of ['lineAnswered', 'lineChanged', 'lineKey', 'lineGone'] as const)
    link.on(type, message => phones.fromEdge(message));
  link.reportHung(() => threads.hung);
  link.send('supervisor', { type: 'ready', detail: `${maxCalls} call slots` });
  tellLoad();
  return {
    stop: async () => {
      await calls.stop(LAST_CALLS_MS);
      clearInterval(loadTimer);
      clock.stop();
      spread.stop();
      await threads.stop();
    },
  };
}

/** Calls are the edge's business: it hears what becomes of each. */
function callPorts({ link }: RoleContext, threads: MediaThreads, loadChanged: () => void): MediaCallsPorts {
  return {
    toTalk: message => threads.toTalk(message),
    callUp: callId => link.send('edge', { type: 'callUp', callId }),
    callRefused: (callId, reason) => link.send('edge', { type: 'callRefused', callId, reason }),
    callEnded: (callId, reason, failed) => link.send('edge', { type: 'callEnded', callId, reason, failed }),
    loadChanged,
  };
}
