import t from 'tap';
import { LIMITS } from '../../../src/config/limits.ts';
import { understood, WORD_MS } from '../fakes.ts';
import { settle } from '../rig.ts';
import { called, startToolRig } from './tool_rig.ts';
import { until } from './tool_server.ts';

const FIND = called('find_order', { order: 'A-17' });
const forever = new Promise(() => undefined);

t.test('interrupted, what may be cancelled is: the request is gone', async t => {
  const { rig, llm, server, say, asked, journal, ended, thought } = await startToolRig(t);
  server.replies.push({ until: forever });
  llm.answers.push(['Let me look. ', FIND], ['What else?']);
  await say('where is it');
  await asked(1);
  await rig.pass(2 * WORD_MS);
  await rig.bargeIn();
  await ended(1);
  t.same(journal, ['begun find_order {"order":"A-17"}', 'ended find_order failed cancelled']);
  await until(() => server.gone === 1, 'the request is gone');
  await rig.pass(300, 7);
  rig.stt.finals.push(understood('never mind'));
  await rig.endTurn();
  await thought(2);
  t.match(llm.requests.at(-1)?.messages.slice(2), [
    { role: 'user', text: 'where is it' },
    { role: 'assistant', text: /^Let me/ },
    { role: 'assistant', toolCalls: [{ name: 'find_order' }] },
    { role: 'tool', text: /"failed".*the caller went on speaking/ },
    { role: 'user', text: 'never mind' },
  ]);
});

t.test('interrupted, what is to be kept goes on, and the model is told in the next turn', async t => {
  const { rig, llm, server, say, asked, journal, ended, thought } = await startToolRig(t);
  const slow = Promise.withResolvers<void>();
  server.replies.push({ body: '{"id":7}', until: slow.promise });
  llm.answers.push(
    ['I am booking it now. ', called('book', { order: 'A', floors: 2 })],
    ['One moment.', called('book', { floors: 2, order: 'A' })],
    ['It is booked.'],
  );
  await say('book it');
  await asked(1);
  await rig.pass(2 * WORD_MS);
  await rig.bargeIn();
  await rig.pass(300, 7);
  rig.stt.finals.push(understood('is it done'));
  await rig.endTurn();
  await thought(2);
  t.match(llm.requests.at(-1)?.messages.at(-2), { role: 'tool', text: /"running"/ });
  await settle();
  t.equal(server.asked.length, 1, 'the same again waits for the first');
  slow.resolve();
  await ended(1);
  await thought(3);
  await rig.listen();
  t.match(llm.requests.at(-1)?.messages.at(-1), {
    role: 'tool',
    text: '{"status":"done","answer":{"id":7}}',
  });
  t.same(journal, ['begun book {"order":"A","floors":2}', 'ended book done']);
  t.match(rig.said().at(-1), /It is booked.$/);

  llm.answers.push(['Fine.']);
  await say('thanks');
  const told = llm.requests.at(-1)?.messages.filter(({ role }) => role === 'tool');
  t.equal(told?.length, 1, 'it is remembered once');
});

t.test('taken back before a word was heard, it is not run again for the whole of the turn', async t => {
  const { rig, llm, server, asked, journal, ended, thought } = await startToolRig(t);
  const slow = Promise.withResolvers<void>();
  server.replies.push({ body: '{"id":7}', until: slow.promise });
  const book = () => called('book', { order: 'A', floors: 2 });
  llm.answers.push([book()], [book()], ['It is booked.']);
  rig.stt.finals.push(understood('book it'));
  await rig.speak();
  await asked(1);
  await rig.startSpeaking();
  await rig.pass(300, 7);
  t.same(rig.details('turn.caller'), [], 'nothing was said yet');
  rig.stt.finals.push(understood('book it please'));
  await rig.endTurn();
  await thought(2);
  slow.resolve();
  await ended(1);
  await thought(3);
  await rig.listen();
  t.equal(server.asked.length, 1);
  t.equal(rig.said().at(-1), 'It is booked.');
  t.same(journal, ['begun book {"order":"A","floors":2}', 'ended book done']);
  t.match(rig.details('turn.caller'), [{ text: 'book it please' }]);
});

t.test('hanging up: what may be cancelled is, what is to be kept has a moment left', async t => {
  const { rig, llm, server, say, asked, journal, desk } = await startToolRig(t);
  const slow = Promise.withResolvers<void>();
  server.replies.push({ until: slow.promise }, { until: slow.promise });
  llm.answers.push([called('pay', { order: 'A' }), FIND]);
  await say('pay');
  await asked(2);
  rig.conversation.lineEnded();
  const closed = desk.close();
  slow.resolve();
  await closed;
  t.same(journal.toSorted(), [
    'begun find_order {"order":"A-17"}',
    'begun pay {"order":"A"}',
    'ended find_order failed cancelled',
    'ended pay done',
  ]);
  await settle();
  t.equal(rig.timers.open, 0);
  t.same(rig.faults, []);

  const other = await startToolRig(t);
  other.server.replies.push({ until: forever });
  other.llm.answers.push([called('pay', { order: 'A' })]);
  await other.say('pay');
  await other.asked(1);
  other.rig.conversation.lineEnded();
  const given = other.desk.close();
  await other.rig.pass(LIMITS.toolAfterCallMs + 10);
  await given;
  t.equal(other.journal.at(-1), 'ended pay unknown cancelled');
});
