import type { Tool } from '../../workflow/tools.ts';
import { HttpTools, type ToolPlace } from './http_tools.ts';
import { internalAnswer } from './internal_tools.ts';
import type { ToolOutcome } from './tool_answer.ts';
import type { Adapters, ToolOrder, ToolRunner } from './tool_runner.ts';
import { runTries } from './tool_tries.ts';

/** Runs tools, whoever does what they ask for: all by the same tries, limits and outcomes. Never throws. */
export class ToolReceivers implements ToolRunner {
  readonly #http: HttpTools;
  readonly #adapters: Adapters | undefined;
  readonly #onOff: (tool: Tool, why: string) => void;
  readonly #toldOff = new WeakSet<Tool>();
  readonly #closed = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  /** `onOff` is told once of each tool that lacks something, in words without any secret. */
  constructor(place: ToolPlace, onOff: (tool: Tool, why: string) => void, adapters?: Adapters) {
    this.#http = new HttpTools(place, onOff);
    this.#adapters = adapters;
    this.#onOff = onOff;
  }

  has(tool: Tool): boolean {
    const { adapter } = tool.spec;
    if (adapter === undefined) return this.#http.has(tool);
    const adapters = this.#adapters;
    const why = adapters === undefined ? 'no integrations' : adapters.off(adapter.name, adapter.account);
    if (why !== undefined && !this.#toldOff.has(tool)) {
      this.#toldOff.add(tool);
      this.#onOff(tool, why);
    }
    return why === undefined;
  }

  async run(order: ToolOrder): Promise<ToolOutcome> {
    const running = this.#run({ ...order, signal: AbortSignal.any([order.signal, this.#closed.signal]) });
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Gives up what runs; resolves when nothing is left of it. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all(this.#running);
    this.#http.close();
    this.#adapters?.close();
  }

  #run({ tool, request, key, signal }: ToolOrder): Promise<ToolOutcome> {
    if ('url' in request) return this.#http.run({ tool, request, key, signal });
    const { adapter, internal } = tool.spec;
    const { args } = request;
    return runTries(tool, signal, async ({ timeoutMs }) => {
      if (internal !== undefined) return internalAnswer(internal.operation, args, key, Date.now());
      const { name = '', account = '', operation = '' } = adapter ?? {};
      const order = { adapter: name, account, operation, args, key, timeoutMs, signal };
      const refused = { status: 501, retryAfter: undefined, data: undefined };
      return (await this.#adapters?.attempt(order)) ?? refused;
    });
  }
}
