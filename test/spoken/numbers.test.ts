import t from 'tap';
import { cardinal, digitByDigit, houseNumber, inPairs, money, ordinal } from '../../src/spoken/numbers.ts';

type Said = readonly (readonly [number, string])[];

const CARDINALS: Said = [
  [0, 'zero'],
  [13, 'thirteen'],
  [40, 'forty'],
  [99, 'ninety nine'],
  [100, 'one hundred'],
  [421, 'four hundred twenty one'],
  [1005, 'one thousand five'],
  [12_340, 'twelve thousand three hundred forty'],
  [2_000_071, 'two million seventy one'],
];
const ORDINALS: Said = [
  [0, 'zeroth'],
  [1, 'first'],
  [12, 'twelfth'],
  [20, 'twentieth'],
  [31, 'thirty first'],
  [48, 'forty eighth'],
  [100, 'one hundredth'],
];
const IN_PAIRS: Said = [
  [7, 'seven'],
  [421, 'four twenty one'],
  [1200, 'twelve hundred'],
  [1905, 'nineteen oh five'],
  [2000, 'two thousand'],
  [2026, 'twenty twenty six'],
  [12_345, 'twelve thousand three hundred forty five'],
];
const HOUSE_NUMBERS: Said = [
  [7, 'seven'],
  [421, 'four twenty one'],
  [105, 'one oh five'],
  [500, 'five hundred'],
  [1200, 'twelve hundred'],
  [2000, 'two thousand'],
  [2005, 'two thousand five'],
  [1234, 'twelve thirty four'],
  [12_000, 'twelve thousand'],
  [12_345, 'one two three four five'],
];
const MONEY: Said = [
  [64_050, 'six hundred forty dollars and fifty cents'],
  [101, 'one dollar and one cent'],
  [0, 'zero dollars'],
  [99, 'ninety nine cents'],
  [-2_500, 'minus twenty five dollars'],
  [99_999_999_999_999, `${cardinal(999_999_999_999)} dollars and ninety nine cents`],
];

t.test('numbers are said as Americans say them, without hyphens', async t => {
  for (const [say, table] of [
    [cardinal, CARDINALS],
    [ordinal, ORDINALS],
    [inPairs, IN_PAIRS],
    [houseNumber, HOUSE_NUMBERS],
    [money, MONEY],
  ] as const) {
    for (const [number, words] of table) t.equal(say(number), words, `${say.name} of ${number}`);
  }
});

t.test('digits are told one by one, whatever stands between them', async t => {
  t.equal(digitByDigit('407'), 'four zero seven');
  t.equal(digitByDigit('+1 (40)'), 'one four zero');
  t.equal(digitByDigit('none'), '');
});
