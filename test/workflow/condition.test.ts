import t from 'tap';
import { holds, slotsOf } from '../../src/workflow/condition.ts';
import { type Condition, condition } from '../../src/workflow/condition_schema.ts';

const VALUES = { state: 'MA', revenue: 5, insured: false, name: 'Five' };

function held(test: unknown): boolean {
  const parsed = condition.parse(test);
  return holds(parsed, name =>
    Object.hasOwn(VALUES, name) ? VALUES[name as keyof typeof VALUES] : undefined,
  );
}

t.test('tests of one value', async t => {
  for (const [test, expected] of [
    [{ slot: 'state', in: ['NY', 'MA'] }, true],
    [{ slot: 'state', in: ['NY', 'CA'] }, false],
    [{ slot: 'revenue', in: ['5'] }, false],
    [{ slot: 'revenue', atLeast: 5 }, true],
    [{ slot: 'revenue', atLeast: 5.1 }, false],
    [{ slot: 'revenue', atMost: 5 }, true],
    [{ slot: 'revenue', atMost: 4 }, false],
    [{ slot: 'revenue', above: 5 }, false],
    [{ slot: 'revenue', below: 5 }, false],
    [{ slot: 'revenue', atLeast: 1, atMost: 9, isNot: 5 }, false],
    [{ slot: 'name', atMost: 9 }, false],
    [{ slot: 'insured', is: false }, true],
  ] as const)
    t.equal(held(test), expected, JSON.stringify(test));
});

t.test('of what is not known nothing holds but that', async t => {
  for (const [test, expected] of [
    [{ slot: 'other', known: false }, true],
    [{ slot: 'other', known: true }, false],
    [{ slot: 'other', isNot: 3 }, false],
    [{ slot: 'other', in: ['x'] }, false],
    [{ slot: 'other', atMost: 3 }, false],
    [{ slot: 'state', known: true }, true],
    [{ slot: 'state', known: false }, false],
    [{ slot: 'insured', known: true }, true],
  ] as const)
    t.equal(held(test), expected, JSON.stringify(test));
});

t.test('conditions within conditions, three deep', async t => {
  const deep: Condition = {
    all: [
      { slot: 'state', is: 'MA' },
      {
        any: [
          { slot: 'revenue', above: 9 },
          {
            all: [
              { slot: 'insured', is: false },
              { slot: 'name', known: true },
            ],
          },
        ],
      },
    ],
  };
  t.equal(held(deep), true);
  t.same(slotsOf(deep), ['state', 'revenue', 'insured', 'name']);
  t.throws(
    () => condition.parse({ all: [{ any: [{ all: [{ all: [{ slot: 'a', is: 1 }] }] }] }] }),
    'and no deeper',
  );
  t.throws(() => condition.parse({ slot: 'a', all: [{ slot: 'a', is: 1 }] }), /exactly one/);
  t.throws(() => condition.parse({ any: [] }));
  t.throws(() => condition.parse({ slot: 'a', least: 3 }));
});
