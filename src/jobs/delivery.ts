import { requestOf } from '../agent/tools/tool_request.ts';
import type { ToolRunner } from '../agent/tools/tool_runner.ts';
import { LIMITS } from '../config/limits.ts';
import type { Outbox, SettledEffect } from '../store/outbox.ts';
import type { Tool } from '../workflow/tools.ts';

interface DeliveryParts {
  readonly tenantId: string;
  readonly outbox: Outbox;
  readonly tools: ToolRunner;
  /** Undefined for a workflow or a tool that is not there. */
  toolOf(effect: {
    readonly callId: string;
    readonly workflow: string;
    readonly tool: string;
  }): Promise<Tool | undefined>;
}

/** What came of one try; `again` where another one may do better, `stopped` where it was given up for the process ends. */
export type DeliveryTry = Omit<SettledEffect, 'state' | 'attempts'> & {
  readonly state: 'delivered' | 'givenUp' | 'again' | 'stopped';
};

const GONE: DeliveryTry = { state: 'delivered' };

/** Takes one effect of the outbox to its receiver: again and again by one key, until it is there or that is hopeless. */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #stopped = new AbortController();
  /** Tries under way, and those that wait for one to be over. */
  #running = 0;
  readonly #queue: (() => void)[] = [];

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** One try, whenever its turn comes. @throws TrunklineError STORE_UNAVAILABLE */
  async try(effectId: string): Promise<DeliveryTry> {
    if (this.#running >= LIMITS.deliveriesAtOnce)
      await new Promise<void>(resolve => this.#queue.push(resolve));
    this.#running += 1;
    try {
      return await this.#try(effectId);
    } finally {
      this.#running -= 1;
      this.#queue.shift()?.();
    }
  }

  /** @throws TrunklineError STORE_UNAVAILABLE */
  settle(effectId: string, settled: SettledEffect): Promise<void> {
    return this.#parts.outbox.settle(this.#parts.tenantId, effectId, settled);
  }

  /** Gives up what runs: it is done again at the next start. */
  close(): void {
    this.#stopped.abort();
  }

  async #try(effectId: string): Promise<DeliveryTry> {
    const { tenantId, outbox, tools, toolOf } = this.#parts;
    const effect = await outbox.find(tenantId, effectId);
    if (effect === undefined) return GONE;
    const tool = await toolOf(effect);
    if (tool === undefined || !tools.has(tool)) return { state: 'again', why: 'unknownTool' };
    const checked = tool.check(effect.argumentsJson);
    const request = 'args' in checked ? requestOf(tool, checked.args, {}) : checked;
    if ('fault' in request) return { state: 'givenUp', why: 'arguments' };
    const { key } = effect;
    const outcome = await tools.run({ tool, request, key, signal: this.#stopped.signal });
    const { httpStatus } = outcome;
    if (outcome.status === 'done') return { state: 'delivered', httpStatus };
    if (this.#stopped.signal.aborted && outcome.why === 'cancelled') return { state: 'stopped' };
    return { state: outcome.why === 'refused' ? 'givenUp' : 'again', why: outcome.why, httpStatus };
  }
}
