import { LIMITS } from '../../config/limits.ts';
import { StreamConnection } from './stream_connection.ts';
import type { StreamDialect, StreamSettings, StreamTimes } from './stream_dialect.ts';

/** Connections to one provider: those in use, and some that wait for the next utterance. */
export class StreamPool {
  readonly #dialect: StreamDialect;
  readonly #times: Partial<StreamTimes>;
  readonly #all = new Set<StreamConnection>();
  /** The one used last is last. */
  #idle: StreamConnection[] = [];

  constructor(dialect: StreamDialect, times: Partial<StreamTimes>) {
    this.#dialect = dialect;
    this.#times = times;
  }

  /** Dials ahead, unless a connection is waiting. */
  prepare(settings: StreamSettings): void {
    if (!this.#idle.some(connection => connection.isFit && connection.isFor(settings)))
      this.giveBack(this.dial(settings));
  }

  /** One that nobody uses; `isReused` when it was there before. */
  take(settings: StreamSettings): { readonly connection: StreamConnection; readonly isReused: boolean } {
    const connection = this.#idle.findLast(idle => idle.isFit && idle.isFor(settings));
    if (connection === undefined) return { connection: this.dial(settings), isReused: false };
    this.#idle = this.#idle.filter(idle => idle !== connection);
    return { connection, isReused: true };
  }

  /** A new one, for an utterance at once. */
  dial(settings: StreamSettings): StreamConnection {
    const connection = new StreamConnection(this.#dialect, settings, this.#times, gone => {
      this.#idle = this.#idle.filter(idle => idle !== gone);
    });
    this.#all.add(connection);
    void connection.closed.then(() => this.#all.delete(connection));
    return connection;
  }

  /** For the next utterance; the one that waits longest has to go when there are too many. */
  giveBack(connection: StreamConnection): void {
    if (!connection.isFit) {
      connection.close();
      return;
    }
    connection.rest();
    this.#idle.push(connection);
    if (this.#idle.length > LIMITS.sttIdleConnections) this.#idle[0]?.close();
  }

  /** Resolves when nothing is left of any. */
  async close(): Promise<void> {
    const all = [...this.#all];
    for (const connection of all) connection.close();
    await Promise.all(all.map(connection => connection.closed));
  }
}
