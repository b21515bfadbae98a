import { setTimeout as sleep } from 'node:timers/promises';
import {
  AvailabilityResponse,
  type Job,
  JobStatus,
  JobType,
  ParticipantPermission,
  RegisterWorkerRequest,
  ServerMessage,
  UpdateJobStatus,
  UpdateWorkerStatus,
  WorkerMessage,
  WorkerPing,
  WorkerStatus,
} from '@livekit/protocol';
import { AccessToken } from 'livekit-server-sdk';
import { WebSocket } from 'ws';
import { LIMITS } from '../config/limits.ts';
import type { Logger } from '../observe/log.ts';

/** What LiveKit asks of a worker. Nothing here may throw. */
export interface WorkerHandlers {
  /** May this job come? The identity under which the agent joins, or undefined for no. */
  available(job: Job): string | undefined;
  assigned(job: Job, token: string): void;
  terminated(jobId: string): void;
  registered(workerId: string): void;
  disconnected(): void;
}

export interface WorkerOptions {
  /** ws:// or wss:// address of livekit-server. */
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly agentName: string;
  readonly log: Logger;
  readonly handlers: WorkerHandlers;
}

export interface WorkerLoad {
  /** 0…1 of the node's call slots in use. */
  readonly load: number;
  readonly jobs: number;
  readonly available: boolean;
}

const PROTOCOL_VERSION = 1;
const PING_S = 10;
const BACKOFF_MS = { first: 250, most: 10_000 } as const;
/** livekit-server passes over workers whose load is at its target, 0.7 by default: our own word on being full is WS_FULL. */
const LOAD_SCALE = 0.69;

const JOB_STATUS = {
  running: JobStatus.JS_RUNNING,
  success: JobStatus.JS_SUCCESS,
  failed: JobStatus.JS_FAILED,
};

/**
 * A worker of livekit-server's agent dispatch (WebSocket at /agent, messages of @livekit/protocol): registers, answers
 * for availability, takes assignments and terminations, tells its load, and comes back by itself with backoff. One
 * worker stands for the whole node; where a job runs is the edge's matter.
 */
export class LiveKitWorker {
  readonly #options: WorkerOptions;
  #socket: WebSocket | undefined;
  #load: WorkerLoad = { load: 0, jobs: 0, available: false };
  #closed = false;
  #ping: NodeJS.Timeout | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Connects and stays connected until `close`. */
  start(): void {
    void this.#run();
  }

  tellLoad(load: WorkerLoad): void {
    this.#load = load;
    const status = load.available ? WorkerStatus.WS_AVAILABLE : WorkerStatus.WS_FULL;
    const update = { status, load: load.load * LOAD_SCALE, jobCount: load.jobs };
    this.#send({ case: 'updateWorker', value: new UpdateWorkerStatus(update) });
  }

  tellJob(jobId: string, status: keyof typeof JOB_STATUS, error = ''): void {
    this.#send({
      case: 'updateJob',
      value: new UpdateJobStatus({ jobId, status: JOB_STATUS[status], error }),
    });
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
  }

  async #run(): Promise<void> {
    let backoffMs: number = BACKOFF_MS.first;
    while (!this.#closed) {
      const wasRegistered = await this.#connectOnce();
      if (this.#closed) return;
      backoffMs = wasRegistered ? BACKOFF_MS.first : Math.min(backoffMs * 2, BACKOFF_MS.most);
      // Spread, so that the workers of many nodes do not come back in one moment.
      await sleep(backoffMs * (0.5 + Math.random() / 2));
    }
  }

  /** One connection from its opening to its end; tells whether it got as far as being registered. */
  async #connectOnce(): Promise<boolean> {
    const { url, apiKey, apiSecret, log, handlers } = this.#options;
    const token = new AccessToken(apiKey, apiSecret, { ttl: '5m' });
    token.addGrant({ agent: true });
    const socket = new WebSocket(`${url}/agent?protocol=${PROTOCOL_VERSION}`, {
      headers: { Authorization: `Bearer ${await token.toJwt()}` },
      maxPayload: LIMITS.ipcMessageBytes,
      handshakeTimeout: 5000,
    });
    this.#socket = socket;
    let registered = false;
    socket.on('open', () => this.#register());
    socket.on('message', data => {
      const message = parseServerMessage(data as Buffer, log);
      if (message?.case === 'register') registered = true;
      if (message !== undefined) this.#receive(message);
    });
    socket.on('error', error => log.warn({ reason: error.message }, 'livekit worker connection failed'));
    await new Promise<void>(resolve => socket.on('close', () => resolve()));
    clearInterval(this.#ping);
    this.#socket = undefined;
    if (registered && !this.#closed) handlers.disconnected();
    return registered;
  }

  #register(): void {
    const request = new RegisterWorkerRequest({
      type: JobType.JT_ROOM,
      agentName: this.#options.agentName,
      version: '1',
      pingInterval: PING_S,
      allowedPermissions: new ParticipantPermission({
        canPublish: true,
        canSubscribe: true,
        canPublishData: true,
        agent: true,
      }),
    });
    this.#send({ case: 'register', value: request });
    this.#ping = setInterval(() => {
      this.#send({ case: 'ping', value: new WorkerPing({ timestamp: BigInt(Date.now()) }) });
    }, PING_S * 1000);
  }

  #receive(message: ServerMessage['message']): void {
    const { handlers } = this.#options;
    switch (message.case) {
      case 'register':
        this.tellLoad(this.#load);
        handlers.registered(message.value.workerId);
        break;
      case 'availability':
        if (message.value.job !== undefined) this.#answerAvailability(message.value.job);
        break;
      case 'assignment':
        if (message.value.job !== undefined) handlers.assigned(message.value.job, message.value.token);
        break;
      case 'termination':
        handlers.terminated(message.value.jobId);
        break;
      default:
    }
  }

  #answerAvailability(job: Job): void {
    const identity = this.#options.handlers.available(job);
    const value = new AvailabilityResponse({
      jobId: job.id,
      available: identity !== undefined,
      participantIdentity: identity ?? '',
      participantName: 'agent',
    });
    this.#send({ case: 'availability', value });
  }

  #send(message: WorkerMessage['message']): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(new WorkerMessage({ message }).toBinary());
  }
}

function parseServerMessage(data: Buffer, log: Logger): ServerMessage['message'] | undefined {
  try {
    return ServerMessage.fromBinary(new Uint8Array(data)).message;
  } catch (error) {
    log.warn({ err: error }, 'livekit sent what is no worker message');
    return undefined;
  }
}
