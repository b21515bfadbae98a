import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Headers } from '../../sip/message/headers.ts';
import type { InboundSession } from '../../sip/session/session.ts';
import type { ServerTransaction } from '../../sip/transaction/server_transaction.ts';
import { loadConfig } from '../../src/config/load.ts';
import { toneInt16 } from '../lines/trunk_rig.ts';
import { ROOT } from '../tidy/sources.ts';
import { RECEPTION } from '../workflow/desk_flows.ts';
import { followLegs } from './leg_events.ts';
import { PHONE_RATE_HZ, Phone } from './phone.ts';
import { TestNode } from './test_node.ts';

t.setTimeout(300_000);

/** Which floor is keyed in; the person hears of it. */
const WORKFLOW = RECEPTION.replace(/ {6}- \{ slots: \[size\].*\n/, '').replace(
  '"A caller has {size}."',
  '"A caller on the {floor}."',
);
const [CALLER_HZ, PERSON_HZ] = [550, 700];

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(50);
}

t.test('a caller is put through to a person, by their own side or by a trunk', async t => {
  const workflows = mkdtempSync(join(tmpdir(), 'workflows-'));
  t.teardown(() => rmSync(workflows, { recursive: true, force: true }));
  cpSync(join(ROOT, 'workflows/places'), join(workflows, 'places'), { recursive: true });
  writeFileSync(join(workflows, 'reception.yaml'), WORKFLOW);
  const person = await Phone.open(t);
  const node = await TestNode.start(
    { processes: 1 },
    {
      livekit: { enabled: false },
      workflows: { dir: workflows, default: 'reception' },
      people: { sales: { number: '+15550111', trunk: 'out' } },
      trunks: [
        { name: 'in', allowedAddresses: ['127.0.0.1/32'], numbers: ['*'], transferBy: 'refer' },
        {
          name: 'out',
          directions: ['outbound'],
          optionsEveryS: 0,
          gateways: [`sip:127.0.0.1:${person.port}`],
        },
      ],
    },
  );
  t.teardown(() => node.discard());
  const events = await followLegs(node);
  const { port } = loadConfig(node.configFile).sip;
  let rung: InboundSession | undefined;
  const justRing = (session: InboundSession): void => {
    session.progress(180);
    rung = session;
  };
  person.onCall = justRing;
  /** Calls, and says with a key on which floor, until somebody is called: the person's phone, where the caller's refers nobody. */
  const ring = async (refer?: (server: ServerTransaction) => void): Promise<Phone> => {
    rung = undefined;
    let isReferred = false;
    const caller = await Phone.open(t);
    if (refer !== undefined)
      caller.onRequest = server => {
        isReferred = true;
        refer(server);
        return true;
      };
    caller.call(port, '+15550199');
    await until(() => caller.session !== undefined);
    const isRung = () => rung !== undefined || isReferred;
    while (!isRung()) {
      caller.sound.press(2, 100, 3);
      for (let i = 0; i < 60 && !isRung(); i += 1) await sleep(50);
    }
    return caller;
  };

  const caller = await ring();
  await until(() => caller.share(440) + caller.share(480) > 0.9);
  t.pass('the caller hears it ring');
  person.accept(rung!);
  await until(() => person.session !== undefined);
  caller.sound.say(toneInt16(CALLER_HZ, PHONE_RATE_HZ, 60_000));
  person.sound.say(toneInt16(PERSON_HZ, PHONE_RATE_HZ, 60_000));
  await until(() => caller.share(PERSON_HZ) > 0.95 && person.share(CALLER_HZ) > 0.95);
  t.pass('they hear each other, and nobody else');
  person.session?.hangUp();
  await until(() => caller.endings.length === 1);
  t.same(caller.endings, ['remote'], 'the call went on to its end');

  person.onCall = session => {
    rung = session;
    session.reject(486);
  };
  const second = await ring();
  await until(() => second.endings.length === 1);
  t.same(second.endings, ['remote'], 'who is not reached is told so');

  person.onCall = justRing;
  const third = await ring();
  const before = person.endings.length;
  third.session?.hangUp();
  await until(() => person.endings.length > before);
  t.match(person.endings.at(-1), /^remote/, 'a phone that rings for nobody is told so');

  let target: string | undefined;
  const fourth = await ring(server => {
    target = server.request.headers.get('refer-to');
    server.respond(202);
  });
  const tell = (line: string): void =>
    fourth.session?.request('NOTIFY', {
      headers: Headers.of({ Event: 'refer', 'Subscription-State': 'active' }),
      contentType: 'message/sipfrag',
      body: Buffer.from(line),
    });
  await until(() => fourth.share(440) + fourth.share(480) > 0.9);
  tell('SIP/2.0 180 Ringing');
  tell('SIP/2.0 200 OK');
  await until(() => fourth.endings.length === 1);
  t.same(fourth.endings, ['remote'], 'who was put through by their own side is hung up');
  t.match(target, /^<sip:\+15550111@127\.0\.0\.1:\d+>$/);

  const fifth = await ring(server => {
    server.respond(202);
  });
  fifth.session?.request('NOTIFY', {
    headers: Headers.of({ Event: 'refer', 'Subscription-State': 'terminated' }),
    contentType: 'message/sipfrag',
    body: Buffer.from('SIP/2.0 603 Decline'),
  });
  await until(() => fifth.endings.length === 1);
  t.same(fifth.endings, ['remote'], 'who was not is told so, and the call goes on to its end');

  const refused = ['transfer.begun', 'transfer.ended refused 405'];
  const accepted = ['transfer.begun', 'transfer.progressed 202'];
  await until(() => events().length === 22);
  t.same(events(), [
    ...refused,
    'leg.added',
    'leg.answered',
    'leg.told',
    'leg.joined',
    'leg.removed remoteHangup',
    ...refused,
    'leg.added',
    'leg.removed busy 486',
    ...refused,
    'leg.added',
    'leg.removed callEnded',
    ...accepted,
    'transfer.progressed 180',
    'transfer.ended taken 200',
    ...accepted,
    'transfer.ended declined 603',
  ]);
  while ((await node.calls()).filter(({ endedAt }) => endedAt !== null).length < 5) await sleep(100);
  const calls = (await node.calls()).toReversed();
  t.same(
    calls.map(({ outcome }) => outcome),
    ['served', 'callback', null, 'transferred', 'callback'],
  );
  t.equal(await node.stop(), 0);
  t.same(node.remains(), []);
});
