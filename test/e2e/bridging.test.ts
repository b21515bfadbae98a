import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { loadConfig } from '../../src/config/load.ts';
import { toneInt16 } from '../lines/trunk_rig.ts';
import { followLegs } from './leg_events.ts';
import { PHONE_RATE_HZ, Phone } from './phone.ts';
import { TestNode } from './test_node.ts';

t.setTimeout(300_000);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(50);
}

t.test('a caller, the agent and a colleague, by a trunk', async t => {
  const [caller, colleague] = [await Phone.open(t), await Phone.open(t)];
  const node = await TestNode.start(
    { processes: 1 },
    {
      livekit: { enabled: false },
      trunks: [
        { name: 'in', allowedAddresses: ['127.0.0.1/32'], numbers: ['*'] },
        {
          name: 'out',
          directions: ['outbound'],
          optionsEveryS: 0,
          gateways: ['sip:127.0.0.1:9', `sip:127.0.0.1:${colleague.port}`],
        },
      ],
    },
  );
  t.teardown(() => node.discard());
  const events = await followLegs(node);
  caller.call(loadConfig(node.configFile).sip.port, '+15550199');
  await until(() => caller.session !== undefined);
  const call = async (): Promise<string | undefined> => (await node.calls())[0]?.callId;
  while ((await call()) === undefined) await sleep(100);
  const legs = `/api/calls/${await call()}/legs`;

  colleague.onCall = session => session.reject(486);
  t.equal((await node.post(legs, { number: '+15550111' })).status, 201);
  await until(() => events().length === 2);
  t.same(events(), ['leg.added', 'leg.removed busy 486']);

  colleague.onCall = session => colleague.accept(session);
  const answer = await node.post(legs, { number: '+15550111', keepAgent: false });
  const { legId } = (await answer.json()) as { legId: string };
  await until(() => colleague.session !== undefined);
  caller.sound.say(toneInt16(500, PHONE_RATE_HZ, 20_000));
  colleague.sound.say(toneInt16(700, PHONE_RATE_HZ, 20_000));
  await until(() => caller.share(700) > 0.95 && colleague.share(500) > 0.95);
  t.pass('they hear each other, and nobody else');

  t.equal((await node.delete(`${legs}/nobody`)).status, 404);
  t.equal((await node.delete(`${legs}/${legId}`)).status, 204);
  await until(() => colleague.endings.length === 2 && caller.endings.length === 1);
  t.same(colleague.endings, ['local 486', 'remote']);
  t.same(caller.endings, ['remote'], 'who is left alone is hung up');
  await until(() => events().length === 6);
  t.same(events().slice(2), [
    'leg.added',
    'leg.answered',
    'leg.removed localHangup',
    'leg.removed localHangup',
  ]);
  t.equal((await node.post(legs, { number: '+15550111' })).status, 404, 'the call is over');
  t.equal(await node.stop(), 0);
  t.same(node.remains(), []);
});
