import { RoomServiceClient } from 'livekit-server-sdk';
import { Admission } from '../calls/admission.ts';
import { Assignment } from '../calls/assignment.ts';
import { RoomJobs } from '../calls/room_jobs.ts';
import { LiveKitWorker } from '../calls/worker_protocol.ts';
import { LIMITS } from '../config/limits.ts';
import type { Logger } from '../observe/log.ts';
import type { Role, RoleContext } from './context.ts';
import { openPhone } from './edge_phone.ts';

/** Where calls come in: LiveKit's jobs are admitted, carried to media processes, and their rooms closed at the end. */
export async function run(context: RoleContext): Promise<Role> {
  const { config, link, log, ownsLiveKit } = context;
  const { url, apiKey, apiSecret, agentName } = config.livekit;
  const admission = new Admission();
  const rooms = new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret);
  const assignment = new Assignment({
    admission,
    send: (to, message) => link.send(to, message),
    after: (delayMs, action) => {
      const timer = setTimeout(action, delayMs);
      return () => clearTimeout(timer);
    },
    log,
  });
  const jobs = new RoomJobs({
    tenantId: config.tenant,
    defaultWorkflow: config.workflows.default,
    roomUrl: url,
    admission,
    assignment,
    reservationMs: LIMITS.reservationMs,
    isOnlyNode: ownsLiveKit,
    log,
    ports: {
      tellJob: (jobId, status, error) => worker.tellJob(jobId, status, error),
      closeRoom: room => void closeRoom(rooms, room, log),
      notAdmitted: code => link.send('api', { type: 'notAdmitted', code, calls: 1 }),
    },
  });
  const worker = new LiveKitWorker({
    url,
    apiKey,
    apiSecret,
    agentName,
    log,
    handlers: {
      available: job => jobs.available(job),
      assigned: (job, token) => jobs.assigned(job, token),
      terminated: jobId => jobs.terminated(jobId),
      registered: workerId => log.info({ workerId }, 'registered with livekit'),
      disconnected: () => log.warn('livekit is away; calls go on, new ones wait'),
    },
  });
  listen(context, admission, assignment, worker);
  const knowsCalls = Promise.withResolvers<void>();
  link.on('orphan', ({ callId }, from) => {
    void knowsCalls.promise.then(() => assignment.orphan(callId, from));
  });
  if (config.livekit.enabled) worker.start();
  const phone = config.sip.enabled ? await openPhone(context, admission, assignment) : undefined;
  const ways = [
    ...(config.livekit.enabled ? [`worker of ${url}`] : []),
    ...(phone === undefined ? [] : [`SIP on ${config.sip.host}:${config.sip.port}`]),
  ];
  knowsCalls.resolve();
  link.send('supervisor', { type: 'ready', detail: ways.join(', ') || 'no way in' });
  return {
    stop: async () => {
      jobs.close();
      worker.close();
      await phone?.close();
    },
  };
}

function listen(
  { link, ownsLiveKit }: RoleContext,
  admission: Admission,
  assignment: Assignment,
  worker: LiveKitWorker,
): void {
  const tellLoad = (): void => {
    const { used, most, available } = admission.total();
    // LiveKit does not ask a worker that is full: the only one is asked, so that it can hang up.
    worker.tellLoad({
      load: most === 0 ? 1 : used / most,
      jobs: assignment.callCount,
      available: available || ownsLiveKit,
    });
  };
  link.on('load', (load, from) => {
    admission.update(from, load);
    assignment.slotsChanged();
    tellLoad();
  });
  link.on('checkpoint', ({ callId, checkpoint, number }, from) => {
    if (assignment.checkpoint(callId, checkpoint))
      link.send(from, { type: 'checkpointKept', callId, number });
  });
  link.on('callUp', ({ callId }) => assignment.callUp(callId));
  link.on('callRefused', ({ callId, reason }, from) => assignment.callRefused(callId, from, reason));
  link.on('callEnded', ({ callId, failed, reason }, from) =>
    assignment.callEnded(callId, from, failed, reason),
  );
  link.on('peerGone', ({ peer }) => {
    admission.remove(peer);
    assignment.mediaGone(peer);
    tellLoad();
  });
  link.on('drain', () => {
    admission.drain(true);
    tellLoad();
  });
  link.on('takeCalls', () => {
    admission.drain(false);
    tellLoad();
  });
}

/** Everybody still in the room is hung up; a room that is gone already is as good. */
async function closeRoom(rooms: RoomServiceClient, room: string, log: Logger): Promise<void> {
  try {
    await rooms.deleteRoom(room);
  } catch (error) {
    log.debug({ reason: error instanceof Error ? error.message : 'unknown' }, 'room was not closed');
  }
}
