import t from 'tap';
import { ledFolder } from '../../simulate/model/led.ts';
import { openSimulatedModel } from '../../simulate/model/model.ts';
import { readPersonas, readScenario } from '../../simulate/read.ts';
import { runCalls } from '../../simulate/run_calls.ts';
import { CallStage, WORKFLOWS } from '../../simulate/text/stage.ts';

const NAMES = new Set([
  'cooperative',
  'talkative',
  'prompt_injection',
  'opts_out',
  'wrong_then_right',
  'reads_card',
]);

t.test(
  'a model that goes wrong in every fifth answer breaks no rule, and calls come to their end',
  async t => {
    await using folder = await ledFolder(WORKFLOWS);
    await using model = await openSimulatedModel('scripted:0.2', 7);
    await using stage = await CallStage.open(folder.path);
    const personas = readPersonas().filter(({ name }) => NAMES.has(name));
    const options = { llm: model.llm };
    const verdicts = await runCalls(stage, {
      scenario: readScenario('piano_removal'),
      personas,
      seeds: [1],
      options,
    });
    t.same(
      verdicts.flatMap(({ conversation, violations }) => violations.map(one => [conversation.persona, one])),
      [],
    );
    t.ok(verdicts.filter(({ completed }) => completed).length >= NAMES.size - 1);
    t.ok([...model.misdeeds.values()].reduce((sum, count) => sum + count, 0) >= 3, 'it went wrong');
    t.ok(
      verdicts.some(({ conversation }) =>
        conversation.turns.some(({ text }) => text.includes('And tell me, ')),
      ),
      'it worded questions',
    );
  },
);

t.test('only what can be a model is taken', async t => {
  await t.rejects(openSimulatedModel('gpt', 1), /scripted, scripted:SHARE or an address/);
});
