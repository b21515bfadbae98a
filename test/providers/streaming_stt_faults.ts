import assert from 'node:assert/strict';
import type { FaultKind, ProviderFault } from '../../src/providers/provider_fault.ts';
import type { SpeechFault } from './servers/scripted_words.ts';
import {
  ANYTHING,
  faultOf,
  hear,
  type RigTimes,
  type StreamingSttCheck,
  type StreamingSttRig,
  until,
  using,
  writeAll,
} from './streaming_stt_rig.ts';

const SAID = 'what the caller said';

/** The utterance fails so, tells nobody what was said, and the next one is heard. */
async function failsBy(
  rig: StreamingSttRig,
  fault: SpeechFault,
  kinds: readonly FaultKind[],
  times: RigTimes = {},
): Promise<ProviderFault> {
  let failed: ProviderFault | undefined;
  await using(rig, { times }, async ({ stt, say, server }) => {
    server.fault = () => fault;
    failed = await faultOf(hear(stt, await say(SAID)));
    assert.ok(kinds.includes(failed.kind), `${failed.kind}: ${failed.detail}`);
    assert.equal(failed.code, 'STT_FAILED');
    assert.ok(failed.detail.startsWith(stt.name), failed.detail);
    assert.ok(!`${failed} ${failed.cause}`.includes(SAID.slice(0, 12)), 'what was said is not told on');
    server.fault = () => undefined;
    assert.equal((await hear(stt, await say('the next one'))).text, 'the next one');
  });
  return failed!;
}

function faultCheck(
  name: string,
  fault: SpeechFault,
  kinds: readonly FaultKind[],
  times?: RigTimes,
): StreamingSttCheck {
  return {
    name,
    needsServer: true,
    async run(rig) {
      await failsBy(rig, fault, kinds, times);
    },
  };
}

/** Half-open connections are to be found by these, not by the pings of the socket. */
const QUICK: RigTimes = {
  connectMs: 2000,
  pingMs: 60_000,
  stalledMs: 1500,
  stalledAudioMs: 500,
  answerMs: 500,
  silentMs: 1500,
};

/** What every recogniser that streams must make of a provider that fails. */
export const STREAMING_STT_FAULT_CHECKS: readonly StreamingSttCheck[] = [
  faultCheck('is told that it may not', { type: 'status', status: 401 }, ['auth']),
  faultCheck('is told that something is wrong there', { type: 'status', status: 500 }, ['unavailable']),
  faultCheck('finds nobody who answers', { type: 'noHandshake' }, ['timeout'], QUICK),
  faultCheck('gets garbage as text', { type: 'text', at: 'audio', text: SAID }, ['protocol']),
  faultCheck('gets JSON that is none of its own', { type: 'text', at: 'audio', text: '[1, 2]' }, [
    'protocol',
  ]),
  faultCheck('gets garbage as bytes', { type: 'bytes', at: 'audio', bytes: Buffer.from(SAID) }, ['protocol']),
  faultCheck('gets garbage for its final', { type: 'text', at: 'final', text: '{"type":' }, ['protocol']),
  faultCheck('gets half of a message', { type: 'truncate' }, ['protocol']),
  faultCheck('loses its connection in the middle', { type: 'kill', at: 'audio' }, ['unavailable']),
  faultCheck('loses its connection before the final', { type: 'kill', at: 'final' }, ['unavailable']),
  faultCheck('is closed on', { type: 'close', at: 'final', code: 1011, reason: '' }, ['unavailable']),
  faultCheck('hears nothing any more', { type: 'mute', at: 'audio' }, ['timeout'], QUICK),
  faultCheck('hears no final', { type: 'mute', at: 'final' }, ['timeout'], QUICK),
  faultCheck('hears pings alone', { type: 'stall', at: 'final' }, ['timeout'], QUICK),
  {
    name: 'is told to come back later',
    needsServer: true,
    async run(rig) {
      const fault: SpeechFault = { type: 'status', status: 429, headers: { 'Retry-After': '3' } };
      assert.equal((await failsBy(rig, fault, ['rateLimited'])).retryAfterMs, 3_000);
    },
  },
  {
    name: 'has the wrong key',
    needsServer: true,
    run: rig =>
      using(rig, { key: 'a-wrong-one' }, async ({ stt, say }) => {
        const fault = await faultOf(hear(stt, await say(SAID)));
        assert.equal(fault.kind, 'auth');
        assert.ok(!`${fault} ${fault.cause}`.includes('a-wrong-one'));
      }),
  },
  {
    name: 'is refused its sample rate',
    needsServer: true,
    run: rig =>
      using(rig, {}, async ({ stt, say, server }) => {
        server.rates = [44_100];
        const { kind } = await faultOf(hear(stt, await say(SAID)));
        assert.ok(kind === 'refused' || kind === 'protocol', kind);
      }),
  },
  {
    name: 'notices a half-open connection while somebody speaks',
    needsServer: true,
    run: rig =>
      using(rig, { times: QUICK }, async ({ stt, say, server }) => {
        server.fault = () => ({ type: 'mute', at: 'audio' });
        const session = stt.open({ rateHz: 16_000, expect: ANYTHING });
        writeAll(session, await say(SAID));
        await until(() => server.audioBytes > 0, 'sound came');
        await until(() => server.openConnections === 0, 'it gave the connection up');
        assert.equal((await faultOf(session.finish())).kind, 'timeout');
      }),
  },
  {
    name: 'takes somebody who pauses for no fault',
    needsServer: true,
    run: rig =>
      using(rig, { times: { stalledMs: 1000 } }, async ({ stt, say }) => {
        let partial = '';
        const session = stt.open({ rateHz: 16_000, expect: ANYTHING, onPartial: text => (partial = text) });
        const pcm = await say('yes');
        session.write(pcm.subarray(0, 8_000));
        await until(() => partial === 'yes', 'it was heard');
        session.write(pcm.subarray(8_000, 9_000));
        await new Promise(resolve => setTimeout(resolve, 2500));
        assert.equal((await session.finish()).text, 'yes');
      }),
  },
  {
    name: 'dials anew when the server has closed an idle connection',
    needsServer: true,
    run: rig =>
      using(rig, { times: { keepAliveMs: 60_000 } }, async ({ stt, say, server }) => {
        server.idleMs = 100;
        assert.equal((await hear(stt, await say('the first'))).text, 'the first');
        await until(() => server.openConnections === 0, 'the server has closed it');
        server.idleMs = 10_000;
        assert.equal((await hear(stt, await say('the second'))).text, 'the second');
        assert.equal(server.requests.length, 2);
      }),
  },
  {
    name: 'loses no word to an idle connection that dies as somebody begins to speak',
    needsServer: true,
    run: rig =>
      using(rig, {}, async ({ stt, say, server }) => {
        assert.equal((await hear(stt, await say('the first'))).text, 'the first');
        const pcm = await say('the second');
        server.killAll();
        assert.equal((await hear(stt, pcm)).text, 'the second');
        assert.equal(server.requests.length, 2);
      }),
  },
];
