import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PROJECT } from '../../bench/node.ts';
import { ownApi } from '../../bench/own_api.ts';
import { nodePaths } from '../../src/config/paths.ts';
import { readRuntime } from '../../src/config/runtime.ts';
import type { Config } from '../../src/config/schema.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { FlowEffect, SlotValue } from '../../src/workflow/types.ts';

const WRITTEN_WITHIN_MS = 60_000;
const POLL_MS = 250;
/** A machine full of calls answers late. */
const PATIENCE = { connectMs: 60_000, queryMs: 60_000, totalMs: 60_000 };
const OVER: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED']);

const rows = z.object({ calls: z.array(z.object({ callId: z.string(), state: z.string() })) });
const detailSchema = z.object({
  outcome: z.string().nullable(),
  slots: z.array(z.object({ slot: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) })),
  handOffs: z.array(z.object({ from: z.string(), to: z.string() })),
});
const runsSchema = z.object({
  runs: z.array(z.object({ callId: z.string(), tool: z.string(), outcome: z.string() })),
});

/** A fact of the call and when it was written down, by the clock on the wall. */
interface DatedEffect {
  readonly at: number;
  readonly effect: FlowEffect;
}

/** What a node wrote down of a call. */
export interface CallRecord {
  readonly callId: string;
  readonly outcome: string | undefined;
  readonly slots: Readonly<Record<string, SlotValue>>;
  readonly effects: readonly DatedEffect[];
  readonly handOffs: readonly { readonly from: string; readonly to: string }[];
  /** Tools that the workflow used, oldest first. */
  readonly toolRuns: readonly { readonly tool: string; readonly outcome: string }[];
}

/** @throws Error when the record is not whole after a while */
export async function readCallRecord(config: Config, sipCallId: string): Promise<CallRecord> {
  const get = ownApi(config);
  const json = async (path: string): Promise<unknown> => (await get(path)).json();
  const untilMs = performance.now() + WRITTEN_WITHIN_MS;
  for (;;) {
    const { calls } = rows.parse(await json(`/api/calls?sipCallId=${encodeURIComponent(sipCallId)}`));
    const [call] = calls;
    if (call !== undefined && OVER.has(call.state)) {
      const detail = detailSchema.parse(await json(`/api/calls/${call.callId}`));
      const { runs } = runsSchema.parse(await json('/api/tool-runs?limit=100'));
      const slots = Object.fromEntries(detail.slots.map(({ slot, value }) => [slot, value]));
      return {
        callId: call.callId,
        outcome: detail.outcome ?? undefined,
        slots,
        effects: await effectsOf(config, call.callId, slots),
        handOffs: detail.handOffs,
        toolRuns: runs.filter(({ callId }) => callId === call.callId).toReversed(),
      };
    }
    if (performance.now() > untilMs) throw new Error(`the record of the call is not whole: ${call?.state}`);
    await sleep(POLL_MS);
  }
}

interface EventRow {
  readonly type: string;
  readonly at: Date;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The events of a call that checkers look at. Values that the store sealed are those that the record shows at the end. */
async function effectsOf(
  config: Config,
  callId: string,
  slots: CallRecord['slots'],
): Promise<readonly DatedEffect[]> {
  const runtime = readRuntime(join(nodePaths(PROJECT, config).run, 'runtime.json'));
  const database = openDatabase(runtime.config.postgres.url, 1, PATIENCE);
  try {
    const events = await database.transaction(config.tenant, tx =>
      tx.query<{ type: string; at: Date; detail: Record<string, unknown> }>(
        'SELECT type, at, detail FROM events WHERE call_id = $1 ORDER BY seq',
        [callId],
      ),
    );
    return events.flatMap(event => {
      const effect = effectOf(event, slots);
      return effect === undefined ? [] : { at: event.at.getTime(), effect };
    });
  } finally {
    await database.close();
  }
}

function effectOf({ type, detail }: EventRow, slots: CallRecord['slots']): FlowEffect | undefined {
  switch (type) {
    case 'slot.set': {
      const { slot, value, confirmed, sensitive } = detail as Extract<FlowEffect, { type: 'slotSet' }>;
      const shown = sensitive ? (slots[slot] ?? '') : value;
      return { type: 'slotSet', slot, value: shown, confirmed, sensitive };
    }
    case 'consent.recorded':
      return { type: 'consent', kind: 'recording', granted: detail.granted === true };
    case 'quote.made':
      return { type: 'quote', quote: detail as unknown as Extract<FlowEffect, { type: 'quote' }>['quote'] };
    case 'call.outcome':
      return { type: 'outcome', outcome: String(detail.outcome) };
    default:
      return undefined;
  }
}
