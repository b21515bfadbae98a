import t from 'tap';
import { readPersonas, readScenario, scenarioNames } from '../../simulate/read.ts';
import { summarise } from '../../simulate/report/summary.ts';
import { runCalls } from '../../simulate/run_calls.ts';
import { scenarioFaults } from '../../simulate/scenario/faults.ts';
import { CallStage } from '../../simulate/text/stage.ts';

const stage = await CallStage.open();
t.teardown(() => stage[Symbol.asyncDispose]());
const personas = readPersonas();

t.test('every scenario fits its workflow', async t => {
  for (const name of scenarioNames())
    t.same(scenarioFaults(readScenario(name), stage.reached(name), stage.phrasings), [], name);
});

t.test('what does not fit is named', async t => {
  const scenario = readScenario('piano_removal');
  const broken = {
    ...scenario,
    truths: { ...scenario.truths, piano_type: { pick: ['harp'] }, lid: { value: 1 } },
    goals: [{ outcome: ['sold'] }],
  };
  t.same(scenarioFaults(broken, stage.reached('piano_removal'), stage.phrasings), [
    'truths: there is no slot lid',
    'no stage ends as sold',
    'truths.piano_type: the slot does not take "harp"',
  ]);
});

t.test('there are twenty kinds of callers and more', async t => {
  t.ok(personas.length >= 20, `${personas.length}`);
});

t.test('the same seed holds the same conversation, another one does not', async t => {
  const scenario = readScenario('piano_removal');
  const persona = personas.find(({ name }) => name === 'talkative')!;
  const [first, second, other] = await Promise.all(
    [1, 1, 2].map(seed => stage.hold(scenario, persona, seed)),
  );
  t.same(second!.turns, first!.turns);
  t.notSame(other!.turns, first!.turns);
});

t.test('nothing is different when each turn goes through a checkpoint', async t => {
  const scenario = readScenario('piano_removal');
  const [plain, crashing] = await Promise.all(
    [false, true].map(crashes => runCalls(stage, { scenario, personas, seeds: [3], options: { crashes } })),
  );
  t.same(
    crashing!.map(({ conversation }) => conversation.turns),
    plain!.map(({ conversation }) => conversation.turns),
  );
});

/** Each workflow gets every third persona, beginning with another one: all of them by all workflows together. */
t.test('callers reach their goals, and no rule is broken', async t => {
  for (const [at, name] of scenarioNames().entries()) {
    const some = personas.filter((_, index) => index % 3 === at % 3);
    const verdicts = await runCalls(stage, { scenario: readScenario(name), personas: some, seeds: [1 + at] });
    const { completionPct, slotAccuracyPct } = summarise(verdicts);
    t.same(
      verdicts.flatMap(({ conversation, violations }) =>
        violations.map(one => [conversation.persona, conversation.seed, one]),
      ),
      [],
      `${name}: no violations`,
    );
    t.ok(completionPct >= 85, `${name}: ${completionPct} % completed`);
    t.ok(slotAccuracyPct >= 96, `${name}: ${slotAccuracyPct} % of slots right`);
  }
});
