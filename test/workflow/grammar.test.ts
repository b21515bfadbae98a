import t from 'tap';
import { completenessOf } from '../../src/agent/completeness.ts';
import { type Expansion, parseJsgf } from '../../src/providers/stt/jsgf.ts';
import { loadFlow } from '../../src/workflow/load.ts';
import type { FlowState, FlowStep, Heard } from '../../src/workflow/types.ts';
import { randomOf } from './simulated_caller.ts';

const TODAY = '2026-11-21';
const SAMPLES = 300;
const flow = await loadFlow('workflows', 'piano_removal');

function next(state: FlowState, heard: Heard): FlowStep {
  return flow.next(state, heard, { todayIso: TODAY });
}

function after(...answers: readonly string[]): FlowStep {
  const start = next(flow.initial, { type: 'start' });
  return answers.reduce(
    (step, text) => next(step.state, { type: 'speech', text, confidence: 0.9, alternatives: [] }),
    start,
  );
}

/** A sentence that the grammar allows, every alternative as likely as the next. */
function sample(expansion: Expansion, random: () => number): string {
  switch (expansion.type) {
    case 'word':
      return expansion.word;
    case 'sequence':
      return expansion.parts.map(part => sample(part, random)).join(' ');
    case 'choice':
      return sample(expansion.options[Math.floor(random() * expansion.options.length)]!, random);
    case 'optional':
      return random() < 0.5 ? '' : sample(expansion.body, random);
    case 'repeat':
      return sample(expansion.body, random);
    case 'void':
      return '';
  }
}

const ADDRESS = ['yes', 'a grand', '421 maple street', 'in boston'] as const;
const FORM = [...ADDRESS, 'yes', 'third floor'] as const;
const STEPS: Readonly<Record<string, FlowStep>> = {
  consent: after(),
  type: after('yes'),
  address: after('yes', 'a grand'),
  town: after('yes', 'a grand', '421 maple street'),
  offer: after('yes', 'a grand', '421 maple'),
  'read-back': after(...ADDRESS),
  which: after(...ADDRESS, 'no'),
  'street again': after(...ADDRESS, 'no', 'the street'),
  'street spelled': after(...ADDRESS, 'no', 'the street', 'maple street'),
  'number by digits': after(...ADDRESS, 'no', 'the number', '421'),
  floor: after(...ADDRESS, 'yes'),
  elevator: after(...FORM),
  flights: after(...FORM, 'no'),
  'read-back of stairs': after(...FORM, 'no', 'two'),
};

for (const [name, step] of Object.entries(STEPS)) {
  t.test(`whatever the grammar of the ${name} lets through is understood`, async t => {
    const grammar = parseJsgf(step.expect.jsgf);
    const random = randomOf(7);
    const lost: string[] = [];
    for (let count = 0; count < SAMPLES; count += 1) {
      const text = sample(grammar, random).replaceAll(/ +/g, ' ').trim();
      const { misses } = next(step.state, { type: 'speech', text, confidence: 0.9, alternatives: [] }).state
        .memory as { misses: number };
      if (misses > 0 && !/don't know|not sure/.test(text)) lost.push(text);
    }
    t.same(lost, []);
  });
}

t.test('a read-back that was not understood is answered by yes or no only', async t => {
  const { state, expect } = STEPS['read-back']!;
  t.match(expect.jsgf, /the street is/);
  const again = next(state, { type: 'speech', text: 'mumble', confidence: 0.9, alternatives: [] });
  t.notMatch(again.expect.jsgf, /street/);
  t.match(again.say.join(' '), /Please say yes or no/);
});

t.test('recognisers may get ready for whatever every call comes to', async t => {
  const standing = new Set(flow.standing.map(({ id }) => id));
  for (const name of ['consent', 'type', 'address', 'read-back', 'floor', 'elevator', 'flights']) {
    t.ok(standing.has(STEPS[name]!.expect.id), name);
  }
  t.notOk(standing.has(STEPS['street spelled']!.expect.id), 'a repair is not');
});

t.test('equal grammars have equal ids, different ones different ids', async t => {
  const byId = new Map<string, string>();
  for (const { expect } of Object.values(STEPS)) {
    t.equal(byId.get(expect.id) ?? expect.jsgf, expect.jsgf);
    byId.set(expect.id, expect.jsgf);
  }
  const delivery = after(...ADDRESS, 'yes', 'ground floor', 'yes');
  t.match(delivery.say.at(-1), /street address of the delivery/);
  t.equal(delivery.expect.id, STEPS.address!.expect.id, 'both ends of the move share one');
  t.ok(byId.size >= 12);
});

t.test('ids tell nothing of what was said', async t => {
  for (const { expect } of Object.values(STEPS)) t.match(expect.id, /^[0-9a-f]{16}$/);
});

t.test('a step says what kind of answer it expects, where that is one', async t => {
  const kinds = Object.entries(STEPS).map(([name, { expects }]) => [name, expects?.kind]);
  t.strictSame(Object.fromEntries(kinds), {
    consent: 'yesNo',
    type: 'choice',
    address: 'address',
    town: undefined,
    offer: 'choice',
    'read-back': 'yesNo',
    which: 'choice',
    'street again': undefined,
    'street spelled': 'spelling',
    'number by digits': undefined,
    floor: 'choice',
    elevator: 'yesNo',
    flights: 'choice',
    'read-back of stairs': 'yesNo',
  });
});

for (const [name, { expect, expects }] of Object.entries(STEPS)) {
  t.test(`whole answers to the ${name} are hardly ever taken for unfinished ones`, async t => {
    const grammar = parseJsgf(expect.jsgf);
    const random = randomOf(8);
    const unfinished: string[] = [];
    for (let count = 0; count < SAMPLES; count += 1) {
      const words = sample(grammar, random)
        .split(' ')
        .filter(word => word !== '');
      const { share, reason } = completenessOf(words, expects);
      if (share <= 0.25) unfinished.push(`${words.join(' ')}: ${reason}`);
    }
    t.ok(unfinished.length <= 0.05 * SAMPLES, unfinished.slice(0, 20).join('; '));
  });
}
