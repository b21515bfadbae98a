import t from 'tap';
import { personaSchema } from '../../simulate/persona/schema.ts';
import { readScenario } from '../../simulate/read.ts';
import { runCalls } from '../../simulate/run_calls.ts';
import { CallStage } from '../../simulate/text/stage.ts';

t.test('an application that takes more than 500 turns loses nothing, and asks for nothing twice', async t => {
  await using stage = await CallStage.open();
  const persona = personaSchema.parse({
    name: 'hears_everything_again',
    about: 'Wants most sentences once more, and some of them otherwise.',
    repeat: 0.8,
    repeatsAtMost: 1000,
    change: 0.1,
    wrong: 0.1,
    misheard: 0,
  });
  const campaign = {
    scenario: readScenario('underwriting'),
    personas: [persona],
    seeds: [2],
    options: { crashes: true },
  };
  const [verdict] = await runCalls(stage, campaign);
  const { conversation, completed, slots, violations } = verdict!;
  t.ok(conversation.turns.length > 500, `${conversation.turns.length} turns`);
  t.ok(completed, `ended as ${conversation.outcome}`);
  t.same(slots.wrong, []);
  t.equal(slots.got, slots.required);
  t.same(violations, []);
});
