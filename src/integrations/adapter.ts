import type { Tried } from '../agent/tools/tool_try.ts';
import type { Exchange } from './exchange.ts';

/** What an operation is asked for. */
export interface Operated {
  readonly args: unknown;
  /** Names it: the same again means the same. Hexadecimal digits, or letters and digits. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly exchange: Exchange;
}

/** One try at an operation. May throw ZodError for arguments that are none; nothing was done then. */
type Operate = (operated: Operated) => Promise<Tried>;

/** An account of somebody else's system: what can be asked of it, by operation. */
export type Adapter = Readonly<Record<string, Operate>>;
