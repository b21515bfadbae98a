import pino from 'pino';
import t from 'tap';
import { LAST_WORDS } from '../../src/agent/farewell.ts';
import { HOLDING_WORDS } from '../../src/agent/holding.ts';
import { Voice } from '../../src/agent/voice.ts';
import { readSamples, writeSamples } from '../../src/calls/ring.ts';
import { CONTROL, createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import { TalkCalls } from '../../src/calls/talk_calls.ts';
import type { Recorder } from '../../src/calls/talk_recording.ts';
import type { CallInfo, ToAudio, ToCall } from '../../src/calls/thread_messages.ts';
import { TrunklineError } from '../../src/config/errors.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { CallEvent } from '../../src/store/events.ts';
import { ManualTimers, RATE_HZ, type Script, ScriptedFlow, ScriptedStt, ScriptedTts } from './fakes.ts';
import { plainFlows } from './plain_flows.ts';
import { settle } from './rig.ts';

const SLOTS = 4;
const STATS = { framesPulled: 9, framesConcealed: 2, framesPushed: 9, framesDropped: 1, jitterBufferMs: 40 };
const GRANTED = { type: 'consent', kind: 'recording', granted: true } as const;

/** A recorder on paper. */
class PaperRecorder implements Recorder {
  readonly file = 'tenant/call.wav';
  readonly unfinishedFile = 'tenant/call.wav.part';
  readonly samples: number[] = [];
  closed = false;
  fails = false;
  readonly #ring: Parameters<typeof readSamples>[0];

  constructor(ring: Parameters<typeof readSamples>[0]) {
    this.#ring = ring;
  }

  drain(): void {
    const into = new Int16Array(4096);
    for (let count = readSamples(this.#ring, into); count > 0; count = readSamples(this.#ring, into)) {
      for (const sample of into.subarray(0, count)) this.samples.push(sample);
    }
  }

  silence(): void {
    this.samples.fill(0);
  }

  async close() {
    this.drain();
    this.closed = true;
    if (this.fails) throw new TrunklineError('DISK_FULL', 'recording');
    return { durationMs: 1000, bytes: 44 };
  }
}

/** A talk thread without its thread; the audio thread is played by hand. */
class TalkRig {
  readonly memory = createSlotMemory(SLOTS);
  readonly stt = new ScriptedStt();
  readonly tts = new ScriptedTts();
  readonly timers = new ManualTimers();
  readonly voice = new Voice(this.tts, this.timers.after);
  readonly events: CallEvent[] = [];
  readonly sent: ToAudio[] = [];
  readonly recorders: PaperRecorder[] = [];
  readonly logged: string[] = [];
  flush: () => Promise<void> = async () => undefined;
  recorderFails = false;
  pumping = 0;
  readonly calls: TalkCalls;
  #pump: () => void = () => undefined;

  constructor(script: Script = () => ({}), settings: Record<string, unknown> = {}) {
    const write = (line: string) => this.logged.push(line);
    this.calls = new TalkCalls(
      {
        memory: this.memory,
        stt: this.stt,
        llm: undefined,
        speech: undefined,
        voice: this.voice,
        flows: plainFlows(new ScriptedFlow(script)),
        events: { sink: { append: event => this.events.push(event) }, flush: () => this.flush() },
        openRecorder: ({ ring }) => {
          if (this.recorderFails) throw new TrunklineError('BAD_REQUEST', 'no such file name');
          const recorder = new PaperRecorder(ring);
          this.recorders.push(recorder);
          return recorder;
        },
        config: configSchema.parse(settings),
        after: this.timers.after,
        log: pino({}, { write }),
        nowMs: () => 1_700_000_000_000,
        send: message => this.sent.push(message),
      },
      (_, action) => {
        this.pumping += 1;
        this.#pump = action;
        return () => {
          this.pumping -= 1;
        };
      },
    );
  }

  async prepare(): Promise<this> {
    await this.voice.keep([...Object.values(LAST_WORDS), HOLDING_WORDS], RATE_HZ);
    return this;
  }

  async answer(slot: number, workflow = 'scripted'): Promise<void> {
    const call: CallInfo = {
      callId: `call-${slot}`,
      tenantId: 'tenant',
      slot,
      rateHz: RATE_HZ,
      lineKind: 'room',
      direction: 'inbound',
      from: '+15550111',
      to: '+15550100',
      workflow,
      room: 'room-1',
      assignedAtMs: 0,
    };
    await this.receive({ type: 'answered', call });
  }

  async receive(message: ToCall): Promise<void> {
    this.calls.receive(message);
    await settle();
  }

  /** The audio thread plays for so long, and the talk thread keeps up. */
  async pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 10) {
      for (let index = 0; index < SLOTS; index += 1) this.#tick(index);
      if (this.pumping > 0) this.#pump();
      this.timers.pass(10);
      await settle();
    }
  }

  async hangUp(slot: number, reason: 'remoteHangup' | 'networkLost' = 'remoteHangup'): Promise<void> {
    const atMs = this.control(slot, CONTROL.mediaMs);
    await this.receive({ type: 'lineEnded', slot, reason, atMs, stats: STATS });
  }

  control(slot: number, word: number): number {
    return slotView(this.memory, slot).control[word]!;
  }

  of(slot: number): CallEvent[] {
    return this.events.filter(event => event.callId === `call-${slot}`);
  }

  sentTypes(slot: number): string[] {
    return this.sent.flatMap(message => ('slot' in message && message.slot === slot ? [message.type] : []));
  }

  #tick(index: number): void {
    const slot = slotView(this.memory, index);
    const into = new Int16Array(RATE_HZ / 100);
    Atomics.add(slot.control, CONTROL.played, readSamples(slot.speech, into));
    Atomics.add(slot.control, CONTROL.mediaMs, 10);
    writeSamples(slot.heard, into);
    if (Atomics.load(slot.control, CONTROL.recording) === 1) writeSamples(slot.recording, into);
  }
}

t.test('a call from answer to release', async t => {
  const rig = await new TalkRig(() => ({ effects: [GRANTED] })).prepare();
  await rig.answer(2);
  t.equal(rig.pumping, 1);
  await rig.pass(3000);
  t.equal(rig.control(2, CONTROL.recording), 1);
  const { promise: flushed, resolve: flush } = Promise.withResolvers<void>();
  rig.flush = () => flushed;
  await rig.hangUp(2);
  t.equal(rig.control(2, CONTROL.recording), 0);
  t.same(rig.sentTypes(2), ['policy'], 'the slot stays until the record is on the disk');
  t.equal(rig.calls.count, 1);
  flush();
  await settle();
  t.same(rig.sentTypes(2), ['policy', 'released']);
  t.equal(rig.calls.count, 0);
  t.equal(rig.pumping, 0);
  t.equal(rig.timers.open, 0);
  t.same(
    rig.of(2).map(event => event.type),
    [
      'call.started',
      'call.answered',
      'flow.stepped',
      'consent.recorded',
      'recording.started',
      'flow.stepped',
      'turn.agent',
      'recording.ended',
      'call.ended',
    ],
  );
  t.match(rig.of(2)[0]?.detail, { from: '+15550111', workflow: 'scripted', workflowVersion: '1' });
  t.match(rig.of(2).at(-1)?.detail, {
    disposition: 'COMPLETED',
    reason: 'remoteHangup',
    durationMs: 3000,
    framesConcealed: 2,
    framesDropped: 1,
  });
  t.ok(rig.recorders[0]?.closed);
  t.ok(rig.recorders[0]!.samples.length > 2000 * 8);
});

t.test('what was measured is recorded as it came', async t => {
  const rig = await new TalkRig().prepare();
  await rig.answer(1);
  const measured = {
    mediaMs: 10_000,
    seconds: 2,
    measures: { callerDb: [-21.5, null], callerMos: [4.41, 4.2] },
  };
  await rig.receive({ type: 'measured', slot: 1, measured });
  await rig.receive({ type: 'measured', slot: 2, measured });
  t.match(
    rig.events.filter(({ type }) => type === 'call.measured'),
    [{ callId: 'call-1', tenantId: 'tenant', detail: measured }],
  );
  await rig.hangUp(1);
  t.equal(rig.events.at(-1)?.type, 'call.ended');
});

t.test('an agent that has left says and hears nothing more; the record and the recording go on', async t => {
  const rig = await new TalkRig(() => ({ effects: [GRANTED] })).prepare();
  await rig.answer(0);
  await rig.pass(3000);
  const sent = rig.sentTypes(0);
  const detail = {
    leg: 'one',
    kind: 'trunk',
    to: '+15550122',
    mode: 'bridge',
    keepAgent: false,
    mediaMs: 10,
  } as const;
  await rig.receive({ type: 'leg', slot: 0, fact: { type: 'leg.added', detail } });
  await rig.receive({ type: 'agentLeft', slot: 0 });
  await rig.receive({
    type: 'leg',
    slot: 0,
    fact: { type: 'leg.answered', detail: { leg: 'one', mediaMs: 20 } },
  });
  const before = rig.of(0).length;
  await rig.receive({ type: 'dtmf', slot: 0, digit: '5', atMs: 3000 });
  await rig.receive({ type: 'turn', slot: 0, event: { type: 'silence', atMs: 9000, silentForMs: 9000 } });
  await rig.pass(30_000);
  t.same(rig.sentTypes(0), sent, 'nothing is asked of the audio thread');
  t.equal(rig.of(0).length, before);
  t.equal(rig.control(0, CONTROL.recording), 1);
  await rig.hangUp(0);
  t.same(
    rig
      .of(0)
      .slice(before - 2)
      .map(event => event.type),
    ['leg.added', 'leg.answered', 'recording.ended', 'call.ended'],
  );
  t.match(rig.of(0).at(-1)?.detail, { disposition: 'COMPLETED', reason: 'remoteHangup' });
});

t.test('an exception in one call ends that call and no other', async t => {
  let broken = false;
  const rig = await new TalkRig(() => {
    if (broken) throw new Error('broken');
    return {};
  }).prepare();
  await rig.answer(0);
  broken = true;
  await rig.answer(1);
  await rig.pass(8000);
  t.same(rig.sentTypes(1), ['policy', 'hangUp'], 'after the apology');
  t.same(rig.sentTypes(0), ['policy']);
  await rig.hangUp(1);
  t.match(rig.of(1).at(-1)?.detail, { disposition: 'FAILED', reason: 'INTERNAL' });
  t.match(rig.of(1).find(event => event.type === 'turn.agent')?.detail, { text: LAST_WORDS.apology });
  await rig.hangUp(0, 'networkLost');
  t.match(rig.of(0).at(-1)?.detail, { disposition: 'FAILED', reason: 'networkLost' });
  t.equal(rig.calls.count, 0);
});

t.test('an unknown workflow is apologised for', async t => {
  const rig = await new TalkRig().prepare();
  await rig.answer(0, 'no_such_workflow');
  await rig.pass(8000);
  t.same(rig.sentTypes(0), ['policy', 'hangUp']);
  await rig.hangUp(0);
  t.match(rig.of(0).at(-1)?.detail, { disposition: 'FAILED', reason: 'WORKFLOW_UNKNOWN' });
});

t.test('a disk that never answers holds no slot for ever', async t => {
  const rig = await new TalkRig().prepare();
  rig.flush = () => new Promise(() => undefined);
  await rig.answer(0);
  await rig.pass(500);
  await rig.hangUp(0);
  t.equal(rig.calls.count, 1);
  await rig.pass(LIMITS.actAfterCallMs + LIMITS.callRecordMs + 10);
  t.equal(rig.calls.count, 0);
  t.equal(rig.sentTypes(0).at(-1), 'released');
});

t.test('recording', async t => {
  t.test('that cannot begin does not end the call', async t => {
    const rig = await new TalkRig(() => ({ effects: [GRANTED] })).prepare();
    rig.recorderFails = true;
    await rig.answer(0);
    await rig.pass(3000);
    t.equal(rig.control(0, CONTROL.recording), 0);
    t.same(rig.sentTypes(0), ['policy']);
    await rig.hangUp(0);
    t.match(rig.of(0).at(-1)?.detail, { disposition: 'COMPLETED' });
  });

  t.test('that cannot be completed does not keep the record from its end', async t => {
    const rig = await new TalkRig(() => ({ effects: [GRANTED] })).prepare();
    await rig.answer(0);
    await rig.pass(3000);
    rig.recorders[0]!.fails = true;
    await rig.hangUp(0);
    t.equal(rig.of(0).at(-1)?.type, 'call.ended');
    t.equal(rig.calls.count, 0);
  });

  t.test('never happens where the policy says never', async t => {
    const rig = await new TalkRig(() => ({ effects: [GRANTED] }), {
      recording: { consent: 'never' },
    }).prepare();
    await rig.answer(0);
    await rig.pass(3000);
    t.same(rig.recorders, []);
    t.equal(rig.control(0, CONTROL.recording), 0);
  });
});

t.test('messages about calls that are not there change nothing', async t => {
  const rig = await new TalkRig().prepare();
  await rig.receive({ type: 'dtmf', slot: 3, digit: '1', atMs: 0 });
  await rig.receive({ type: 'turn', slot: 3, event: { type: 'silence', atMs: 0, silentForMs: 7000 } });
  await rig.hangUp(3);
  t.same(rig.sent, [{ type: 'released', slot: 3 }], 'the slot comes back');
  t.same(rig.events, []);
});

t.test('a call that can not even begin is hung up', async t => {
  const rig = await new TalkRig().prepare();
  await rig.answer(SLOTS);
  t.same(rig.sent, [{ type: 'hangUp', slot: SLOTS, drain: false }]);
  await rig.receive({ type: 'lineEnded', slot: SLOTS, reason: 'localHangup', atMs: 0, stats: STATS });
  t.same(rig.sentTypes(SLOTS), ['hangUp', 'released']);
});

t.test('a stop completes the records of the calls that are left', async t => {
  const rig = await new TalkRig().prepare();
  await rig.answer(0);
  await rig.answer(1);
  await rig.pass(500);
  await rig.calls.stop();
  t.equal(rig.calls.count, 0);
  t.equal(rig.pumping, 0);
  t.equal(rig.timers.open, 0);
  t.match(rig.of(0).at(-1)?.detail, { disposition: 'FAILED', reason: 'networkLost', durationMs: 500 });
  t.equal(rig.of(1).at(-1)?.type, 'call.ended');
});

t.test('logs name the call and nothing that was said', async t => {
  const rig = await new TalkRig(() => {
    throw new Error('Mister Secret\n    lives at 12 Private Road, +15550111');
  }).prepare();
  await rig.answer(0);
  await rig.pass(100);
  t.match(rig.logged.join(''), /"callId":"call-0","fault":{"code":"Error","at":\["/);
  t.notMatch(rig.logged.join(''), /Secret|Private|5550111/);
});
