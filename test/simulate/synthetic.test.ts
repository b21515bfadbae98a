import t from 'tap';
import { readPersonas, readScenario } from '../../simulate/read.ts';
import { runCalls } from '../../simulate/run_calls.ts';
import { labelledCall, labelledForm } from '../../simulate/synthetic/labelled.ts';
import { varietyOf } from '../../simulate/synthetic/variety.ts';
import { CallStage } from '../../simulate/text/stage.ts';

t.test('calls are labelled with what was true, and their variety is counted', async t => {
  await using stage = await CallStage.open();
  const personas = readPersonas().filter(({ name }) => name === 'mumbles' || name === 'opts_out');
  const verdicts = await runCalls(stage, {
    scenario: readScenario('piano_removal'),
    personas,
    seeds: [1, 2],
  });
  const calls = verdicts.map(labelledCall);
  const [first] = calls;
  t.equal(first!.id, 'piano_removal-mumbles-1');
  t.equal(first!.truth.piano_type, first!.slots.piano_type);
  t.same(JSON.parse(JSON.stringify(first)).turns[0].by, 'agent');
  t.match(calls.find(({ persona }) => persona === 'opts_out')!.intents, ['optOut']);
  const form = labelledForm(verdicts[0]!);
  t.same(form.fields.piano_type, { value: first!.slots.piano_type, truth: first!.truth.piano_type });
  const variety = varietyOf(calls);
  t.equal(variety.calls, 4);
  t.ok(variety.distinct['2'] > variety.distinct['1'] && variety.distinctTurns <= variety.callerTurns);
  t.equal(
    Object.values(variety.outcomes).reduce((sum, count) => sum + count, 0),
    4,
  );
  const same = { ...first!, turns: [first!.turns[1]!, first!.turns[1]!] };
  t.equal(varietyOf([same]).distinctTurns, 1);
});
