import { randomUUID } from 'node:crypto';
import type { Job } from '@livekit/protocol';
import { z } from 'zod';
import { ERRORS } from '../config/errors.ts';
import type { Address, CallAssignment, Message } from '../ipc/messages.ts';
import type { Logger } from '../observe/log.ts';
import type { Admission, Refusal } from './admission.ts';

/** What the assignment of calls needs from around it. */
interface AssignmentPorts {
  send(to: Address, message: Message): void;
  tellJob(jobId: string, status: 'running' | 'success' | 'failed', error?: string): void;
  /** Hangs up whoever is still in the room. Never throws. */
  closeRoom(room: string): void;
  /** A job was turned away. */
  notAdmitted(code: Refusal): void;
}

export interface AssignmentOptions {
  readonly tenantId: string;
  readonly defaultWorkflow: string;
  readonly roomUrl: string;
  readonly admission: Admission;
  readonly ports: AssignmentPorts;
  readonly log: Logger;
  /** How long a slot is kept for a job that was answered for but not assigned. */
  readonly reservationMs: number;
  /** Nobody else answers: a caller who can't be taken is hung up rather than left ringing. */
  readonly isOnlyNode: boolean;
}

interface Reservation {
  readonly media: Address;
  readonly timer: NodeJS.Timeout;
}

interface LiveCall {
  readonly jobId: string;
  readonly call: CallAssignment;
  media: Address;
  /** Told by its media process; until then its slot is reserved. */
  up: boolean;
  readonly refusedBy: Address[];
}

const jobMetadata = z.object({ workflow: z.string().min(1).max(128) });

/** Carries each job of LiveKit to a media process and keeps account of it until its end. */
export class Assignment {
  readonly #options: AssignmentOptions;
  readonly #reservations = new Map<string, Reservation>();
  readonly #calls = new Map<string, LiveCall>();

  constructor(options: AssignmentOptions) {
    this.#options = options;
  }

  get callCount(): number {
    return this.#calls.size;
  }

  /** A slot for the job, or undefined: LiveKit asks elsewhere. */
  available(job: Job): string | undefined {
    const { admission, reservationMs, isOnlyNode } = this.#options;
    if (job.room === undefined) return undefined;
    const slot = admission.reserve();
    if ('refused' in slot) {
      this.#turnAway(job.id, slot.refused);
      if (isOnlyNode) this.#options.ports.closeRoom(job.room.name);
      return undefined;
    }
    const { media } = slot;
    this.#dropReservation(job.id);
    const timer = setTimeout(() => this.#dropReservation(job.id), reservationMs);
    this.#reservations.set(job.id, { media, timer });
    return `agent-${job.id}`;
  }

  assigned(job: Job, token: string): void {
    const { tenantId, defaultWorkflow, roomUrl, log } = this.#options;
    const room = job.room?.name ?? '';
    const call: CallAssignment = {
      callId: randomUUID(),
      tenantId,
      direction: 'inbound',
      workflow: workflowOf(job.metadata) ?? defaultWorkflow,
      assignedAtMs: Date.now(),
      line: { kind: 'room', url: roomUrl, token, room },
    };
    const reserved = this.#takeReservation(job.id);
    const slot = reserved === undefined ? this.#options.admission.reserve() : { media: reserved };
    if ('refused' in slot) {
      this.#turnAway(job.id, slot.refused);
      this.#giveUp(job.id, room, ERRORS[slot.refused].cause);
      return;
    }
    const { media } = slot;
    log.info({ callId: call.callId, jobId: job.id, media }, 'call assigned');
    this.#calls.set(call.callId, { jobId: job.id, call, media, up: false, refusedBy: [] });
    this.#options.ports.send(media, { type: 'assign', call });
  }

  terminated(jobId: string): void {
    this.#dropReservation(jobId);
    for (const live of this.#calls.values()) {
      if (live.jobId === jobId)
        this.#options.ports.send(live.media, { type: 'hangUp', callId: live.call.callId });
    }
  }

  callUp(callId: string): void {
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    this.#settle(live);
    this.#options.ports.tellJob(live.jobId, 'running');
  }

  /** A process that can't take the call after all is passed over; the next one is asked. */
  callRefused(callId: string, by: Address, reason: string): void {
    const live = this.#calls.get(callId);
    if (live === undefined || live.media !== by) return;
    this.#settle(live);
    live.refusedBy.push(by);
    const slot = this.#options.admission.reserve(live.refusedBy);
    if ('refused' in slot) {
      this.#calls.delete(callId);
      this.#giveUp(live.jobId, live.call.line.room, reason);
      return;
    }
    live.media = slot.media;
    live.up = false;
    this.#options.ports.send(live.media, { type: 'assign', call: live.call });
  }

  callEnded(callId: string, failed: boolean, reason: string): void {
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    this.#settle(live);
    this.#calls.delete(callId);
    this.#options.ports.tellJob(live.jobId, failed ? 'failed' : 'success', failed ? reason : '');
    this.#options.ports.closeRoom(live.call.line.room);
  }

  /** Calls of a media process that died end here: nobody is left to speak to, so nobody is left on hold. */
  mediaGone(media: Address): void {
    for (const [callId, live] of this.#calls) {
      if (live.media === media) this.callEnded(callId, true, 'media process lost');
    }
  }

  close(): void {
    for (const jobId of this.#reservations.keys()) this.#dropReservation(jobId);
  }

  #settle(live: LiveCall): void {
    if (!live.up) this.#options.admission.release(live.media);
    live.up = true;
  }

  #turnAway(jobId: string, code: Refusal): void {
    const { ports, log } = this.#options;
    log.warn({ jobId, code }, 'call not admitted');
    ports.notAdmitted(code);
  }

  #giveUp(jobId: string, room: string, reason: string): void {
    this.#options.ports.tellJob(jobId, 'failed', reason);
    this.#options.ports.closeRoom(room);
  }

  #takeReservation(jobId: string): Address | undefined {
    const reservation = this.#reservations.get(jobId);
    if (reservation === undefined) return undefined;
    clearTimeout(reservation.timer);
    this.#reservations.delete(jobId);
    return reservation.media;
  }

  #dropReservation(jobId: string): void {
    const media = this.#takeReservation(jobId);
    if (media !== undefined) this.#options.admission.release(media);
  }
}

/** The dispatch's metadata may name a workflow: {"workflow": "piano_removal"}. Anything else is passed over. */
function workflowOf(metadata: string): string | undefined {
  if (metadata === '' || metadata.length > 4096) return undefined;
  try {
    return jobMetadata.safeParse(JSON.parse(metadata)).data?.workflow;
  } catch {
    return undefined;
  }
}
