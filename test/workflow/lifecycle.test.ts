import t from 'tap';
import { TrunklineError } from '../../src/config/errors.ts';
import {
  approve,
  attachGate,
  deploy,
  followFile,
  reject,
  retire,
  rollBack,
  submit,
  type VersionChange,
  type VersionFacts,
  type VersionState,
} from '../../src/workflow/versions/lifecycle.ts';

const ORDER = { who: 'maria', note: '' };
const NO_GATE = { needsGate: false };

function one(version: number, state: VersionState, more: Partial<VersionFacts> = {}): VersionFacts {
  return {
    version,
    state,
    author: 'jo',
    sha256: `${version}`.padStart(64, '0'),
    flowVersion: `1.0.0+${version}`,
    canaryPercent: null,
    replaced: null,
    deployedBy: state === 'live' ? 'maria' : null,
    gatePassed: null,
    ...more,
  };
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return error instanceof TrunklineError ? error.code : 'not of the table';
  }
}

/** How all stand after the changes. */
function after(all: readonly VersionFacts[], changes: readonly VersionChange[]): VersionFacts[] {
  return all.map(facts => {
    const change = changes.findLast(({ version }) => version === facts.version);
    if (change === undefined) return facts;
    const { state, canaryPercent, replaced, deployedBy } = change;
    return { ...facts, state, canaryPercent, replaced, deployedBy };
  });
}

const shown = (all: readonly VersionFacts[]) =>
  all.map(
    ({ version, state, canaryPercent }) => `${version} ${state}${canaryPercent ? ` ${canaryPercent} %` : ''}`,
  );

t.test('each state is left only by what may follow it', async t => {
  const states: readonly VersionState[] = ['draft', 'review', 'approved', 'live', 'retired'];
  const allowed = (work: (facts: VersionFacts) => unknown) =>
    states.filter(state => codeOf(() => work(one(1, state))) === 'none');
  t.same(
    allowed(facts => submit(facts, ORDER, '1.0.0+a')),
    ['draft'],
  );
  t.same(
    allowed(facts => approve(facts, ORDER, { soleOperator: false })),
    ['review'],
  );
  t.same(
    allowed(facts => reject(facts, ORDER)),
    ['review'],
  );
  t.same(
    allowed(facts => retire(facts, ORDER)),
    ['draft', 'review', 'approved', 'live'],
  );
  t.same(
    allowed(facts => attachGate(facts, ORDER, { passed: true, result: {} })),
    ['review', 'approved'],
  );
  t.same(
    allowed(facts => {
      const live = facts.state === 'live' ? facts.version : null;
      return deploy([facts], { ...ORDER, version: 1, percent: 100, replaces: live }, NO_GATE);
    }),
    ['approved'],
  );
});

t.test('who wrote it does not approve it, however they write their name', async t => {
  const facts = one(1, 'review', { author: 'Jo  Smith' });
  for (const who of ['Jo  Smith', 'jo smith', ' JO SMITH '])
    t.equal(
      codeOf(() => approve(facts, { who, note: '' }, { soleOperator: false })),
      'APPROVAL_REFUSED',
    );
  const own = approve(facts, { who: 'jo smith', note: 'on call' }, { soleOperator: true });
  t.equal(own.note, 'by its author, the sole operator: on call');
  t.equal(approve(facts, { who: 'maria', note: 'fine' }, { soleOperator: true }).note, 'fine');
});

t.test(
  'what is deployed takes the place of what is live, and is rolled back to it, step by step',
  async t => {
    let all = [one(1, 'live'), one(2, 'approved'), one(3, 'approved')];
    for (const version of [2, 3]) {
      const order = { ...ORDER, version, percent: 100, replaces: version - 1 };
      all = after(all, deploy(all, order, NO_GATE));
    }
    t.same(shown(all), ['1 retired', '2 retired', '3 live']);
    all = after(all, rollBack(all, { ...ORDER, replaces: 3 }));
    t.same(shown(all), ['1 retired', '2 live', '3 retired']);
    all = after(all, rollBack(all, { ...ORDER, replaces: 2 }));
    t.same(shown(all), ['1 live', '2 retired', '3 retired'], 'not forth again');
    t.equal(
      codeOf(() => rollBack(all, { ...ORDER, replaces: 1 })),
      'VERSION_STATE',
    );
  },
);

t.test('one version is tried at a time, beside one that is live; going back ends that first', async t => {
  let all = [one(1, 'retired'), one(2, 'live', { replaced: 1 }), one(3, 'approved'), one(4, 'approved')];
  const order = (version: number, percent: number) => ({ ...ORDER, version, percent, replaces: 2 });
  all = after(all, deploy(all, order(3, 10), NO_GATE));
  t.same(shown(all), ['1 retired', '2 live', '3 approved 10 %', '4 approved']);
  t.equal(
    codeOf(() => deploy(all, order(4, 10), NO_GATE)),
    'VERSION_CONFLICT',
  );
  t.equal(
    codeOf(() => deploy(all, order(4, 0), NO_GATE)),
    'VERSION_STATE',
  );
  all = after(all, deploy(all, order(3, 50), NO_GATE));
  t.same(shown(after(all, rollBack(all, { ...ORDER, replaces: 2 }))), [
    '1 retired',
    '2 live',
    '3 approved',
    '4 approved',
  ]);
  t.same(shown(after(all, deploy(all, order(3, 0), NO_GATE)))[2], '3 approved');
  t.same(shown(after(all, deploy(all, order(4, 100), NO_GATE))), [
    '1 retired',
    '2 retired',
    '3 approved',
    '4 live',
  ]);
  t.same(shown(after(all, [retire(all[2]!, ORDER)]))[2], '3 retired');
  const alone = { ...ORDER, version: 1, percent: 10, replaces: null };
  t.equal(
    codeOf(() => deploy([one(1, 'approved')], alone, NO_GATE)),
    'VERSION_STATE',
    'beside nothing',
  );
});

t.test('whoever has not seen what is live by now changes nothing', async t => {
  const all = [one(1, 'retired'), one(2, 'live', { replaced: 1 }), one(3, 'approved')];
  for (const replaces of [1, null]) {
    t.equal(
      codeOf(() => deploy(all, { ...ORDER, version: 3, percent: 100, replaces }, NO_GATE)),
      'VERSION_CONFLICT',
    );
    t.equal(
      codeOf(() => rollBack(all, { ...ORDER, replaces })),
      'VERSION_CONFLICT',
    );
  }
});

t.test('where a gate is asked for, nothing goes without one that it passed', async t => {
  const live = one(1, 'live');
  const tryIt = (gatePassed: boolean | null, percent: number) =>
    codeOf(() =>
      deploy(
        [live, one(2, 'approved', { gatePassed })],
        { ...ORDER, version: 2, percent, replaces: 1 },
        {
          needsGate: true,
        },
      ),
    );
  for (const percent of [10, 100]) {
    t.equal(tryIt(null, percent), 'GATE_MISSING');
    t.equal(tryIt(false, percent), 'GATE_MISSING');
    t.equal(tryIt(true, percent), 'none');
  }
});

t.test('the file leads until somebody deploys, and again when what they deployed is retired', async t => {
  const told = (version: number) => ({
    sha256: one(version, 'draft').sha256,
    flowVersion: `1.0.0+${version}`,
  });
  let all = [one(1, 'draft', { author: 'file' }), one(2, 'draft', { author: 'file' })];
  all = after(all, followFile(all, told(1)));
  t.same(shown(all), ['1 live', '2 draft']);
  t.same(followFile(all, told(1)), [], 'nothing is new');
  all = after(all, followFile(all, told(2)));
  t.same(shown(all), ['1 retired', '2 live']);
  all = [...all, one(3, 'approved')];
  all = after(all, deploy(all, { ...ORDER, version: 3, percent: 100, replaces: 2 }, NO_GATE));
  t.same(followFile(all, told(1)), [], 'the store leads');
  const back = after(all, rollBack(all, { ...ORDER, replaces: 3 }));
  t.same(shown(back), ['1 retired', '2 live', '3 retired']);
  t.same(followFile(back, told(1)), [], 'and still does when somebody went back to a version of the file');
  all = after(all, [retire(all[2]!, ORDER)]);
  t.same(shown(after(all, followFile(all, told(1)))), ['1 live', '2 retired', '3 retired']);
  const gone = [one(1, 'live', { deployedBy: 'file' })];
  t.same(shown(after(gone, followFile(gone, undefined))), ['1 retired']);
});
