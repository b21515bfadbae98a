import { randomUUID } from 'node:crypto';
import type { Job } from '@livekit/protocol';
import { z } from 'zod';
import { ERRORS } from '../config/errors.ts';
import type { Address } from '../ipc/messages.ts';
import type { Logger } from '../observe/log.ts';
import type { Admission, Refusal } from './admission.ts';
import type { Assignment } from './assignment.ts';

/** What LiveKit's jobs need from around them. */
interface RoomJobPorts {
  tellJob(jobId: string, status: 'running' | 'success' | 'failed', error?: string): void;
  /** Hangs up whoever is still in the room. Never throws. */
  closeRoom(room: string): void;
  /** A job was turned away. */
  notAdmitted(code: Refusal): void;
}

export interface RoomJobOptions {
  readonly tenantId: string;
  readonly defaultWorkflow: string;
  readonly roomUrl: string;
  readonly admission: Admission;
  readonly assignment: Assignment;
  readonly ports: RoomJobPorts;
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

const jobMetadata = z.object({ workflow: z.string().min(1).max(128) });

/** Makes each job of LiveKit a call in its room. */
export class RoomJobs {
  readonly #options: RoomJobOptions;
  readonly #reservations = new Map<string, Reservation>();
  /** Calls by their job. */
  readonly #callIds = new Map<string, string>();

  constructor(options: RoomJobOptions) {
    this.#options = options;
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
    const { tenantId, defaultWorkflow, roomUrl, assignment, ports } = this.#options;
    const room = job.room?.name ?? '';
    const reserved = this.#takeReservation(job.id);
    const slot = reserved === undefined ? this.#options.admission.reserve() : { media: reserved };
    if ('refused' in slot) {
      this.#turnAway(job.id, slot.refused);
      this.#over(job.id, room, true, ERRORS[slot.refused].cause);
      return;
    }
    const callId = randomUUID();
    this.#callIds.set(job.id, callId);
    const call = {
      callId,
      tenantId,
      direction: 'inbound',
      workflow: workflowOf(job.metadata) ?? defaultWorkflow,
      assignedAtMs: Date.now(),
      line: { kind: 'room', url: roomUrl, token, room },
    } as const;
    assignment.place(call, slot.media, {
      up: () => ports.tellJob(job.id, 'running'),
      ended: (failed, reason) => this.#over(job.id, room, failed, reason),
    });
  }

  terminated(jobId: string): void {
    this.#dropReservation(jobId);
    const callId = this.#callIds.get(jobId);
    if (callId !== undefined) this.#options.assignment.tell(callId, { type: 'hangUp', callId });
  }

  close(): void {
    for (const jobId of this.#reservations.keys()) this.#dropReservation(jobId);
  }

  #turnAway(jobId: string, code: Refusal): void {
    const { ports, log } = this.#options;
    log.warn({ jobId, code }, 'call not admitted');
    ports.notAdmitted(code);
  }

  #over(jobId: string, room: string, failed: boolean, reason: string): void {
    this.#callIds.delete(jobId);
    this.#options.ports.tellJob(jobId, failed ? 'failed' : 'success', failed ? reason : '');
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
