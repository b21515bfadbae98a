import t from 'tap';
import { loadFlow } from '../../src/workflow/load.ts';
import { fixedSentences } from '../../src/workflow/prompts.ts';

const flow = await loadFlow('workflows', 'receptionist');
const now = { todayIso: '2026-11-21' };
const greeted = flow.next(flow.initial, { type: 'start' }, now);

t.test(
  'the front desk says that it is automated before anything else, and a model has the floor',
  async t => {
    t.equal(greeted.say[0], 'This is Robin, the automated assistant of Harmony Piano Movers.');
    const talk = flow.talk?.(greeted.state);
    t.match(talk?.instructions, /not a person, and say so when\s+you are asked/);
    t.match(talk?.instructions, /Every move is insured/);
    t.same(
      talk?.ways.map(({ way }) => way),
      ['done', 'message', 'person'],
    );
    t.equal(talk?.filler, 'One moment, please.');
  },
);

t.test('each way, and none, leads to an end that says what comes of it', async t => {
  for (const [way, outcome, words] of [
    ['done', 'answered', /^Thank you for calling/],
    ['message', 'message_taken', /^I have written your message down/],
    ['person', 'callback', /^A person from our team will call you back/],
    [undefined, 'callback', /^I am sorry, I can not answer questions right now/],
  ] as const) {
    const left = flow.leaveTalk!(greeted.state, way, now);
    t.equal(left.state.done, true, outcome);
    t.match(left.say.join(' '), words);
    t.match(JSON.stringify(left.effects), `"${outcome}"`);
    for (const sentence of left.say) t.ok(fixedSentences(flow).includes(sentence), 'kept by the voice');
  }
});
