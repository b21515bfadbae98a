import { NOTHING, understood, WRONG } from './understood.ts';

understood('telephone numbers', { kind: 'phone' }, [
  ['six one seven five five five oh one two three', '+16175550123'],
  ['my number is area code six one seven, five fifty five, oh one twenty three', '+16175550123'],
  ['617-555-0123', '+16175550123'],
  ['(617) 555 0123', '+16175550123'],
  ['617.555.0123', '+16175550123'],
  ['16175550123', '+16175550123'],
  ['one eight hundred five five five one two one two', '+18005551212'],
  ['six one seven double five five zero one double two', '+16175550122'],
  ['six one seven triple five oh one two three', '+16175550123'],
  ['six one seven five five five one to three for', '+16175551234'],
  ['plus one six one seven five five five oh one two three', '+16175550123'],
  ["uh it's six one seven um five five five dash one two one two", '+16175551212'],
  ['five five five oh one two three', WRONG],
  ['six one seven five five five oh one two three four five', WRONG],
  ['one one seven five five five oh one two three', WRONG],
  ['four four two oh seven nine four six oh nine five eight', WRONG],
  ['no', NOTHING],
  ["i don't have one", NOTHING],
]);

understood('telephone numbers of a place', { kind: 'phone', areaCode: '617' }, [
  ['five five five oh one two three', '+16175550123'],
  ['five five five oh one two', WRONG],
]);

understood('telephone numbers of other countries', { kind: 'phone', international: true }, [
  ['plus four four two oh seven nine four six oh nine five eight', '+442079460958'],
  ['oh one one four four two oh seven nine four six oh nine five eight', '+442079460958'],
  ['six one seven five five five oh one two three', '+16175550123'],
]);

understood('amounts of money', { kind: 'money', maxCents: 1_000_000_000_000 }, [
  ['a hundred and twenty thousand dollars', 12_000_000],
  ['one point five million', 150_000_000],
  ['$1.5 million', 150_000_000],
  ['$120,000', 12_000_000],
  ['$12.50', 1_250],
  ['$50k', 5_000_000],
  ['fifty k', 5_000_000],
  ['50k', 5_000_000],
  ['two fifty', 25_000],
  ['five dollars and fifty cents', 550],
  ['five dollars fifty', 550],
  ['sixty five cents', 65],
  ['half a million dollars', 50_000_000],
  ['about twenty five hundred bucks', 250_000],
  ['five grand', 500_000],
  ['a grand', 100_000],
  ['two and a half million', 250_000_000],
  ['two million and a half', 250_000_000],
  ['one million two hundred fifty thousand', 125_000_000],
  ['three hundred twenty thousand', 32_000_000],
  ['one twenty thousand', 12_000_000],
  ['a couple of hundred dollars', 20_000],
  ['zero', 0],
  ['eleven billion dollars', WRONG],
  ['a lot', NOTHING],
  ["it's not that much", NOTHING],
]);

understood('numbers from zero to ten', { kind: 'number', max: 10 }, [
  ['nine', 9],
  ["i'd give it a nine", 9],
  ['a four out of five', 4],
  ['seven out of ten', 7],
  ['for', 4],
  ['7', 7],
  ['zero', 0],
  ['minus one', WRONG],
  ['eleven', WRONG],
  ['nine point five', WRONG],
  ['six or seven', [6, 7]],
  ['not a nine an eight', 8],
  ['good', NOTHING],
]);

understood(
  'numbers with a unit',
  { kind: 'number', max: 5_000, unit: { one: 'employee', many: 'employees' } },
  [
    ['about fifteen', 15],
    ['fifteen employees', 15],
    ['twelve hundred', 1_200],
    ['one thousand two hundred and five', 1_205],
    ['a couple of employees', 2],
    ['two dozen', 24],
    ['half a dozen', 6],
    ['a dozen employees', 12],
    ['no employees', 0],
    ['none', 0],
    ['just one employee', 1],
    ['nineteen eighty four', 1_984],
    ['2,500', 2_500],
    ['six thousand', WRONG],
  ],
);

understood('numbers with decimals', { kind: 'number', max: 100, decimals: true }, [
  ['two and a half', 2.5],
  ['two point seven five', 2.75],
  ['point five', 0.5],
  ['2.5', 2.5],
  ['two point three four five', WRONG],
]);

understood('shares', { kind: 'percent' }, [
  ['twenty percent', 20],
  ['twenty per cent', 20],
  ['twelve and a half percent', 12.5],
  ['12.5%', 12.5],
  ['half', 50],
  ['half a percent', 0.5],
  ['point five percent', 0.5],
  ['a hundred percent', 100],
  ['all of it', 100],
  ['thirty five', 35],
  ['a hundred and ten percent', WRONG],
]);

understood('zip codes', { kind: 'zip' }, [
  ['oh two one three nine', '02139'],
  ['zip code nine oh two one oh', '90210'],
  ['02139-1234', '02139'],
  ['02139', '02139'],
  ['ten oh one two', '10012'],
  ['one double oh one two', '10012'],
  ['oh two one thirty nine', '02139'],
  ['zero two one', WRONG],
  ['one two three four five six', WRONG],
  ['no idea', NOTHING],
]);

understood('codes of letters and digits', { kind: 'code', pattern: 'AA-999999' }, [
  ['a b one two three four five six', 'AB-123456'],
  ['AB123456', 'AB-123456'],
  ['AB-123-456', 'AB-123456'],
  ['ab 123456', 'AB-123456'],
  ['n as in nancy h oh one two three four five', 'NH-012345'],
  ['h oh one two three four five six', 'HO-123456'],
  ['alpha bravo twelve thirty four fifty six', 'AB-123456'],
  ['be see double one two two three three', 'BC-112233'],
  ['em en too for ate won tree niner', 'MN-248139'],
  ['my policy number is h o dash one two three then four five six', 'HO-123456'],
  ['a b one two three four five', WRONG],
  ['a b one two three four five six seven', WRONG],
  ['one two three four five six', NOTHING],
  ["i don't have it here", NOTHING],
]);

understood('codes of either', { kind: 'code', pattern: 'X'.repeat(17) }, [
  ['1HGCM82633A004352', '1HGCM82633A004352'],
  ['one h g c m eight two six three three a oh oh four three five two', '1HGCM82633A004352'],
  [`${'oh '.repeat(16)}`, WRONG],
]);

understood('codes of several patterns', { kind: 'code', pattern: ['9999', 'A99'] }, [
  ['one two three four', '1234'],
  ['b forty two', 'B42'],
  ['twelve thirty four five', WRONG],
]);

understood('times of day', { kind: 'time' }, [
  ['half past two in the afternoon', '14:30'],
  ['two thirty p m', '14:30'],
  ['2:30 pm', '14:30'],
  ['2:30pm', '14:30'],
  ['14:30', '14:30'],
  ['02:30', '02:30'],
  ['quarter to five in the evening', '16:45'],
  ['a quarter past nine in the morning', '09:15'],
  ['ten past three in the afternoon', '15:10'],
  ['twenty minutes to six p m', '17:40'],
  ['two oh five p m', '14:05'],
  ['noon', '12:00'],
  ['midnight', '00:00'],
  ['twelve thirty a m', '00:30'],
  ['twelve thirty p m', '12:30'],
  ['ten a.m.', '10:00'],
  ['eight tonight', '20:00'],
  ['one at night', '01:00'],
  ['fourteen hundred hours', '14:00'],
  ['sixteen thirty', '16:30'],
  ["three o'clock", ['15:00', '03:00']],
  ['at nine', ['21:00', '09:00']],
  ['ten in the morning no eleven in the morning', '11:00'],
  ['twenty five', WRONG],
  ['25:10', NOTHING],
  ['2:75', NOTHING],
  ['whenever', NOTHING],
]);

understood('times of an office day', { kind: 'time', from: '08:00', to: '18:00' }, [
  ["three o'clock", '15:00'],
  ['nine', '09:00'],
  ['half past two', '14:30'],
  ['seven', WRONG],
]);

understood('dates of birth', { kind: 'date', pastDays: 40_000 }, [
  ['april thirteenth nineteen a forty seven', '1947-04-13'],
  ['the third of march nineteen eighty four', '1984-03-03'],
  ['march third nineteen eighty four', '1984-03-03'],
  ['three fourteen eighty four', '1984-03-14'],
  ['oh three fourteen nineteen eighty four', '1984-03-14'],
  ['march third eighty four', '1984-03-03'],
  ['march the third in nineteen eighty four', '1984-03-03'],
  ['june fifth two thousand five', '2005-06-05'],
  ['june fifth oh five', '2005-06-05'],
  ['june fifth twenty ten', '2010-06-05'],
  ['june fifth nineteen oh seven', WRONG],
  ['3/14/84', '1984-03-14'],
  ['03/14/1984', '1984-03-14'],
  ['1984-03-14', '1984-03-14'],
  ['march third', WRONG],
  ['february thirtieth nineteen eighty four', WRONG],
  ['march third two thousand ninety', WRONG],
  ['i am forty two', NOTHING],
]);

understood('dates of what has happened', { kind: 'date', pastDays: 300 }, [
  ['today', '2026-11-21'],
  ['this morning', '2026-11-21'],
  ['last night', '2026-11-20'],
  ['yesterday', '2026-11-20'],
  ['the day before yesterday', '2026-11-19'],
  ['last friday', '2026-11-20'],
  ['this past tuesday', '2026-11-17'],
  ['monday', '2026-11-16'],
  ['saturday', '2026-11-14'],
  ['two weeks ago', '2026-11-07'],
  ['three days ago', '2026-11-18'],
  ['a month ago', '2026-10-21'],
  ['on november nineteenth', '2026-11-19'],
  ['the third', '2026-11-03'],
  ['the thirtieth', '2026-10-30'],
  ['march third', '2026-03-03'],
  ['december third', WRONG],
  ['tomorrow', WRONG],
  ['a year ago', WRONG],
  ['a while ago', NOTHING],
]);

understood('dates before and behind today', { kind: 'date', pastDays: 60, withinDays: 60 }, [
  ['today', '2026-11-21'],
  ['tomorrow', '2026-11-22'],
  ['yesterday', '2026-11-20'],
  ['december third', '2026-12-03'],
  ['november third', '2026-11-03'],
  ['the third', ['2026-11-03', '2026-12-03']],
]);
