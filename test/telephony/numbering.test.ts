import t from 'tap';
import { makeTrunk } from '../../src/config/trunks.ts';
import { fitsPattern, normaliseNumber } from '../../src/telephony/numbering.ts';

type Numbering = NonNullable<Parameters<typeof makeTrunk>[0]['numbering']>;

function normaliser(numbering: Numbering): (dialled: string) => string | undefined {
  const trunk = makeTrunk({ name: 'x', numbering });
  return dialled => normaliseNumber(trunk, dialled);
}

t.test('numbers with + are as they are, whatever the trunk', async t => {
  const normalise = normaliser({ stripDigits: 3, addPrefix: '9', countryCode: '49', nationalPrefix: '0' });
  t.equal(normalise('+15550100'), '+15550100');
  t.equal(normalise('+1 (555) 010-0.99'), '+1555010099');
  t.equal(normalise('+015550100'), undefined);
  t.equal(normalise('+12345'), undefined, 'too short');
  t.equal(normalise(`+1${'5'.repeat(15)}`), undefined, 'too long');
});

t.test('a country with 0 before area codes', async t => {
  const normalise = normaliser({ countryCode: '49', nationalPrefix: '0' });
  t.equal(normalise('030 1234567'), '+49301234567');
  t.equal(normalise('0049301234567'), '+49301234567');
  t.equal(normalise('0015550100'), '+15550100');
  t.equal(normalise('1234567'), '1234567', 'without area code nobody knows where');
  t.equal(normalise('204'), '204', 'an extension');
});

t.test('a country without a prefix, and one with its own code as prefix', async t => {
  const normalise = normaliser({ countryCode: '34' });
  t.equal(normalise('912345678'), '+34912345678');
  t.equal(normalise('204'), '204');
  const american = normaliser({ countryCode: '1', nationalPrefix: '1', internationalPrefix: '011' });
  t.equal(american('15550100123'), '+15550100123');
  t.equal(american('01149301234567'), '+49301234567');
});

t.test('carriers that leave the + out, put a prefix before, or send the national part only', async t => {
  t.equal(normaliser({ addPrefix: '+' })('15550100'), '+15550100');
  t.equal(normaliser({ stripDigits: 4, addPrefix: '+' })('999915550100'), '+15550100');
  t.equal(normaliser({ addPrefix: '+1' })('5550100123'), '+15550100123');
  t.equal(normaliser({ stripDigits: 1, addPrefix: '00' })('915550100'), '+15550100');
});

t.test('without numbering only the international prefix is known', async t => {
  const normalise = normaliser({});
  t.equal(normalise('0015550100'), '+15550100');
  t.equal(normalise('5550100'), '5550100');
  t.equal(normaliser({ internationalPrefix: '' })('0015550100'), '0015550100');
});

t.test('what is no number', async t => {
  const normalise = normaliser({ stripDigits: 3 });
  for (const dialled of [
    '',
    '+',
    'alice',
    '5550100;ext=1',
    '++1555',
    '1+555',
    '12',
    '%2b15550100',
    '٣٤٥',
    '1'.repeat(41),
    '1\n2',
    '-'.repeat(100_000),
  ])
    t.equal(normalise(dialled), undefined, JSON.stringify(dialled.slice(0, 40)));
});

t.test('patterns', async t => {
  const cases: [pattern: string, number: string, fits: boolean][] = [
    ['+15550100', '+15550100', true],
    ['+15550100', '+155501000', false],
    ['+1555*', '+15550100', true],
    ['+1555*', '+1555', true],
    ['+1555*', '+1455', false],
    ['7XX', '712', true],
    ['7XX', '7123', false],
    ['7XX', '71', false],
    ['X*', '+1555', false],
    ['+X*', '+1555', true],
    ['+*', '204', false],
    ['*', '204', true],
    ['*', '+15550100', true],
  ];
  for (const [pattern, number, fits] of cases)
    t.equal(fitsPattern(pattern, number), fits, `${pattern} ${number}`);
});
