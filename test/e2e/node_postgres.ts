import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readRuntime } from '../../src/config/runtime.ts';
import { openDatabase } from '../../src/store/database.ts';
import { signalFamily } from './process_tree.ts';
import type { TestNode } from './test_node.ts';

/** An event of a call as it is stored. */
export interface StoredEvent {
  /** Its place among the call's events as they were told. */
  readonly number: number;
  readonly type: string;
  readonly at: Date;
}

/** The Postgres of a node under test: its processes, and its events as they are stored. */
export class NodePostgres {
  readonly #data: string;

  constructor(node: TestNode) {
    this.#data = join(dirname(node.configFile), 'data');
  }

  /** The server's first process. */
  get serverPid(): number {
    const file = join(this.#data, 'postgres/cluster/postmaster.pid');
    return Number(readFileSync(file, 'utf8').split('\n')[0]);
  }

  /** Sends a signal to the server and to all of its processes. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    signalFamily(this.serverPid, signal);
  }

  /** A call's events in the order in which they were stored. */
  async events(callId: string): Promise<StoredEvent[]> {
    const { config } = readRuntime(join(this.#data, 'run/runtime.json'));
    const database = openDatabase(config.postgres.url, 1);
    try {
      const rows = await database.transaction(config.tenant, tx =>
        tx.query<{ key: string; type: string; at: Date }>(
          'SELECT key, type, at FROM events WHERE call_id = $1 ORDER BY seq',
          [callId],
        ),
      );
      return rows.map(({ key, type, at }) => ({ number: Number(key.split(':')[1]), type, at }));
    } finally {
      await database.close();
    }
  }

  /** Names of files that the node put aside because their events could not be stored. */
  rejected(): string[] {
    return readdirSync(join(this.#data, 'spool')).filter(name => /rejected|unreadable/.test(name));
  }
}
