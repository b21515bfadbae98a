import { z } from 'zod';
import { answerText } from '../agent/tools/tool_answer.ts';
import type { ToolRequest } from '../agent/tools/tool_request.ts';
import type { ToolRunner } from '../agent/tools/tool_runner.ts';
import { TrunklineError } from '../config/errors.ts';
import type { ToolRuns, ToolRunView } from '../store/tool_runs.ts';
import type { Tool } from '../workflow/tools.ts';

interface ReconciliationParts {
  readonly runs: Pick<ToolRuns, 'list' | 'find' | 'asked'>;
  readonly tools: ToolRunner;
  toolOf(run: {
    readonly callId: string;
    readonly workflow: string;
    readonly tool: string;
  }): Promise<Tool | undefined>;
  /** Wall clock, milliseconds since the epoch. */
  nowMs(): number;
}

const keptRequest = z.union([
  z.object({ method: z.string(), url: z.string(), body: z.string().optional() }),
  z.object({ args: z.record(z.string(), z.unknown()) }),
]);

/** Runs of tools of which nobody knows what came: shown, and asked again where that can do no harm. */
export class Reconciliation {
  readonly #parts: ReconciliationParts;
  readonly #underWay = new Set<string>();

  constructor(parts: ReconciliationParts) {
    this.#parts = parts;
  }

  get runs(): Pick<ToolRuns, 'list'> {
    return this.#parts.runs;
  }

  /**
   * Sends what was sent, by the same key, and writes down what came of it.
   * @throws TrunklineError NOT_FOUND, RUN_SETTLED, STORE_UNAVAILABLE
   */
  async ask(tenantId: string, id: string): Promise<ToolRunView> {
    const { runs, tools, toolOf, nowMs } = this.#parts;
    const run = await runs.find(tenantId, id);
    if (run === undefined) throw new TrunklineError('NOT_FOUND', 'no run of a tool has this id');
    const { callId, workflow, key, request } = run;
    const tool = workflow === null ? undefined : await toolOf({ callId, workflow, tool: run.tool });
    const isMoot = !run.canAskAgain || key === null || request === null || this.#underWay.has(id);
    if (isMoot) throw new TrunklineError('RUN_SETTLED', 'it is not unknown, or could be done twice');
    if (tool === undefined || !tools.has(tool) || !(tool.isIdempotent || tool.spec.keyed))
      throw new TrunklineError('RUN_SETTLED', 'its workflow has no such tool now');
    this.#underWay.add(id);
    try {
      const { signal } = new AbortController();
      const outcome = await tools.run({ tool, request: requestIn(request), key, signal });
      const { status, attempts, httpStatus } = outcome;
      const ended = {
        run: id,
        tool: run.tool,
        // Who refuses it now may have done it before.
        outcome: status === 'done' ? ('done' as const) : ('unknown' as const),
        ...(outcome.status !== 'done' && { why: outcome.why }),
        attempts,
        ...(httpStatus !== undefined && { httpStatus }),
        answer: answerText(tool, outcome).slice(0, 4096),
        mediaMs: 0,
      };
      await runs.asked(tenantId, callId, ended, nowMs());
      const { request: _sent, ...view } = (await runs.find(tenantId, id)) ?? run;
      return view;
    } finally {
      this.#underWay.delete(id);
    }
  }
}

function requestIn(text: string): ToolRequest {
  const kept = keptRequest.parse(JSON.parse(text));
  return 'args' in kept ? kept : { method: kept.method, url: new URL(kept.url), body: kept.body };
}
