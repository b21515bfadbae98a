import type { NodePaths } from '../config/paths.ts';
import type { Config } from '../config/schema.ts';
import type { Link } from '../ipc/link.ts';
import type { Address } from '../ipc/messages.ts';
import type { Logger } from '../observe/log.ts';

/** What every role is given at its start. */
export interface RoleContext {
  readonly address: Address;
  /** Resolved by the supervisor: every URL and secret is filled in. */
  readonly config: Config;
  readonly paths: NodePaths;
  /** No other node answers calls of this LiveKit. */
  readonly ownsLiveKit: boolean;
  /** For threads, which read it again (src/config/runtime.ts). */
  readonly runtimeFile: string;
  readonly link: Link;
  readonly log: Logger;
}

/**
 * A running role. It answers `drain` itself by taking no new calls and telling its load; src/main.ts calls `stop` when
 * the supervisor says so, when the link is lost, or on SIGTERM, and then ends the process.
 */
export interface Role {
  /** Gives everything back; resolves when nothing is left open. */
  stop(): Promise<void>;
}

export type RunRole = (context: RoleContext) => Promise<Role>;
