import t from 'tap';
import type { PersonLine, PersonNews } from '../../src/agent/ports.ts';
import { FlowResponder } from '../../src/agent/responder.ts';
import { flowsOf, RECEPTION } from '../workflow/desk_flows.ts';
import { understood } from './fakes.ts';
import { Rig } from './rig.ts';

/** Somebody who is called by hand. */
class HandPeople implements PersonLine {
  /** `call sales`, `join`, `drop`, `told …`. */
  readonly log: string[] = [];
  told: (news: PersonNews) => void = () => undefined;

  call(person: string, told: (news: PersonNews) => void) {
    this.log.push(`call ${person}`);
    this.told = told;
    return {
      join: () => void this.log.push('join'),
      drop: () => void this.log.push('drop'),
      told: (text: string) => void this.log.push(`told ${text}`),
    };
  }
}

async function ringing(change: (yaml: string) => string = yaml => yaml) {
  const people = new HandPeople();
  const flow = flowsOf([change(RECEPTION)]).get('reception')!;
  const rig = await new Rig(
    () => ({}),
    () => ({ responder: new FlowResponder(flow), initial: flow.initial, people }),
  ).answer();
  await rig.listen();
  for (const text of ['big', 'second floor']) {
    t.same(people.log, [], 'nobody is called before');
    rig.stt.finals.push(understood(text));
    await rig.speak();
    await rig.listen();
  }
  const outcomes = () => rig.details('call.outcome').map(({ outcome }) => outcome);
  return { rig, people, outcomes };
}

t.test('a person answers, is told what it is about, and speaks with the caller', async t => {
  const { rig, people, outcomes } = await ringing();
  t.equal(rig.said().at(-1), 'I put you through.');
  t.same(people.log, ['call sales'], 'once all is said');
  const sessions = rig.stt.sessions.length;
  await rig.startSpeaking();
  await rig.pass(500, 7);
  await rig.endTurn();
  t.equal(rig.stt.sessions.length, sessions, 'what the caller says meanwhile is not for the agent');
  people.told('answered');
  await rig.pass(40);
  t.same(people.log, ['call sales'], 'not before they were told');
  await rig.listen();
  await rig.pass(100);
  t.same(people.log, ['call sales', 'told A caller has a big one.', 'join']);
  t.same(outcomes(), ['transferred']);
  t.equal(rig.said().at(-1), 'I put you through.', 'which the caller has not heard');
  await rig.pass(60_000);
  t.equal(rig.stt.sessions.length, sessions);
  t.equal(rig.said().at(-1), 'I put you through.', 'the agent is silent, whoever else is');
  people.told('left');
  await rig.listen();
  t.equal(rig.said().at(-1), 'They have hung up.');
  t.same(outcomes(), ['transferred', 'served']);
  t.same(rig.audio.hangUps.length, 1);
  t.same(rig.faults, []);
});

t.test('the caller is put through by their own side, and hung up', async t => {
  const { rig, people, outcomes } = await ringing();
  people.told('taken');
  await rig.pass(500);
  t.same(people.log, ['call sales'], 'nobody is told anything');
  t.equal(rig.said().at(-1), 'I put you through.');
  t.same(outcomes(), ['transferred']);
  t.same(rig.audio.hangUps.length, 1);
  t.same(rig.faults, []);
});

t.test('nobody answers, for whatever reason, and the workflow goes on', async t => {
  for (const news of ['busy', 'declined', 'noAnswer', 'failed'] as const) {
    const { rig, people, outcomes } = await ringing();
    people.told(news);
    await rig.listen();
    t.equal(rig.said().at(-1), 'Somebody will call you back.', news);
    t.same(people.log, ['call sales']);
    t.same(outcomes(), ['callback']);
  }
  const { rig, people } = await ringing();
  await rig.pass(19_000);
  t.same(people.log, ['call sales']);
  await rig.pass(1_100);
  t.same(people.log, ['call sales', 'drop'], 'it rings for so long');
  await rig.listen();
  t.equal(rig.said().at(-1), 'Somebody will call you back.');
  people.told('answered');
  await rig.pass(200);
  t.notMatch(people.log, ['call sales', 'drop', 'join'], 'who answers too late is not put through');
});

t.test('whoever hangs up before the caller was there has declined', async t => {
  const { rig, people, outcomes } = await ringing();
  people.told('answered');
  await rig.pass(40);
  people.told('left');
  await rig.listen();
  t.equal(rig.said().at(-1), 'Somebody will call you back.');
  t.same(outcomes(), ['callback']);
  t.notOk(people.log.includes('join'));
});

t.test('without a voice for it the person is joined all the same', async t => {
  const { rig, people } = await ringing();
  rig.tts.failures = 99;
  people.told('answered');
  await rig.pass(500);
  t.same(people.log, ['call sales', 'join']);
  t.equal(rig.faults.length, 1);
});

t.test('a workflow may tell nothing', async t => {
  const { rig, people } = await ringing(yaml => yaml.replace(/ {4}whisper:.*\n/, ''));
  people.told('answered');
  await rig.pass(20);
  t.same(people.log, ['call sales', 'join']);
});

t.test('a call that ends, or fails, lets the person go', async t => {
  const gone = await ringing();
  gone.rig.conversation.lineEnded();
  gone.people.told('answered');
  await gone.rig.pass(30_000);
  t.same(gone.people.log, ['call sales'], 'with the line goes the leg');

  const failed = await ringing();
  failed.rig.conversation.fail(new Error('broken'));
  await failed.rig.listen();
  t.same(failed.people.log, ['call sales', 'drop']);
  t.match(failed.rig.audio.hangUps.length, 1);
});
