import t from 'tap';
import { Belief } from '../../src/agent/belief.ts';
import type { Recognition } from '../../src/providers/types.ts';

function heard(text: string, confidence: number): Recognition {
  return { text, confidence, alternatives: [{ text: 'other', confidence: confidence / 2 }] };
}

t.test('what is heard with confidence is believed as it is', async t => {
  const recognition = heard('boston', 0.3);
  t.strictSame(new Belief().judge(recognition, 0, 0.3), recognition);
});

t.test('what is doubted comes back without text and alternatives', async t => {
  t.strictSame(new Belief().judge(heard('weare', 0.2), 0, 0.3), {
    text: '',
    confidence: 0.2,
    alternatives: [],
  });
});

t.test('the same words a second time are believed', async t => {
  const belief = new Belief();
  belief.judge(heard('weare', 0.1), 0, 0.3);
  t.match(belief.judge(heard('weare', 0.05), 4000, 0.3), { text: 'weare', confidence: 0.3 });
});

t.test('not when they are other words, or hardly words at all, or something else came between', async t => {
  const belief = new Belief();
  belief.judge(heard('weare', 0.1), 0, 0.3);
  t.equal(belief.judge(heard('lee', 0.1), 4000, 0.3).text, '');
  t.equal(belief.judge(heard('lee', 0.001), 8000, 0.3).text, '', 'below any belief');
  const interrupted = new Belief();
  interrupted.judge(heard('weare', 0.1), 0, 0.3);
  interrupted.judge(heard('yes', 0.9), 4000, 0.3);
  t.equal(interrupted.judge(heard('weare', 0.1), 8000, 0.3).text, '');
});

t.test('an utterance that is judged anew does not vouch for itself', async t => {
  const belief = new Belief();
  belief.judge(heard('weare', 0.1), 1000, 0.3);
  t.equal(belief.judge(heard('weare', 0.1), 1000, 0.3).text, '');
  t.equal(belief.judge(heard('weare', 0.1), 5000, 0.3).text, 'weare');
});

t.test('what was believed stays believed while the utterance goes on', async t => {
  const belief = new Belief();
  belief.judge(heard('weare', 0.1), 0, 0.3);
  t.equal(belief.judge(heard('weare', 0.1), 4000, 0.3).text, 'weare');
  t.equal(belief.judge(heard('weare', 0.1), 4000, 0.3).text, 'weare', 'judged anew');
  t.equal(belief.judge(heard('weare', 0.1), 8000, 0.3).text, '', 'and vouches for no later one');
});

t.test('silence twice is not an answer', async t => {
  const belief = new Belief();
  belief.judge(heard('', 0.1), 0, 0.3);
  t.equal(belief.judge(heard('', 0.1), 4000, 0.3).text, '');
});

t.test('how sure it must be is a matter of the question', async t => {
  const belief = new Belief();
  t.equal(belief.judge(heard('yes', 0.15), 0, 0.1).text, 'yes');
  t.equal(belief.judge(heard('yes', 0.15), 4000, 0.3).text, '');
});
