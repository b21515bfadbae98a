import type { Tool } from '../../workflow/tools.ts';
import type { ToolOutcome } from './tool_answer.ts';
import type { ToolRequest } from './tool_request.ts';
import type { Tried } from './tool_try.ts';

/** What is sent, and may be sent again. */
export interface ToolOrder<Request = ToolRequest> {
  readonly tool: Tool;
  readonly request: Request;
  /** Names it to the receiver: the same again means the same. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Whoever runs the tools of all calls. */
export interface ToolRunner {
  /** False where it can't be run, for want of a secret. */
  has(tool: Tool): boolean;
  run(order: ToolOrder): Promise<ToolOutcome>;
}

/** One try at something that an adapter is asked for. */
export interface AdapterOrder {
  readonly adapter: string;
  readonly account: string;
  readonly operation: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly key: string;
  /** For all that the try asks the other end. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The systems of others that the configuration knows. */
export interface Adapters {
  /** Why tools that want it are off; undefined where they are not. */
  off(adapter: string, account: string): string | undefined;
  /** Never rejects. `data` is in the form that all adapters of a kind share, whatever the other end sent. */
  attempt(order: AdapterOrder): Promise<Tried>;
  close(): void;
}
