import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { CallRecord } from '../../src/agent/call_record.ts';
import { CallUse } from '../../src/agent/call_use.ts';
import { Voice } from '../../src/agent/voice.ts';
import { aloneStt, aloneTts } from '../../src/providers/failover/alone.ts';
import {
  Candidates,
  candidateOf,
  type Provider,
  type ProviderKind,
} from '../../src/providers/failover/candidates.ts';
import { Meter, MeteredStt, MeteredTts } from '../../src/providers/failover/metered.ts';
import type { Stt } from '../../src/providers/types.ts';
import type { CallEvent } from '../../src/store/events.ts';
import { CallRig } from './call_rig.ts';
import { ScriptedFlow, ScriptedStt, ScriptedTts, understood } from './fakes.ts';

const OBSERVER = { attempt: () => undefined, switched: () => undefined };
const CLOCK = { nowMs: () => performance.now(), after: () => () => undefined };

const NO_VOICE = new Voice(new ScriptedTts(), CLOCK.after);

/** Says what it was used for when it is given up. */
const chatty: Stt = {
  name: 'chatty',
  prepare: () => undefined,
  open: ({ onUse }) => ({
    write: () => undefined,
    finish: async () => understood(''),
    cancel: () => {
      const nothing = { audioMs: 0, characters: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0 };
      const amounts = { ...nothing, requests: 1, costMicroUsd: 10, isEstimated: false };
      onUse?.({ kind: 'stt', provider: 'chatty', ...amounts });
    },
  }),
  close: async () => undefined,
};

function alone<P extends Provider>(kind: ProviderKind, provider: P) {
  const candidate = candidateOf(provider, CLOCK);
  return [new Candidates(kind, [candidate], CLOCK), candidate, OBSERVER] as const;
}

/** A call with providers as the registry opens them, at a dollar a minute and a dollar for ten thousand characters. */
function talkingCall(stt: ScriptedStt) {
  const tts = new ScriptedTts();
  tts.sampleOf = () => 8000;
  const voice = new MeteredTts(tts, new Meter('tts', 'voice', { usdPerMillionCharacters: 100 }));
  const ear = new MeteredStt(stt, new Meter('stt', 'ear', { usdPerAudioMinute: 1 }));
  return new CallRig({
    flow: new ScriptedFlow(state =>
      state.stage === '0' ? { say: ['Which floor?'] } : { say: ['Thank you.'] },
    ),
    stt: aloneStt(...alone('stt', ear)),
    tts: aloneTts(...alone('tts', voice)),
  });
}

t.test('a call’s record says who was asked, how long each took and what it cost', async t => {
  const stt = new ScriptedStt();
  const rig = await talkingCall(stt).answer();
  await rig.pass(2000);
  stt.finals.push(understood('second floor'));
  await rig.speak(900);
  await rig.pass(3000);
  const [latency] = rig.details('turn.latency');
  t.match(latency, { heardBy: { provider: 'scripted' }, spokenBy: { provider: 'scripted' } });
  t.notOk(latency?.thoughtBy, 'no model was asked');
  t.same(rig.details('call.used'), [], 'not with each turn');
  await rig.line.close('remoteHangup');
  while (rig.calls.count > 0) await sleep(1);
  const [told, ...more] = rig.details('call.used');
  t.same(more, []);
  const [ear, voice] = told!.uses.toSorted((a, b) => a.kind.localeCompare(b.kind));
  const heardMs = (stt.sessions[0]!.written.length * 1000) / rig.rateHz;
  t.match(ear, { kind: 'stt', provider: 'ear', requests: 1, audioMs: Math.round(heardMs) });
  t.ok(Math.abs(ear!.costMicroUsd - (heardMs / 60_000) * 1e6) <= 17, 'by the minute');
  const characters = 'Which floor?'.length + 'Thank you.'.length;
  t.match(voice, { kind: 'tts', provider: 'voice', requests: 2, characters, costMicroUsd: characters * 100 });
  t.equal(rig.events.at(-1)?.type, 'call.ended');
  t.equal(rig.events.at(-2)?.type, 'call.used', 'before the end of the call');
});

t.test('what a long call used is told meanwhile, once a minute at most', t => {
  const told: CallEvent[] = [];
  const record = new CallRecord(
    { append: event => void told.push(event) },
    { callId: 'c', tenantId: 't' },
    () => 0,
  );
  const use = new CallUse();
  const { stt } = use.within({ stt: chatty, llm: undefined, speech: undefined, voice: NO_VOICE });
  const ask = () => stt.open({ rateHz: 8000, expect: { id: '', jsgf: '' } }).cancel();
  for (const seconds of [10, 30, 59, 61, 70, 119, 122]) {
    ask();
    use.tellSometimes(record, seconds * 1000);
  }
  use.tell(record);
  t.match(told, [
    { type: 'call.used', detail: { uses: [{ provider: 'chatty', requests: 4, costMicroUsd: 40 }] } },
    { type: 'call.used', detail: { uses: [{ provider: 'chatty', requests: 3, costMicroUsd: 30 }] } },
  ]);
  t.equal(told.length, 2, 'and nothing where there is nothing');
  t.end();
});
