import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { z } from 'zod';
import { placeCall, type Report } from './caller.ts';
import { NodePostgres, type StoredEvent } from './node_postgres.ts';
import { TestNode } from './test_node.ts';

const AWAY_MS = 10_000;

t.setTimeout(600_000);

const storedCall = z.object({
  callId: z.string(),
  turns: z.array(
    z.object({
      turn: z.number(),
      speaker: z.string(),
      text: z.string(),
      startMs: z.number(),
      endMs: z.number(),
    }),
  ),
  slots: z.array(z.object({ slot: z.string(), value: z.unknown() })),
  quotes: z.array(z.object({ totalCents: z.number() })),
  recordings: z.array(z.object({ durationMs: z.number().nullable() })),
  latencies: z.array(z.object({ turn: z.number() })),
});
type StoredCall = z.infer<typeof storedCall>;

async function stored(node: TestNode, callId: string): Promise<StoredCall> {
  return storedCall.parse(await (await node.get(`/api/calls/${callId}`)).json());
}

async function readiness(node: TestNode): Promise<{ parts: Record<string, string> }> {
  const answer = await node.get('/readyz');
  return z.object({ parts: z.record(z.string(), z.string()) }).parse(await answer.json());
}

/** Both clocks begin at the answer, the far end's a moment earlier or later. */
const CLOCKS_APART_MS = 1200;
/** Shorter than a word: what is left of a sentence into which the caller hangs up. */
const SCRAP_MS = 500;

/** Everything that was heard is in the record once, and nothing else is. */
function equalsHeard(t: Test, record: StoredCall, { turns }: Report): void {
  t.same(
    record.turns.map(({ turn }) => turn),
    record.turns.map((_, index) => index + 1),
    'no turn is missing and none is there twice',
  );
  const spoken = record.turns.filter(({ speaker, text }) => speaker === 'agent' && text !== '');
  const overlaps = (one: { startMs: number; endMs: number }, other: { startMs: number; endMs: number }) =>
    one.startMs < other.endMs + CLOCKS_APART_MS && other.startMs < one.endMs + CLOCKS_APART_MS;
  const heard = turns.filter(({ speaker }) => speaker === 'agent');
  const last = heard.at(-1);
  const isScrap = last !== undefined && last.endMs - last.startMs < SCRAP_MS;
  for (const turn of isScrap ? heard.slice(0, -1) : heard)
    t.ok(
      spoken.some(one => overlaps(one, turn)),
      `what was heard at ${turn.startMs} ms is in the record`,
    );
  for (const turn of spoken)
    t.ok(
      heard.some(one => overlaps(one, turn)),
      `turn ${turn.turn} was heard`,
    );
}

t.test('Postgres goes away in mid-call', async t => {
  const node = await TestNode.start({ processes: 1 }, { livekit: { enabled: false } });
  const postgres = new NodePostgres(node);
  t.teardown(() => node.discard());

  /** Resolves with the call that has got so many turns into the record. */
  async function underWay(from: string, turns: number): Promise<string> {
    for (;;) {
      const call = (await node.calls()).find(one => one.from === from);
      if (call !== undefined && (await stored(node, call.callId)).turns.length >= turns) return call.callId;
      if (call !== undefined && call.endedAt !== null)
        throw new Error(`the call ended before its turn ${turns}`);
      await sleep(200);
    }
  }

  async function nothingIsLost(
    t: Test,
    from: string,
    call: Report,
  ): Promise<{ readonly record: StoredCall; readonly events: readonly StoredEvent[] }> {
    const { callId } = await node.ended(from);
    const record = await stored(node, callId);
    // A ladder is the edge's to tell, under keys of its own.
    const events = (await postgres.events(callId)).filter(({ type }) => type !== 'call.ladder');
    t.same(
      events.map(({ number }) => number),
      events.map((_, index) => index + 1),
      'every event is stored, once, in its order',
    );
    t.same(postgres.rejected(), []);
    equalsHeard(t, record, call);
    t.equal(call.wire?.lost, 0, 'no packet of the agent is missing');
    t.comment(`longest pause between its packets: ${Math.round(call.wire?.longestGapMs ?? 0)} ms`);
    return { record, events };
  }

  const from = '+15557773000';
  const calling = placeCall(node, from, '--seed', '5', '--voice', 'rms', '--max-seconds', '100');
  const callId = await underWay(from, 3);
  const absences: { readonly from: Date; readonly to: Date }[] = [];

  await t.test('it stands still: new calls are taken all the same', async t => {
    t.teardown(() => postgres.signal('SIGCONT'));
    postgres.signal('SIGSTOP');
    const stoppedAt = new Date();
    const another = '+15557773001';
    const [call] = await Promise.all([
      placeCall(node, another, '--silent', '--max-seconds', `${AWAY_MS / 2000}`),
      sleep(AWAY_MS),
    ]);
    t.ok(call.turns.length > 0, 'it came, heard the agent and went');
    t.equal((await readiness(node)).parts.postgres, 'down');
    absences.push({ from: stoppedAt, to: new Date() });
    postgres.signal('SIGCONT');
    await nothingIsLost(t, another, call);
  });

  await t.test('it is killed: the supervisor starts it again', async t => {
    const { length } = (await stored(node, callId)).turns;
    const before = postgres.serverPid;
    postgres.signal('SIGKILL');
    await node.untilReady();
    t.not(postgres.serverPid, before);
    await underWay(from, length + 2);
  });

  await t.test('the call that was up has lost nothing by either', async t => {
    const call = await calling;
    const { record, events } = await nothingIsLost(t, from, call);
    for (const absence of absences) {
      const meanwhile = events.filter(({ at }) => at > absence.from && at < absence.to);
      const types = new Set(meanwhile.map(({ type }) => type));
      t.ok(types.has('turn.agent') && types.has('turn.caller'), 'they talked on meanwhile');
    }
    t.ok(record.recordings.every(({ durationMs }) => durationMs !== null));
    t.ok(record.latencies.length >= 3);
    if (call.outcome !== 'completed') return;
    t.match(Object.fromEntries(record.slots.map(({ slot, value }) => [slot, value])), call.slots);
    t.ok(call.quoteAgrees);
    t.same(
      record.quotes.map(({ totalCents }) => totalCents),
      [call.quoteHeard?.totalCents],
    );
  });
});
