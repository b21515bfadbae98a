import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { AnswerGate } from '../../src/lines/answer_gate.ts';

function setUp(mediaGraceMs = 60_000, answerTimeoutMs = 60_000) {
  const told: string[] = [];
  const gate = new AnswerGate(
    { mediaGraceMs, answerTimeoutMs },
    () => told.push('open'),
    () => told.push('timeout'),
  );
  return { gate, told };
}

t.test('opens once all is there, in whatever order', async t => {
  const orders = [
    ['published', 'subscribed', 'accepted', 'media'],
    ['media', 'accepted', 'subscribed', 'published'],
    ['accepted', 'published', 'media', 'subscribed'],
  ] as const;
  for (const order of orders) {
    const { gate, told } = setUp();
    for (const step of order) {
      t.strictSame(told, []);
      if (step === 'media') gate.mediaFlows();
      else gate.fulfil(step);
    }
    t.strictSame(told, ['open']);
    t.ok(gate.isSettled);
    gate.mediaFlows();
    gate.fulfil('accepted');
    t.strictSame(told, ['open']);
  }
});

t.test('media alone is waited for only a while, and only once the rest is there', async t => {
  const { gate, told } = setUp(20);
  gate.fulfil('published');
  gate.fulfil('subscribed');
  await sleep(60);
  t.strictSame(told, []);
  gate.fulfil('accepted');
  t.strictSame(told, []);
  while (told.length === 0) await sleep(5);
  t.strictSame(told, ['open']);
});

t.test('gives up after its time, and then for good', async t => {
  const { gate, told } = setUp(5, 20);
  gate.fulfil('published');
  while (told.length === 0) await sleep(5);
  t.strictSame(told, ['timeout']);
  gate.fulfil('subscribed');
  gate.fulfil('accepted');
  gate.mediaFlows();
  await sleep(20);
  t.strictSame(told, ['timeout']);
});

t.test('closed, it tells nothing and holds no timer', async t => {
  const { gate, told } = setUp(5, 10);
  gate.fulfil('published');
  gate.fulfil('subscribed');
  gate.fulfil('accepted');
  gate.close();
  await sleep(40);
  t.strictSame(told, []);
});
