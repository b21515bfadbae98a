import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { typedText } from '../../src/chat/typed_text.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { NotingLlm, textOf } from '../agent/noting_llm.ts';
import { talkFlow } from '../agent/talk_flow.ts';
import { asOwner } from '../store/postgres.ts';
import { after, ask, codeOf, startChats } from './chat_rig.ts';

const rig = await startChats();
const { model, queries, database } = rig;
t.teardown(() => rig.end());

t.test('text is one line that can be seen, and not too long', async t => {
  t.equal(typedText('  a\tgrand\r\n\0piano\u2028 \u202Eplease\u2069 '), 'a grand piano please');
  t.equal(typedText('half a pair \uD83D'), 'half a pair \uFFFD');
  t.equal(typedText('👨‍👩‍👧 déjà vu'), '👨‍👩‍👧 déjà vu');
  t.equal(typedText('x'.repeat(LIMITS.heardCharacters)).length, LIMITS.heardCharacters);
  for (const text of ['', ' \n\0', '\u202E', 'x'.repeat(LIMITS.heardCharacters + 1)])
    t.throws(() => typedText(text), { code: 'BAD_REQUEST' });
});

t.test('so many chats of a tenant, however they come, and no more', async t => {
  const chats = rig.open(t, { limits: { open: 3 } });
  const starts = Array.from({ length: 6 }, () => chats.start('crowd', 'piano_removal'));
  const codes = await Promise.all(starts.map(codeOf));
  t.same(codes.toSorted(), [...Array(3).fill('CHATS_FULL'), 'none', 'none', 'none']);
  t.equal((await queries.listCalls('crowd', { limit: 10 })).rows.length, 3, 'the others have left no record');
  t.equal(await codeOf(chats.start('acme', 'piano_removal')), 'none', 'another tenant has room of its own');
  const [open] = await Promise.all(starts.map(start => start.catch(() => undefined)));
  const chatId = open?.chatId ?? (await queries.listCalls('crowd', { limit: 1 })).rows[0]?.callId ?? '';
  await chats.end('crowd', chatId);
  t.equal(await codeOf(chats.start('crowd', 'piano_removal')), 'none', 'an ended one gives its place away');
});

t.test('a long chat is remembered in short, whichever process goes on with it', async t => {
  const llm = new NotingLlm();
  const flow = talkFlow(yaml => yaml.replace('slots: {}', 'historyTokens: 1000\nslots: {}'));
  const more = { openModel: async () => llm, loadFlow: async () => flow };
  const first = rig.open(t, more);
  const { chatId } = await first.start('acme', 'talker');
  const told = () => llm.requests.at(-1)?.messages.map(textOf).join('\n') ?? '';
  const talk = async (sessions: typeof first, messages: number) => {
    for (let at = 0; at < messages; at += 1)
      await ask(sessions, chatId, `message ${at} ${'with something to read '.repeat(4)}`);
  };
  llm.notes = () => 'The order of the caller is 7741.';
  await ask(first, chatId, 'first of all the order is 7741');
  await talk(first, 19);
  t.equal(llm.noted.length, 1);
  t.match(told(), 'The order of the caller is 7741.');
  t.notMatch(told(), 'first of all');

  const second = rig.open(t, more);
  llm.notes = () => undefined;
  await talk(second, 1);
  t.match(told(), 'The order of the caller is 7741.', 'it was in the store');
  await talk(second, 15);
  t.equal(llm.open, 1, 'the next one is being written');
  await second.end('acme', chatId);
  t.equal(await until(() => llm.open === 0), true, 'for nobody any more');

  const third = rig.open(t, more);
  const other = await third.start('acme', 'talker');
  for (let at = 0; at < 20; at += 1)
    await ask(third, other.chatId, `message ${at} ${'with something to read '.repeat(4)}`);
  t.equal(llm.open, 1);
  await third.close();
  t.equal(await until(() => llm.open === 0), true, 'the end of the service ends it');
});

/** In a moment. */
async function until(holds: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 200 && !holds(); tries += 1) await sleep(5);
  return holds();
}

t.test('who writes nothing for long is taken to have left', async t => {
  let aheadMs = 0;
  const nowMs = () => Date.now() + aheadMs;
  const quiet = rig.open(t, { nowMs, limits: { idleLookMs: 600_000 } });
  const first = await quiet.start('acme', 'piano_removal');
  aheadMs = LIMITS.chatIdleMs - 5_000;
  t.equal(await codeOf(ask(quiet, first.chatId, 'no')), 'none', 'not yet');
  aheadMs *= 2;
  t.equal(await codeOf(ask(quiet, first.chatId, 'a grand')), 'none', 'each message counts');
  aheadMs += LIMITS.chatIdleMs + 5_000;
  t.equal(await codeOf(quiet.say('acme', first.chatId, 'hello?')), 'CHAT_ENDED', 'before anybody has looked');
  t.match(await queries.getCall('acme', first.chatId), { state: 'COMPLETED', endReason: 'idle' });

  const second = await quiet.start('acme', 'piano_removal');
  aheadMs += LIMITS.chatIdleMs + 5_000;
  const third = await quiet.start('acme', 'piano_removal');
  rig.open(t, { nowMs, limits: { idleLookMs: 10 } });
  while ((await quiet.show('acme', second.chatId)).open) await sleep(10);
  t.match(await quiet.show('acme', second.chatId), { endReason: 'idle', endedAt: String });
  t.match(await quiet.show('acme', third.chatId), { open: true });
  t.equal(await codeOf(quiet.say('acme', second.chatId, 'hello?')), 'CHAT_ENDED');
});

t.test('looking for idle chats outlives a database that is away', async t => {
  const looked = new EventEmitter();
  const chats = rig.open(t, {
    nowMs: () => Date.now() + 2 * LIMITS.chatIdleMs,
    limits: { idleLookMs: 5 },
    after: (delayMs, action) =>
      after(delayMs, () => {
        looked.emit('look');
        action();
      }),
  });
  await database.server().stop();
  for (let looks = 0; looks < 3; looks += 1) await once(looked, 'look');
  await database.start();
  t.equal(await codeOf(chats.start('acme', 'piano_removal')), 'none');
});

t.test('a chat has so many messages; with the answer to the last it ends', async t => {
  const chats = rig.open(t);
  const { chatId } = await chats.start('acme', 'piano_removal');
  await asOwner(database, 'UPDATE chats SET messages = $2 WHERE chat_id = $1', [
    chatId,
    LIMITS.chatMessages - 2,
  ]);
  t.match(await ask(chats, chatId, 'no'), { done: false });
  t.match(await ask(chats, chatId, 'a grand'), { stage: 'origin_address', done: true });
  t.match(await queries.getCall('acme', chatId), { state: 'COMPLETED', endReason: 'messageLimit' });
});

t.test('closing gives up what is under way in the end, and it has not happened', async t => {
  const chats = rig.open(t, { limits: { closeMs: 20 } });
  const { chatId } = await chats.start('acme', 'talker');
  model.answers.push([{ say: 'Well. It is ' }, { until: new Promise(() => undefined) }]);
  const { sentences, whole } = await chats.say('acme', chatId, 'hello');
  const reader = sentences[Symbol.asyncIterator]();
  await reader.next();
  const { gone } = model.server.requests.at(-1)!;
  const left = gone.aborted ? Promise.resolve() : once(gone, 'abort');
  await chats.close();
  await left;
  t.equal(await codeOf(whole), 'DRAINING');
  t.equal((await reader.next()).done, true);
  t.equal(await codeOf(chats.start('acme', 'talker')), 'DRAINING');
  const later = rig.open(t);
  t.match(await later.show('acme', chatId), { open: true, turns: { length: 1 } });
  model.answers.push([{ say: 'Yes?' }]);
  t.match(await ask(later, chatId, 'hello'), { said: ['Yes?'] });
});

t.test('closing waits for what can be finished', async t => {
  const chats = rig.open(t, { limits: { closeMs: 60_000 } });
  const { chatId } = await chats.start('acme', 'talker');
  const held = Promise.withResolvers<void>();
  model.answers.push([{ say: 'Well. ' }, { until: held.promise }, { say: 'Good.' }]);
  const { whole } = await chats.say('acme', chatId, 'hello');
  const closed = chats.close();
  held.resolve();
  t.match(await whole, { said: ['Well.', 'Good.'] });
  await closed;
  t.match(await queries.getCall('acme', chatId), { turns: { length: 3 } });
});
