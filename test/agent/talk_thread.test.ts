import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import pino from 'pino';
import t from 'tap';
import { LAST_WORDS } from '../../src/agent/farewell.ts';
import { HOLDING_WORDS } from '../../src/agent/holding.ts';
import { BRIDGING_WORDS } from '../../src/agent/resumption.ts';
import { ToolReceivers } from '../../src/agent/tools/tool_receivers.ts';
import { available } from '../../src/calls/ring.ts';
import { createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import { serveCalls, type VersionedFlows } from '../../src/calls/talk_thread.ts';
import type { ToAudio, ToTalk } from '../../src/calls/thread_messages.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { EventLog } from '../../src/store/event_log.ts';
import type { CallEvent } from '../../src/store/events.ts';
import type { Flow } from '../../src/workflow/types.ts';
import type { FlowsOfCall } from '../../src/workflow/versions/call_flows.ts';
import { RATE_HZ, ScriptedFlow, ScriptedStt, ScriptedTts } from './fakes.ts';
import { plainFlows } from './plain_flows.ts';

const STATS: ReturnType<EventLog['stats']> = {
  spool: { appended: 0, refused: 0, lost: 0, writeFailures: 0, queued: 0, bytes: 0, full: false },
  shipper: { shipped: 0, known: 0, damaged: 0, unreadable: 0, rejected: 0, failures: 0, away: false },
  unpublished: 0,
};

class MemoryLog implements EventLog {
  readonly events: CallEvent[] = [];
  readonly sink = { append: (event: CallEvent) => void this.events.push(event) };
  readonly orphans: string[] = [];
  readonly fates: string[] = [];
  closed = false;

  full = false;

  async settleOrphan(callId: string, isLost: boolean): Promise<void> {
    this.fates.push(`${callId} ${isLost ? 'lost' : 'kept'}`);
  }

  stats() {
    return { ...STATS, spool: { ...STATS.spool, full: this.full } };
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    this.closed = true;
  }
}

function parts(flows = plainFlows(new ScriptedFlow(() => ({ say: ['Hello there.'] })))) {
  const { port1, port2 } = new MessageChannel();
  const events = new MemoryLog();
  const tts = new ScriptedTts();
  const received: ToAudio[] = [];
  port1.on('message', message => received.push(message));
  return {
    audio: port1,
    received,
    events,
    tts,
    serve: () =>
      serveCalls({
        memory,
        port: port2,
        providers: { stt: new ScriptedStt(), tts, llm: undefined, speech: undefined, close: async () => {} },
        flows,
        tools: new ToolReceivers({ folder: '/', env: {} }, () => undefined),
        events,
        earlier: {
          claim: async () => undefined,
          forgetOld: async () => undefined,
          close: async () => undefined,
        },
        openRecorder: () => {
          throw new Error('nobody consented');
        },
        config: configSchema.parse({ media: { roomRateHz: RATE_HZ } }),
        log: pino({ level: 'silent' }),
      }),
    close: () => {
      port1.close();
      port2.close();
    },
  };
}

const memory = createSlotMemory(1);
const call = {
  callId: 'call',
  tenantId: 'tenant',
  slot: 0,
  rateHz: RATE_HZ,
  lineKind: 'room',
  direction: 'inbound',
  from: '',
  to: '',
  workflow: 'scripted',
  room: '',
  assignedAtMs: 0,
} as const;
const stats = { framesPulled: 0, framesConcealed: 0, framesPushed: 0, framesDropped: 0, jitterBufferMs: 0 };

t.test('is ready once all that must never be waited for is rendered, and greets from it', async t => {
  const { audio, received, events, tts, serve } = parts();
  const send = (message: ToTalk) => audio.postMessage(message);
  await serve();
  t.same(
    new Set(tts.rendered),
    new Set([...Object.values(LAST_WORDS), HOLDING_WORDS, BRIDGING_WORDS, 'Hello there.']),
  );
  const { length } = tts.rendered;
  send({ type: 'answered', call });
  const { speech } = slotView(memory, 0);
  while (available(speech) === 0) await sleep(1);
  t.equal(tts.rendered.length, length, 'nothing is rendered for the greeting');
  send({ type: 'lineEnded', slot: 0, reason: 'remoteHangup', atMs: 0, stats });
  while (received.at(-1)?.type !== 'released') await sleep(1);
  t.same(
    received.map(({ type }) => type),
    ['ready', 'workflowsInForce', 'policy', 'released'],
  );
  t.equal(events.events.at(-1)?.type, 'call.ended');
  send({ type: 'stop' });
  await once(audio, 'close');
  t.ok(events.closed);
});

t.test('tells when the spool becomes full, and when it has room again', async t => {
  const { audio, received, events, serve } = parts();
  await serve();
  const untilTold = async (full: boolean): Promise<void> => {
    events.full = full;
    while (!received.some(message => message.type === 'spool' && message.full === full)) await sleep(5);
  };
  await untilTold(true);
  await untilTold(false);
  t.same(received.slice(2), [
    { type: 'spool', full: true },
    { type: 'spool', full: false },
  ]);
  audio.postMessage({ type: 'stop' });
  await once(audio, 'close');
});

t.test('does not serve at all without a voice', async t => {
  const { tts, serve, close } = parts();
  tts.broken.add(LAST_WORDS.apology);
  await t.rejects(serve());
  close();
});

/** Of one workflow, in versions that the test puts in force. */
class SwitchedFlows implements VersionedFlows {
  readonly live = new Map<string, Flow>();
  next: Flow;
  seq = 1;

  constructor(first: Flow) {
    this.next = first;
  }

  look() {
    const { next, seq } = this;
    return { seq, fresh: [next], failed: [], use: () => void this.live.set('scripted', next) };
  }

  ofCall(): FlowsOfCall {
    const flow = this.live.get('scripted');
    return { get: () => flow, isTried: () => false, versionsFrom: () => ({}) };
  }
}

t.test('a new version is spoken ahead of its first call, and not held up by a voice that fails', async t => {
  const greeting = (text: string) => new ScriptedFlow(() => ({ say: [text] }));
  const flows = new SwitchedFlows(greeting('Hello there.'));
  const { audio, received, tts, serve } = parts(flows);
  const inForce = async (seq: number): Promise<void> => {
    while (!received.some(message => message.type === 'workflowsInForce' && message.seq === seq))
      await sleep(1);
  };
  await serve();
  await inForce(1);
  const change = async (text: string): Promise<void> => {
    flows.next = greeting(text);
    flows.seq += 1;
    audio.postMessage({ type: 'workflowsChanged' } satisfies ToTalk);
    await inForce(flows.seq);
  };
  await change('Good day.');
  t.equal(tts.rendered.at(-1), 'Good day.');
  t.equal(flows.live.get('scripted'), flows.next);
  tts.broken.add('How now.');
  await change('How now.');
  t.equal(flows.live.get('scripted'), flows.next);
  audio.postMessage({ type: 'stop' });
  await once(audio, 'close');
});
