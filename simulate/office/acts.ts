import { type ActDesk, openActs } from '../../src/agent/acts.ts';
import { ToolDesk, type ToolJournal } from '../../src/agent/tools/tool_desk.ts';
import { ToolReceivers } from '../../src/agent/tools/tool_receivers.ts';
import type { ToolOrder, ToolRunner } from '../../src/agent/tools/tool_runner.ts';
import type { Flow } from '../../src/workflow/types.ts';
import { OFFICE_URL, type SimulatedOffice } from './office.ts';

/** Nothing is written down of simulated calls but their transcript. */
const NO_JOURNAL: ToolJournal = {
  begun: async () => undefined,
  ended: () => undefined,
  refused: () => undefined,
};

/** Calls back after a while, unless it is taken back. */
export function afterMs(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
}

/** Tools as calls run them, sent to the simulation's own back office. */
export class OfficeTools implements ToolRunner {
  readonly #receivers: ToolReceivers;
  readonly #office: SimulatedOffice;
  /** Something was asked for that may have changed rows. */
  #hasWritten = false;

  constructor(office: SimulatedOffice) {
    this.#office = office;
    this.#receivers = new ToolReceivers({ folder: office.folder, env: {} }, () => undefined);
  }

  has(...of: Parameters<ToolRunner['has']>): boolean {
    return this.#receivers.has(...of);
  }

  run(order: ToolOrder): ReturnType<ToolRunner['run']> {
    const { request } = order;
    if (!('url' in request)) return this.#receivers.run(order);
    if (request.method !== 'GET') this.#hasWritten = true;
    const url =
      request.url.origin === OFFICE_URL
        ? new URL(`${request.url.pathname}${request.url.search}`, this.#office.url)
        : request.url;
    return this.#receivers.run({ ...order, request: { ...request, url } });
  }

  /** What the workflow of one call wants done. */
  actsOf(flow: Flow, callId: string): ActDesk {
    return openActs(flow, new ToolDesk({ callId, tools: this, journal: NO_JOURNAL, after: afterMs }));
  }

  /** How many rows match, by column. */
  count(table: string, match: Readonly<Record<string, string>>): Promise<number> {
    return this.#office.count(table, match);
  }

  /** The next call finds the office as it was. */
  async reset(): Promise<void> {
    if (this.#hasWritten) await this.#office.reset();
    this.#hasWritten = false;
  }

  close(): Promise<void> {
    return this.#receivers.close();
  }
}
