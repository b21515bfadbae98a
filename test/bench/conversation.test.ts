import t, { type Test } from 'tap';
import { type Behaviour, COOPERATIVE } from '../../bench/caller/behaviour.ts';
import { placeOneCall, type Watcher } from '../../bench/caller/place.ts';
import type { CallReport } from '../../bench/caller/report.ts';
import { CODECS } from '../../bench/wire/codec.ts';
import { readWav } from '../../bench/wire/wav.ts';
import { Agent, type AgentOptions } from './agent.ts';
import { modemStt, modemTts } from './modem.ts';
import { smallFlow } from './small_flow.ts';

const TODAY = '2026-03-02';
const SILENT_WATCHER: Watcher = {
  provisional: () => {},
  answered: () => {},
  turn: () => {},
  interrupted: () => {},
  ended: () => {},
};

/** Calls take seconds, nearly all of it waiting. */
t.jobs = 4;

interface Run {
  readonly report: CallReport;
  readonly agent: Agent;
}

async function run(
  t: Test,
  options: Partial<
    AgentOptions & {
      seed: number;
      behaviour: Partial<Behaviour>;
      mishear: (text: string) => string;
      out: string;
    }
  > = {},
): Promise<Run> {
  const flow = smallFlow();
  const agent = await Agent.start({ flow, codec: CODECS.PCMU, todayIso: TODAY, ...options });
  t.teardown(() => {
    agent.close();
    agent.phone.close();
  });
  const report = await placeOneCall(
    {
      seed: options.seed ?? 1,
      voice: 'modem',
      behaviour: { ...COOPERATIVE, turnEndMs: 300, quietMs: 700, ...options.behaviour },
      flow,
      todayIso: TODAY,
      stt: modemStt(options.mishear),
      tts: modemTts,
      watcher: SILENT_WATCHER,
      out: options.out,
    },
    {
      target: agent.phone.target,
      fromUser: 'tester',
      codecs: [CODECS.PCMU],
      localHost: '127.0.0.1',
      credentials: undefined,
      answerTimeoutMs: 5000,
      signal: new AbortController().signal,
    },
  );
  return { report, agent };
}

function valuesOf(agent: Agent): Record<string, unknown> {
  return Object.fromEntries(Object.entries(agent.state.slots).map(([name, { value }]) => [name, value]));
}

t.test(
  'a whole call over the wire: slots, quote, turns, recording and picture',
  { buffered: true },
  async t => {
    const { report, agent } = await run(t, { out: t.testdir() });
    t.equal(report.outcome, 'completed', agent.log.join('\n'));
    t.same(valuesOf(agent), report.slots);
    t.equal(report.quoteAgrees, true);
    t.equal(report.quoteHeard?.totalCents, report.quoteExpected?.totalCents);
    t.equal(report.endedBy, 'agent');
    const speakers = report.turns.map(({ speaker }) => speaker);
    t.ok(
      speakers.every((speaker, index) => speaker === (index % 2 === 0 ? 'agent' : 'caller')),
      speakers.join(),
    );
    t.ok(report.turns.every(({ startMs, endMs }) => startMs <= endMs));
    t.equal(report.latencyMs?.count, speakers.filter(speaker => speaker === 'agent').length - 1);
    t.match(report.wire, { lost: 0 });
    const wav = readWav(report.files.wav!);
    t.equal(wav.channels.length, 2);
    for (const channel of wav.channels) t.ok(channel.some(sample => Math.abs(sample) > 5000));
  },
);

t.test('an agent that mishears is corrected until all is right', { buffered: true }, async t => {
  let spoilt = 0;
  const { report, agent } = await run(t, {
    seed: 4,
    understand: text => {
      const wrong = text.replace(/\b(Acton|Beverly|Concord|Dover)\b/, town =>
        town === 'Acton' ? 'Dover' : 'Acton',
      );
      if (wrong === text || spoilt > 0) return text;
      spoilt += 1;
      return wrong;
    },
  });
  t.equal(spoilt, 1);
  t.equal(report.outcome, 'completed', agent.log.join('\n'));
  t.same(valuesOf(agent), report.slots);
});

t.test('a caller that mishears asks again', { buffered: true }, async t => {
  let turns = 0;
  const { report, agent } = await run(t, {
    mishear: text => {
      turns += 1;
      return turns === 3 ? '' : text;
    },
  });
  t.equal(report.outcome, 'completed', agent.log.join('\n'));
  t.ok(
    report.turns.some(({ speaker, text }) => speaker === 'caller' && /again|repeat|what did/.test(text)),
    'by a request to repeat',
  );
});

t.test('a caller that understands nothing gives up', { buffered: true }, async t => {
  const { report } = await run(t, { mishear: () => '', understand: () => 'yes' });
  t.equal(report.outcome, 'gaveUp');
  t.equal(report.endedBy, 'caller');
});

t.test(
  'cutting into the greeting: the agent falls silent, and the call goes on to its end',
  { buffered: true },
  async t => {
    const { report, agent } = await run(t, {
      interruptible: true,
      behaviour: { interruptTurn: 1, interruptAfterMs: 100 },
      understand: text => (/again|repeat/.test(text) ? 'repeat that' : text),
    });
    t.equal(report.bargeIns.length, 1);
    t.ok(report.bargeIns[0]!.stopMs < 250, `${report.bargeIns[0]!.stopMs} ms`);
    t.equal(report.outcome, 'completed', agent.log.join('\n'));
  },
);

t.test('cutting in on an agent that does not stop is measured as it is', { buffered: true }, async t => {
  const { report } = await run(t, {
    behaviour: { interruptTurn: 1, interruptAfterMs: 100 },
    understand: text => (/again|repeat/.test(text) ? 'repeat that' : text),
  });
  t.ok(report.bargeIns[0]!.stopMs > 250, `${report.bargeIns[0]!.stopMs} ms`);
});

t.test('hanging up in mid-sentence, and after a time', { buffered: true }, async t => {
  const { report, agent } = await run(t, { behaviour: { hangUpAfter: 'mid-sentence' } });
  t.match(report, { outcome: 'hungUp', endedBy: 'caller' });
  await agent.phone.until(phone => phone.methods().includes('BYE'));
  const timed = await run(t, { behaviour: { hangUpAfter: 0.3 } });
  t.match(timed.report, { outcome: 'hungUp', endedBy: 'caller' });
});

t.test('silence and endless talk end with the time', { buffered: true }, async t => {
  const silent = await run(t, { behaviour: { silent: true, noiseDbfs: -30, maxSeconds: 2 } });
  t.same(
    silent.report.turns.filter(({ speaker }) => speaker === 'caller'),
    [],
  );
  const endless = await run(t, { behaviour: { neverStops: true, maxSeconds: 2 } });
  t.ok(endless.report.turns.every(({ speaker }) => speaker === 'caller'));
  t.equal(endless.report.outcome, 'hungUp');
});
