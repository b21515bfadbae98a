import t from 'tap';
import { spoken } from './fakes.ts';
import { Rig } from './rig.ts';

t.test('a caller who asked for it hears slower speech from then on, prepared or not', async t => {
  const delivery = { tempo: 0.5, gainDb: 0 };
  const rig = await new Rig((_, heard) =>
    heard.type === 'start' ? {} : { say: ['One two.'], delivery },
  ).answer();
  await rig.listen();
  const before = rig.audio.playedSamples();
  await rig.speak();
  await rig.listen();
  t.equal(rig.audio.playedSamples() - before, 2 * spoken('One two.', 1).pcm.length);
  t.same(rig.said().at(-1), 'One two.');
});

t.test('what the caller wanted counts where the answer was not heard any more', async t => {
  const effects = [
    { type: 'intent', intent: 'optOut' },
    { type: 'outcome', outcome: 'removed' },
  ] as const;
  const rig = await new Rig((_, heard) => (heard.type === 'start' ? {} : { effects })).answer();
  await rig.listen();
  await rig.speak();
  rig.conversation.lineEnded();
  t.match(rig.details('intent.heard'), [{ intent: 'optOut' }]);
  t.same(rig.details('call.outcome'), []);
});

t.test('topics, scores and escalations are on record', async t => {
  const effects = [
    { type: 'topic', topic: 'too_expensive', kind: 'objection', count: 2 },
    { type: 'escalated', rule: 'objections' },
    { type: 'scored', score: 'lead_score', value: 40 },
  ] as const;
  const rig = await new Rig((_, heard) =>
    heard.type === 'start' ? {} : { say: ['One two.'], effects },
  ).answer();
  await rig.listen();
  await rig.speak();
  await rig.listen();
  t.match(rig.details('topic.heard'), [{ topic: 'too_expensive', kind: 'objection', count: 2 }]);
  t.match(rig.details('call.escalated'), [{ rule: 'objections' }]);
  t.same(rig.details('score.made'), [{ score: 'lead_score', value: 40 }]);
});
