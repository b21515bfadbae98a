import t from 'tap';
import { isoDate } from '../../../src/workflow/calendar.ts';
import type { SlotValue } from '../../../src/workflow/types.ts';
import { BUSINESS_WORDS, FIRST_NAMES, LAST_NAMES } from '../../../src/workflow/understand/known_names.ts';
import { STATES } from '../../../src/workflow/us_states.ts';
import { pick, randomOf } from '../simulated_caller.ts';
import { heardFor, slotOf, TODAY, type Wanted } from './heard.ts';

type Random = () => number;

const DAY_MS = 86_400_000;
const today = Date.parse(TODAY) / DAY_MS;
const whole = (random: Random, from: number, to: number): number =>
  from + Math.floor(random() * (to - from + 1));
const some = (random: Random, signs: string, count: number): string =>
  Array.from({ length: count }, () => pick(random, [...signs])).join('');
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function phone(random: Random): string {
  return `+1${some(random, '23456789', 1)}${some(random, DIGITS, 2)}${some(random, '23456789', 1)}${some(random, DIGITS, 6)}`;
}

function emailPart(random: Random): string {
  return pick(random, [
    () => pick(random, FIRST_NAMES),
    () => pick(random, LAST_NAMES),
    () => `${some(random, LETTERS, 1)}${pick(random, LAST_NAMES)}`,
    () => some(random, LETTERS, whole(random, 1, 6)),
    () => some(random, DIGITS, whole(random, 1, 4)),
    () => some(random, LETTERS + DIGITS, whole(random, 2, 6)),
  ])();
}

function email(random: Random): string {
  const parts = Array.from({ length: whole(random, 1, 3) }, () => emailPart(random));
  const domain = pick(random, [
    'gmail',
    'aol',
    pick(random, BUSINESS_WORDS),
    `${some(random, LETTERS, 4)}-${some(random, LETTERS, 3)}`,
  ]);
  return `${parts.join(pick(random, ['.', '_', '-', '+', '']))}@${domain}.${pick(random, ['com', 'net', 'org', 'co.uk'])}`;
}

function code(random: Random, pattern: string): string {
  const signs: Readonly<Record<string, string>> = {
    A: LETTERS.toUpperCase(),
    9: DIGITS,
    X: LETTERS.toUpperCase() + DIGITS,
    '-': '-',
  };
  return [...pattern].map(sign => some(random, signs[sign] ?? '', 1)).join('');
}

function time(random: Random): string {
  const minutes = whole(random, 0, 1_439);
  return [Math.floor(minutes / 60), minutes % 60].map(part => String(part).padStart(2, '0')).join(':');
}

const VALUES = Object.fromEntries(
  ['auto', 'home', 'umbrella', 'life', 'flood'].map(name => [
    name,
    { say: name, phrases: [name, `${name} cover`] },
  ]),
);

const KINDS: Readonly<Record<string, readonly [Wanted, (random: Random) => SlotValue]>> = {
  phone: [{ kind: 'phone' }, phone],
  'phone of anywhere': [
    { kind: 'phone', international: true },
    random =>
      random() < 0.5
        ? phone(random)
        : `+${some(random, '2345679', 2)}${some(random, DIGITS, whole(random, 7, 11))}`,
  ],
  email: [{ kind: 'email' }, email],
  zip: [{ kind: 'zip' }, random => some(random, DIGITS, 5)],
  number: [
    { kind: 'number', min: -500, max: 9_999_999 },
    random => pick(random, [whole(random, -500, 500), whole(random, 0, 9_999), whole(random, 0, 9_999_999)]),
  ],
  'number with decimals': [
    { kind: 'number', min: 0, max: 10_000, decimals: true, unit: { one: 'acre', many: 'acres' } },
    random => whole(random, 0, 100_000) / 100,
  ],
  percent: [{ kind: 'percent' }, random => whole(random, 0, 10_000) / 100],
  money: [
    { kind: 'money', maxCents: 1_000_000_000_000 },
    random =>
      pick(random, [
        whole(random, 1, 99),
        whole(random, 1, 99_999),
        whole(random, 1, 20_000) * 100_00,
        whole(random, 1, 10_000_000_000),
      ]),
  ],
  'code of letters and digits': [{ kind: 'code', pattern: 'AA-999999' }, random => code(random, 'AA-999999')],
  'code of either': [{ kind: 'code', pattern: 'X'.repeat(17) }, random => code(random, 'X'.repeat(17))],
  'code of digits': [
    { kind: 'code', pattern: ['9999', '99999999'] },
    random => code(random, pick(random, ['9999', '99999999'])),
  ],
  state: [{ kind: 'us_state' }, random => pick(random, Object.keys(STATES))],
  name: [
    { kind: 'name' },
    random =>
      [
        capital(pick(random, FIRST_NAMES)),
        ...(random() < 0.3 ? [some(random, 'BCDEFGHJKLMNPQRSTUVWXYZ', 1)] : []),
        ...(random() < 0.8
          ? [
              pick(random, [
                capital(pick(random, LAST_NAMES)),
                "O'Brien",
                'McAllister',
                'De La Cruz',
                'Zhang',
              ]),
            ]
          : []),
      ].join(' '),
  ],
  company: [
    { kind: 'company' },
    random =>
      [
        capital(pick(random, LAST_NAMES)),
        capital(pick(random, BUSINESS_WORDS)),
        ...pick(random, [[], ['LLC'], ['and', 'Sons'], ['ABC']]),
      ].join(' '),
  ],
  date: [{ kind: 'date', withinDays: 365 }, random => isoDate(today + whole(random, 1, 365))],
  'date of some days ago': [
    { kind: 'date', pastDays: 360 },
    random => isoDate(today - whole(random, 0, 360)),
  ],
  'date of birth': [{ kind: 'date', pastDays: 40_000 }, random => isoDate(today - whole(random, 0, 40_000))],
  time: [{ kind: 'time' }, time],
  choices: [
    { kind: 'choices', values: VALUES, mayBeNone: true },
    random => {
      const chosen = Object.keys(VALUES).filter(() => random() < 0.5);
      return chosen.length === 0 ? 'none' : chosen.join('+');
    },
  ],
  text: [
    { kind: 'text', words: { max: 40 } },
    random =>
      Array.from({ length: whole(random, 1, 30) }, () =>
        pick(random, [...FIRST_NAMES, 'a', 'tree', 'fell', 'on', 'my', 'car', '12', "wasn't"]),
      ).join(' '),
  ],
};

const ROUNDS = 400;
const LEADS = ['', "it's ", 'uh ', 'yeah it is ', 'um, '];

for (const [name, [wanted, draw]] of Object.entries(KINDS)) {
  t.test(`what is said of a ${name} is understood as the same`, async t => {
    const asked = slotOf(wanted);
    const random = randomOf(11);
    const lost: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const value = draw(random);
      const lead = wanted.kind === 'text' ? '' : pick(random, LEADS);
      const said = `${lead}${asked.say(value)}`;
      const heard = heardFor(asked, said);
      if (!asked.accepts(value, TODAY)) lost.push(`${value} is not taken`);
      else if (heard?.length !== 1 || heard[0] !== value)
        lost.push(`${value}: "${said}" is ${heard?.join(' or ')}`);
    }
    t.same(lost.slice(0, 12), []);
  });
}
