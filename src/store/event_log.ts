import type { Vault } from '../compliance/vault.ts';
import type { Logger } from '../observe/log.ts';
import { openDatabase } from './database.ts';
import type { EventSink } from './events.ts';
import { openPublisher } from './live_events.ts';
import { Shipper, type ShipperStats } from './shipper.ts';
import type { FindRemains } from './spool/adoption.ts';
import { openSpool, type SpoolStats } from './spool.ts';

interface EventLogStats {
  readonly spool: SpoolStats;
  readonly shipper: ShipperStats;
  /** Events that found no Redis to fan them out. */
  readonly unpublished: number;
}

/** The way of a process's events: sealed, onto its disk, into the database, out to whoever listens. */
export interface EventLog {
  readonly sink: EventSink;
  stats(): EventLogStats;
  /** Calls of dead processes that others may have taken over; each waits for `settleOrphan`. */
  readonly orphans: readonly string[];
  /** A call that is lost gets its end; one that another process has taken over is that one's. */
  settleOrphan(callId: string, isLost: boolean): Promise<void>;
  /** Resolves when everything appended so far is safe on the disk. */
  flush(): Promise<void>;
  /** Writes and ships what is there as far as disk and database take it; the rest waits for the next start. */
  close(): Promise<void>;
}

export interface EventLogOptions {
  /** The node's spool folder, shared by its processes. */
  readonly dir: string;
  /** This process, such as `media-0`. */
  readonly address: string;
  /** Addresses beside its own whose segments no process will come for, such as media-7 of a node that now has four. */
  readonly isAbandoned: (address: string) => boolean;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly vault: Vault;
  /** What is left of the recording of a call whose process died. */
  readonly findRemains: FindRemains;
  readonly log: Logger;
}

/**
 * Opens a process's event log. Calls that an earlier run of the same process left without an end get it now, unless
 * another process may have taken them over. Neither database nor Redis need to be there.
 */
export async function openEventLog(options: EventLogOptions): Promise<EventLog> {
  const { dir, address, isAbandoned, vault, findRemains, log } = options;
  const isOrphan = (other: string) => other === address || isAbandoned(other);
  const spool = await openSpool({ dir, address, vault, isOrphan, findRemains });
  const database = openDatabase(options.databaseUrl, 1);
  const publisher = openPublisher(options.redisUrl);
  const shipper = new Shipper({ spool, dir, database, onCommitted: publisher.publish, log });
  return {
    sink: spool,
    stats: () => ({ spool: spool.stats(), shipper: shipper.stats(), unpublished: publisher.dropped() }),
    orphans: spool.orphans,
    settleOrphan: (callId, isLost) => spool.settleOrphan(callId, isLost),
    flush: () => spool.flush(),
    async close() {
      await spool.close();
      await shipper.stop();
      publisher.close();
      await database.close();
    },
  };
}
