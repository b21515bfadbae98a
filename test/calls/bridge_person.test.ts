import t from 'tap';
import type { PersonOrder } from '../../src/calls/bridge_legs.ts';
import type { MessageOf } from '../../src/ipc/messages.ts';
import { TrunkPeer } from '../lines/trunk_peer.ts';
import { toneInt16, toneShare } from '../lines/trunk_rig.ts';
import { BridgeRig } from './bridge_rig.ts';

const [CALLER_HZ, PERSON_HZ, AGENT_HZ] = [550, 700, 900];
const LEG = {
  legId: 'leg',
  mode: 'bridge',
  keepAgent: true,
  to: { kind: 'number', number: '+15550111' },
} as const;
const SECOND_MS = 1_000;

/** Share of the last half second heard that is a tone's. */
function share(peer: TrunkPeer, toneHz: number): number {
  return toneShare(TrunkPeer.samplesOf(peer.heard, 'PCMU').slice(-4_000), toneHz, 8000);
}

function level(peer: TrunkPeer): number {
  return Math.max(...TrunkPeer.samplesOf(peer.heard, 'PCMU').slice(-4_000).map(Math.abs));
}

function order(rig: BridgeRig, what: PersonOrder): void {
  rig.calls.fromTalk({ type: 'person', slot: 0, order: what });
}

/** A call whose agent has somebody called; all of them speak, each at a pitch of their own. */
async function ringing(): Promise<{ rig: BridgeRig; person: TrunkPeer }> {
  const rig = await BridgeRig.up();
  await rig.run(100);
  order(rig, { do: 'call', person: 'sales', leg: LEG });
  await rig.run(SECOND_MS);
  const rings = share(rig.caller, 440) + share(rig.caller, 480);
  t.ok(rings > 0.9, `${rings} of what the caller hears is ringing, before the edge has said anything`);
  const person = await rig.ring('leg');
  rig.edge({ type: 'lineAnswered', callId: 'leg', stream: person.stream() });
  person.say(toneInt16(PERSON_HZ, 8000, 20 * SECOND_MS));
  rig.caller.say(toneInt16(CALLER_HZ, 8000, 20 * SECOND_MS));
  await rig.run(SECOND_MS);
  return { rig, person };
}

t.test('a person hears the agent alone, then the caller alone', async t => {
  const { rig, person } = await ringing();
  t.same(rig.wanted, [{ type: 'addLeg', leg: LEG }]);
  t.ok(level(person) < 40, 'nothing before the answer');
  t.ok(share(rig.caller, PERSON_HZ) < 0.01, 'nor does the caller hear what comes from there');

  rig.answer('leg');
  rig.say(toneInt16(AGENT_HZ, 8000, 8 * SECOND_MS));
  await rig.run(SECOND_MS);
  t.ok(share(person, AGENT_HZ) > 0.98, `${share(person, AGENT_HZ)} of what the person hears is the agent`);
  t.ok(share(rig.caller, AGENT_HZ) < 0.01, 'which the caller does not hear');

  order(rig, { do: 'join', legId: 'leg' });
  await rig.run(SECOND_MS);
  t.ok(share(person, CALLER_HZ) > 0.98, `${share(person, CALLER_HZ)} of what the person hears is the caller`);
  t.ok(share(rig.caller, PERSON_HZ) > 0.98, `${share(rig.caller, PERSON_HZ)} the other way round`);

  rig.edge({ type: 'lineGone', callId: 'leg', reason: 'remoteHangup' });
  await rig.run(SECOND_MS);
  t.ok(share(rig.caller, AGENT_HZ) > 0.9, 'the agent is back when the person has gone');
  t.same(rig.facts, [
    'leg.added leg trunk +15550111 bridge true sales',
    'leg.answered leg',
    'leg.joined leg',
    'leg.removed leg remoteHangup',
  ]);
  t.same(rig.ended, [], 'and the call goes on');
  await rig.close();
});

t.test('a person who is no longer wanted hears and is heard no more, and the edge is told', async t => {
  const { rig, person } = await ringing();
  rig.answer('leg');
  order(rig, { do: 'drop', legId: 'leg' });
  rig.say(toneInt16(AGENT_HZ, 8000, 4 * SECOND_MS));
  await rig.run(SECOND_MS);
  t.same(rig.wanted.at(-1), { type: 'dropLeg', legId: 'leg' });
  t.ok(share(rig.caller, AGENT_HZ) > 0.9, 'the caller hears the agent and no ringing');
  t.ok(level(person) < 40);
  rig.remove('leg');
  t.equal(rig.facts.at(-1), 'leg.removed leg localHangup');
  await rig.close();
});

t.test('whom the edge does not call, rings no more', async t => {
  const rig = await BridgeRig.up();
  order(rig, { do: 'call', person: 'sales', leg: LEG });
  await rig.run(200);
  rig.calls.legRefused('call', 'leg');
  t.match(rig.toTalk.at(-1), { type: 'legRefused', slot: 0, legId: 'leg' });
  await rig.run(SECOND_MS);
  t.ok(level(rig.caller) < 40);
  await rig.close();
});

t.test('with the agent out of the call whoever answers speaks with the caller', async t => {
  const { rig, person } = await ringing();
  rig.remove('agent');
  rig.answer('leg');
  await rig.run(SECOND_MS);
  t.ok(share(person, CALLER_HZ) > 0.98);
  t.ok(share(rig.caller, PERSON_HZ) > 0.98);
  t.same(rig.ended, []);
  await rig.close();
});

t.test('a party goes before the tone, and both before none', async t => {
  const rig = await BridgeRig.up();
  for (const id of ['a', 'b', 'c']) await rig.join(id, { mode: 'listen' });
  order(rig, { do: 'call', person: 'sales', leg: LEG });
  await rig.run(SECOND_MS);
  t.ok(share(rig.caller, 440) + share(rig.caller, 480) > 0.9);
  await rig.join('leg');
  order(rig, { do: 'join', legId: 'leg' });
  await rig.run(SECOND_MS);
  t.ok(level(rig.caller) < 40, 'there was a place for the person');
  t.equal(rig.facts.at(-1), 'leg.joined leg');
  await rig.close();
});

t.test("a person whom the caller's side calls rings for the caller, too", async t => {
  const rig = await BridgeRig.up();
  await rig.run(100);
  const wish = { transferId: 'one', isWished: true, to: { kind: 'number', number: '+15550111' } } as const;
  const hear = (news: MessageOf<'referral'>['news'], transferId = 'one'): void =>
    rig.calls.referral({ type: 'referral', callId: 'call', transferId, news });
  const rings = async (): Promise<number> => {
    await rig.run(SECOND_MS);
    return share(rig.caller, 440) + share(rig.caller, 480);
  };
  order(rig, { do: 'refer', person: 'sales', ...wish });
  t.same(rig.wanted, [{ type: 'refer', ...wish }]);
  hear({ what: 'begun', to: 'sip:+15550111@192.0.2.1' });
  hear({ what: 'progress', status: 202 });
  t.ok((await rings()) > 0.9);
  hear({ what: 'over', result: 'busy', status: 486 });
  t.ok((await rings()) < 0.1, 'until it is over');
  t.same(rig.facts, [
    'transfer.begun one sales sip:+15550111@192.0.2.1',
    'transfer.progressed one 202',
    'transfer.ended one busy 486',
  ]);

  order(rig, { do: 'refer', person: 'sales', ...wish, transferId: 'two' });
  hear({ what: 'notBegun' }, 'two');
  t.match(rig.toTalk.at(-1), { type: 'legRefused', legId: 'two' });
  t.ok((await rings()) < 0.1);

  order(rig, { do: 'refer', person: 'sales', ...wish, transferId: 'three' });
  hear({ what: 'begun', to: 'sip:+15550111@192.0.2.1' }, 'three');
  order(rig, { do: 'drop', legId: 'three' });
  t.ok((await rings()) < 0.1, 'nobody waits for it any more');
  t.equal(rig.wanted.length, 3, 'but it can not be taken back');
  rig.calls.hangUp('call');
  t.equal(rig.facts.at(-1), 'transfer.ended three callEnded', 'nobody knows what became of it');
  await rig.close();
});
