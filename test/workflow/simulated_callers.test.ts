import t from 'tap';
import { loadFlow } from '../../src/workflow/load.ts';
import { quoteOf } from '../../src/workflow/quote.ts';
import type { FlowEffect, SlotValue } from '../../src/workflow/types.ts';
import { type Mouth, pick, randomOf, type Script, SimulatedCaller } from './simulated_caller.ts';

const TODAY = '2026-11-21';
const SEEDS = 300;
const flow = await loadFlow('workflows', 'piano_removal');
const { places } = flow;
const streets = [...places.streets].flatMap(([stem, types]) => types.map(type => `${stem} ${type}`));
const towns = [...places.towns.values()];

const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = '- - twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const PLACES =
  'basement,ground,second,third,fourth,fifth,sixth,seventh,eighth,ninth,tenth,eleventh,twelfth'.split(',');
const PIANOS: Readonly<Record<string, string>> = {
  upright: 'an upright',
  baby_grand: 'a baby grand',
  grand: 'a grand',
};

function belowHundred(n: number): string {
  if (n < 20) return SMALL[n]!;
  return n % 10 === 0 ? TENS[n / 10]! : `${TENS[Math.floor(n / 10)]} ${SMALL[n % 10]}`;
}

function houseNumber(n: number): string {
  if (n < 100) return belowHundred(n);
  const [head, tail] = [Math.floor(n / 100), n % 100];
  if (n % 1000 === 0) return `${SMALL[n / 1000]} thousand`;
  if (tail === 0) return `${belowHundred(head)} hundred`;
  if (head % 10 === 0 && tail < 10) return `${SMALL[head / 10]} thousand ${SMALL[tail]}`;
  return `${belowHundred(head)} ${tail < 10 ? `oh ${SMALL[tail]}` : belowHundred(tail)}`;
}

function fullTown(id: string): string {
  const [name, state] = id.split(', ') as [string, string];
  return `${name}, ${state === 'MA' ? 'Massachusetts' : 'New Hampshire'}`;
}

function shortTown(id: string): string {
  const name = id.split(', ')[0]!;
  return towns.filter(town => town.name === name).length === 1 ? name : fullTown(id);
}

function spokenDate(iso: string): { weekday: string; month: string; day: string } {
  const part = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', ...options }).format(new Date(`${iso}T00:00:00Z`));
  const first =
    'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth'.split(
      ' ',
    );
  const n = Number(iso.slice(8));
  const day =
    n <= 20
      ? first[n - 1]!
      : n === 30
        ? 'thirtieth'
        : `${n > 30 ? 'thirty' : 'twenty'} ${first[(n % 10) - 1]}`;
  return { weekday: part({ weekday: 'long' }), month: part({ month: 'long' }), day };
}

function mouthOf(random: () => number): Mouth {
  const other = <T>(values: readonly T[], value: T): T => {
    const one = pick(random, values);
    return one === value ? other(values, value) : one;
  };
  return {
    say: (slot, value) => {
      if (slot === 'piano_type')
        return pick(random, [PIANOS[String(value)]!, `it's ${PIANOS[String(value)]}`]);
      if (slot.endsWith('_number')) return pick(random, [houseNumber(Number(value)), String(value)]);
      if (slot.endsWith('_town'))
        return pick(random, [shortTown(String(value)), `in ${shortTown(String(value))}`]);
      if (slot.endsWith('_floor')) {
        const place = PLACES[Number(value)]!;
        return value === 0 ? 'the basement' : pick(random, [`${place} floor`, `it's on the ${place} floor`]);
      }
      if (slot.endsWith('_flights')) return `${SMALL[Number(value)]} ${value === 1 ? 'flight' : 'flights'}`;
      if (slot === 'move_date') {
        const { weekday, month, day } = spokenDate(String(value));
        return pick(random, [
          `${month} ${day}`,
          `the ${day} of ${month}`,
          `${weekday} ${month} the ${day}`,
          String(value),
        ]);
      }
      if (typeof value === 'boolean') return value ? 'yes' : 'no';
      return String(value);
    },
    hear: (slot, value) => {
      if (slot === 'piano_type') return `${PIANOS[String(value)]} piano`;
      if (slot.endsWith('_number')) return houseNumber(Number(value));
      if (slot.endsWith('_town')) return fullTown(String(value));
      if (slot.endsWith('_floor')) return value === 0 ? 'basement' : `${PLACES[Number(value)]} floor`;
      if (slot.endsWith('_flights'))
        return value === 0 ? 'no flights' : `${SMALL[Number(value)]} ${value === 1 ? 'flight' : 'flights'}`;
      if (slot === 'move_date') {
        const { weekday, month, day } = spokenDate(String(value));
        return `${weekday}, ${month} the ${day}`;
      }
      if (typeof value === 'boolean') return value ? 'yes' : 'no';
      return String(value);
    },
    mistake: (slot, value) => {
      if (slot === 'piano_type') return other(Object.keys(PIANOS), String(value));
      if (slot.endsWith('_number')) return 1 + ((Number(value) + 49) % 1999);
      if (slot.endsWith('_street')) return other(streets, String(value));
      if (slot.endsWith('_town')) return other(towns, towns.find(({ id }) => id === value)!).id;
      if (slot.endsWith('_floor')) return other([0, 1, 2, 3, 4], Number(value));
      if (slot.endsWith('_flights')) return other([1, 2, 3, 4], Number(value));
      return '2027-05-05';
    },
    spell: (slot, value) => {
      const name = slot.endsWith('_town') ? String(value).split(',')[0]! : String(value).replace(/ \S+$/, '');
      return [...name.replaceAll(' ', '')].join(' ');
    },
  };
}

function draw(seed: number): Script {
  const random = randomOf(seed * 7919);
  const end = (which: string): Record<string, SlotValue> => {
    const floor = pick(random, [0, 1, 1, 2, 3, 4, 11]);
    const elevator = floor !== 1 && random() < 0.5;
    return {
      [`${which}_number`]: 1 + Math.floor(random() * 1999),
      [`${which}_street`]: pick(random, streets),
      [`${which}_town`]: pick(random, towns).id,
      [`${which}_floor`]: floor,
      [`${which}_elevator`]: elevator,
      [`${which}_flights`]: floor === 1 || elevator ? 0 : 1 + Math.floor(random() * 4),
    };
  };
  const day = new Date(Date.parse(TODAY) + (1 + Math.floor(random() * 365)) * 86_400_000);
  return {
    consent: random() < 0.7,
    piano_type: pick(random, Object.keys(PIANOS)),
    ...end('origin'),
    ...end('destination'),
    narrow_doorways: random() < 0.5,
    move_date: day.toISOString().slice(0, 10),
    booking: random() < 0.6,
  };
}

function last<T extends FlowEffect['type']>(effects: readonly FlowEffect[], type: T) {
  return effects.findLast((effect): effect is Extract<FlowEffect, { type: T }> => effect.type === type);
}

for (const share of [0, 0.3]) {
  t.test(`${SEEDS} callers over a line that spoils ${share} of the answers`, async t => {
    let turns = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { consent, ...wanted } = draw(seed);
      const script = { consent: consent!, ...wanted };
      const caller = new SimulatedCaller(flow, script, mouthOf(randomOf(seed + 1e6)), seed, { share });
      const { state, effects, transcript } = caller.run(TODAY);
      turns += transcript.length / 2;
      const slots = Object.fromEntries(Object.entries(state.slots).map(([name, { value }]) => [name, value]));
      const outcome = last(effects, 'outcome')?.outcome;
      const quote = last(effects, 'quote')?.quote;
      const expected = { ...quoteOf(flow.document.pricing!, wanted, places, TODAY), booked: wanted.booking };
      const asExpected =
        t.same(slots, wanted, `seed ${seed}: the slots`) &&
        t.equal(outcome, wanted.booking === true ? 'booked' : 'not_booked', `seed ${seed}: the outcome`) &&
        t.same(quote, expected, `seed ${seed}: the quote`) &&
        // Who is not understood has not consented.
        t.ok(
          consent === true || last(effects, 'consent')?.granted === false,
          `seed ${seed}: no consent that was not given`,
        ) &&
        t.ok(
          share > 0 || last(effects, 'consent')?.granted === consent,
          `seed ${seed}: consent as it was given`,
        );
      if (!asExpected) {
        t.comment(transcript.join('\n'));
        break;
      }
    }
    t.comment(`${(turns / SEEDS).toFixed(1)} turns a call`);
  });
}
