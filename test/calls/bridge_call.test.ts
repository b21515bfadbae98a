import t from 'tap';
import { CODECS, type CodecName } from '../../bench/wire/codec.ts';
import { hearingsOf } from '../../src/calls/bridge_plan.ts';
import { TrunkPeer } from '../lines/trunk_peer.ts';
import { freePortPair, toneInt16, toneShare } from '../lines/trunk_rig.ts';
import { BridgeRig, phone } from './bridge_rig.ts';

/** Share of the last 500 ms that a peer heard that is a tone's. */
function share(peer: TrunkPeer, toneHz: number, codec: CodecName = 'PCMU'): number {
  const { rateHz } = CODECS[codec];
  return toneShare(TrunkPeer.samplesOf(peer.heard, codec).slice(-rateHz / 2), toneHz, rateHz);
}

function level(samples: Int16Array): number {
  return Math.max(...samples.map(Math.abs));
}

/** Nothing louder than a codec's rounding in the last 500 ms. */
function isSilent(peer: TrunkPeer): boolean {
  return level(TrunkPeer.samplesOf(peer.heard, 'PCMU').slice(-4_000)) < 40;
}

const SECOND_MS = 1_000;

t.test('two phones of different codecs speak with each other, and not with themselves', async t => {
  for (const codec of ['PCMU', 'G722'] as const) {
    const rig = await BridgeRig.up('PCMU');
    const leg = await rig.join('leg', { keepAgent: false }, codec);
    rig.caller.say(toneInt16(500, 8000, 2 * SECOND_MS));
    leg.say(toneInt16(700, CODECS[codec].rateHz, 2 * SECOND_MS));
    await rig.run(2 * SECOND_MS);
    t.ok(share(leg, 500, codec) > 0.98, `${share(leg, 500, codec)} of what the leg hears is the caller`);
    t.ok(share(rig.caller, 700) > 0.98, `${share(rig.caller, 700)} of what the caller hears is the leg`);
    await rig.close();
  }
});

t.test('from phone to phone it takes no more than a tick beyond packets and jitter buffer', async t => {
  const rig = await BridgeRig.up();
  const leg = await rig.join('leg');
  await rig.run(20 * SECOND_MS);
  leg.heard.length = 0;
  rig.caller.say(toneInt16(500, 8000, 200));
  await rig.run(400);
  const heard = TrunkPeer.samplesOf(leg.heard, 'PCMU');
  const onset = heard.findIndex(sample => Math.abs(sample) > 1_000);
  const packetMs = 20;
  const heldMs = 20;
  const onsetMs = onset / 8;
  t.ok(onset > 0 && onsetMs <= packetMs + heldMs + 10, `${onsetMs} ms`);
  await rig.close();
});

t.test('keys pass between those who speak, as events of their length', async t => {
  const rig = await BridgeRig.up();
  const leg = await rig.join('leg', { keepAgent: false });
  const ear = await rig.join('ear', { mode: 'listen' });
  await rig.run(200);
  for (const peer of [leg, ear, rig.caller]) peer.heard.length = 0;
  rig.caller.press(5, 120, 3);
  await rig.run(500);
  const ends = leg.heard.filter(({ payloadType, payload }) => payloadType === 101 && payload[1]! >= 0x80);
  t.equal(ends.length, 3, 'the end is said three times');
  t.same(ends[0]?.payload[0], 5);
  t.same(((ends[0]?.payload[2] ?? 0) << 8) + (ends[0]?.payload[3] ?? 0), 960);
  leg.press(9, 100, 1);
  await rig.run(500);
  const codes = rig.caller.heard
    .filter(({ payloadType }) => payloadType === 101)
    .map(({ payload }) => payload[0]);
  t.same([...new Set(codes)], [9]);
  t.notOk(
    ear.heard.some(({ payloadType }) => payloadType === 101),
    'who only listens learns no keys',
  );
  t.notOk(
    rig.toTalk.some(({ type }) => type === 'dtmf'),
    'nor does an agent that has left',
  );
  await rig.close();
});

t.test('on hold one side is silent to the other, and back when it is resumed', async t => {
  const rig = await BridgeRig.up();
  const leg = await rig.join('leg');
  leg.say(toneInt16(700, 8000, 6 * SECOND_MS));
  await rig.run(SECOND_MS);
  rig.edge({ type: 'lineChanged', callId: 'leg', stream: leg.stream({ held: true, sends: false }) });
  await rig.run(SECOND_MS);
  t.ok(isSilent(rig.caller), 'music on hold is not passed on');
  rig.edge({ type: 'lineChanged', callId: 'leg', stream: leg.stream() });
  await rig.run(SECOND_MS);
  t.ok(share(rig.caller, 700) > 0.98);
  await rig.close();
});

t.test('the agent leaves when the leg has answered, and the recording has caller and leg', async t => {
  const rig = await BridgeRig.up();
  rig.record();
  rig.say(toneInt16(900, 8000, 4 * SECOND_MS));
  const leg = await rig.ring('leg', { keepAgent: false });
  rig.edge({ type: 'lineAnswered', callId: 'leg', stream: leg.stream() });
  leg.say(toneInt16(700, 8000, 4 * SECOND_MS));
  await rig.run(SECOND_MS);
  t.ok(share(rig.caller, 700) > 0.3 && share(rig.caller, 900) > 0.3, 'the ringing is heard beside the agent');
  rig.answer('leg');
  rig.answer('leg');
  rig.caller.say(toneInt16(500, 8000, 2 * SECOND_MS));
  await rig.run(SECOND_MS);
  t.ok(share(rig.caller, 700) > 0.98, 'the agent is silent');
  rig.recorded();
  await rig.run(500);
  const { caller, other } = rig.recorded();
  t.ok(toneShare(caller, 500, 8000) > 0.98);
  t.ok(toneShare(other, 700, 8000) > 0.98);
  rig.calls.fromTalk({ type: 'hangUp', slot: 0, drain: false });
  await rig.run(100);
  t.same(rig.ended, [], 'what the agent still wants ends nothing');
  t.same(rig.facts, [
    'leg.added leg trunk +15550111 bridge false',
    'leg.answered leg',
    'agentLeft',
    'leg.removed agent localHangup',
  ]);
  await rig.close();
});

t.test('who is left alone is hung up; beside the agent the call goes on', async t => {
  for (const keepAgent of [true, false]) {
    const rig = await BridgeRig.up();
    await rig.join('leg', { keepAgent });
    await rig.run(100);
    rig.edge({ type: 'lineGone', callId: 'leg', reason: 'remoteHangup' });
    await rig.run(100);
    const isOver = rig.toTalk.some(({ type }) => type === 'lineEnded');
    t.equal(isOver, !keepAgent, keepAgent ? 'the agent is there' : 'nobody is left');
    t.equal(rig.facts.at(-1), 'leg.removed leg remoteHangup');
    await rig.close();
  }
});

t.test('the end of the call is the end of its legs, and the edge hears of each', async t => {
  const rig = await BridgeRig.up();
  await rig.join('one');
  await rig.ring('two');
  rig.edge({ type: 'lineGone', callId: 'call', reason: 'remoteHangup' });
  await rig.run(50);
  t.same(
    rig.toEdge.filter(({ type }) => type === 'lineClosed'),
    [
      { type: 'lineClosed', callId: 'one', reason: 'localHangup' },
      { type: 'lineClosed', callId: 'two', reason: 'localHangup' },
    ],
  );
  t.same(rig.facts.slice(-2), ['leg.removed one callEnded', 'leg.removed two callEnded']);
  rig.calls.fromTalk({ type: 'released', slot: 0 });
  await rig.run(10);
  t.same(rig.ended, ['remoteHangup']);
  await rig.close();
});

t.test('a leg that comes to nothing says why, and is forgotten', async t => {
  const rig = await BridgeRig.up();
  await rig.ring('leg');
  rig.remove('leg', { reason: 'busy', status: 486 });
  rig.remove('leg');
  rig.answer('leg');
  t.same(rig.facts, ['leg.added leg trunk +15550111 bridge true', 'leg.removed leg busy 486']);
  const fine = await rig.join('leg');
  fine.say(toneInt16(700, 8000, SECOND_MS));
  await rig.run(SECOND_MS);
  t.ok(share(rig.caller, 700) > 0.9, 'its id and place are free again');
  await rig.close();
});

t.test('of a phone leg that can not be opened the edge hears, too', async t => {
  const rig = await BridgeRig.up();
  rig.open({ legId: 'leg', mode: 'bridge', keepAgent: true, access: phone(rig.caller.linePort) });
  while (rig.facts.length < 2) await rig.run(10);
  t.same(rig.facts, ['leg.added leg trunk +15550111 bridge true', 'leg.removed leg rejected']);
  t.same(rig.toEdge.at(-1), { type: 'lineClosed', callId: 'leg', reason: 'rejected' });
  await rig.close();
});

t.test('no more legs than the limit, none twice, none in a call that is not up', async t => {
  const rig = await BridgeRig.up();
  for (const id of ['a', 'b', 'c', 'd']) await rig.ring(id);
  const access = { kind: 'link', port: await freePortPair(), farPort: 9, to: 'room' } as const;
  t.notOk(rig.open({ legId: 'e', mode: 'bridge', keepAgent: true, access }));
  rig.remove('a');
  t.notOk(rig.open({ legId: 'b', mode: 'bridge', keepAgent: true, access }));
  const leg = { legId: 'e', mode: 'bridge', keepAgent: true, access } as const;
  t.notOk(rig.calls.leg({ type: 'openLeg', callId: 'another', leg }));
  t.ok(rig.open(leg));
  await rig.close();
});

t.test('a room of another process is spoken with over a link', async t => {
  const rig = await BridgeRig.up();
  const [port, farPort] = [await freePortPair(), await freePortPair()];
  const link = { kind: 'link', port, farPort, to: 'room-1' } as const;
  rig.open({ legId: 'room', mode: 'bridge', keepAgent: false, access: link });
  const access = { url: 'ws://nowhere', token: '' };
  rig.relays.open({ type: 'openRelay', legId: 'room', room: access, port: farPort, farPort: port });
  await rig.run(100);
  const [room] = rig.rooms;
  room?.events.answered();
  t.same(rig.toEdge.at(-1), { type: 'relayUp', legId: 'room' });
  rig.answer('room');
  const said = toneInt16(700, 16_000, 2 * SECOND_MS);
  room?.say(Float32Array.from(said, sample => sample / 32_768));
  rig.caller.say(toneInt16(500, 8000, 2 * SECOND_MS));
  await rig.run(1_500);
  t.ok(share(rig.caller, 700) > 0.98, `${share(rig.caller, 700)}`);
  t.ok(toneShare(room!.sent.slice(-8_000), 500, 16_000) > 0.98);
  room?.events.dtmf('7', 0);
  await rig.run(500);
  t.ok(rig.caller.heard.some(({ payloadType, payload }) => payloadType === 101 && payload[0] === 7));
  rig.caller.press(3, 100, 3);
  await rig.run(500);
  t.same(room?.pressed, ['3 100']);
  room?.events.ended('remoteHangup');
  t.same(rig.toEdge.at(-1), { type: 'relayGone', legId: 'room', reason: 'remoteHangup' });
  await rig.close();
});

t.test('who hears whom, by what each leg is there for', async t => {
  const heardBy = (to: string): string[] =>
    hearings.filter(hearing => hearing.to === to).map(({ from }) => from);
  const legs = [
    { legId: 'human', mode: 'bridge' },
    { legId: 'coach', mode: 'whisper' },
    { legId: 'ear', mode: 'listen' },
  ] as const;
  let hearings = hearingsOf(legs, true);
  t.same(heardBy('caller'), ['agent', 'human']);
  t.same(heardBy('human'), ['caller', 'agent', 'coach'], 'the caller does not hear the coach');
  t.same(heardBy('coach'), ['caller', 'agent', 'human']);
  t.same(heardBy('ear'), ['caller', 'agent', 'human']);
  hearings = hearingsOf(legs, false);
  t.same(heardBy('caller'), ['human']);
  t.same(hearingsOf([], true), [{ from: 'agent', to: 'caller', gainDb: 0 }]);
  t.same(hearingsOf([], false), []);
});
