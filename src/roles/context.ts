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
  readonly link: Link;
  readonly log: Logger;
}

/** A running role. The messages `drain` and `stop` come over the link and are answered by the role itself. */
export interface Role {
  /** Gives everything back; resolves when nothing is left open. */
  stop(): Promise<void>;
}

export type RunRole = (context: RoleContext) => Promise<Role>;
