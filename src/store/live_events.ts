import { Redis } from 'ioredis';
import { z } from 'zod';
import type { Vault } from '../compliance/vault.ts';
import type { NumberedEvent } from './event_writer.ts';
import type { CallEvent } from './events.ts';
import { openEvent, sealedEventSchema } from './sealing.ts';

/** An event as the event stream shows it: numbered in the order of its tenant. */
export type LiveEvent = CallEvent & { readonly seq: number };

const liveSchema = sealedEventSchema.extend({ seq: z.number().int().positive() });

export function eventsChannel(tenantId: string): string {
  return `va:events:${tenantId}`;
}

export interface EventPublisher {
  /** Never waits, never throws: readers who miss an event find it in the store by its number. */
  publish(events: readonly NumberedEvent[]): void;
  /** Events that Redis did not take. */
  dropped(): number;
  close(): void;
}

/** Fans events out by Redis PUBLISH on the tenant's channel, personal fields still sealed. */
export function openPublisher(redisUrl: string): EventPublisher {
  let dropped = 0;
  // Nothing waits for a Redis that is away: fan-out that comes late is of no use to anybody.
  const redis = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  return {
    publish(events) {
      if (events.length === 0) return;
      // Together, they are one write to the socket.
      const pipeline = redis.pipeline();
      for (const event of events) pipeline.publish(eventsChannel(event.tenantId), JSON.stringify(event));
      pipeline.exec().then(
        results => {
          dropped += results?.filter(([error]) => error !== null).length ?? 0;
        },
        () => {
          dropped += events.length;
        },
      );
    },
    dropped: () => dropped,
    close: () => redis.disconnect(),
  };
}

/**
 * Reads a message of the tenant's channel. Messages of several processes may come out of order and some not at all: a
 * reader that must miss nothing takes a message as the hint to ask the store for what follows its last number.
 * @returns undefined for what is no event
 */
export function readLiveEvent(message: string, vault: Vault): LiveEvent | undefined {
  try {
    const { seq, ...sealed } = liveSchema.parse(JSON.parse(message));
    return { ...openEvent(sealed, vault), seq };
  } catch {
    return undefined;
  }
}
