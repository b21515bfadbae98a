import t from 'tap';
import { loadFlow } from '../../src/workflow/load.ts';
import { greatCircleMiles } from '../../src/workflow/places.ts';
import { quoteOf } from '../../src/workflow/quote.ts';
import type { SlotValue } from '../../src/workflow/types.ts';

const TODAY = '2026-11-21';
const { document, places } = await loadFlow('workflows', 'piano_removal');
const rules = document.pricing!;

const MOVE: Readonly<Record<string, SlotValue>> = {
  piano_type: 'upright',
  origin_town: 'Boston, MA',
  destination_town: 'Lowell, MA',
  origin_flights: 0,
  destination_flights: 0,
  narrow_doorways: false,
  move_date: '2027-03-14',
};

function linesOf(change: Readonly<Record<string, SlotValue>>): Readonly<Record<string, number>> {
  const { lines } = quoteOf(rules, { ...MOVE, ...change }, places, TODAY);
  return Object.fromEntries(lines.map(({ label, amountCents }) => [label, amountCents]));
}

t.test('each rule adds its line', async t => {
  t.same(linesOf({}), { 'Base price': 20_000, Distance: 29 * 400 });
  t.equal(linesOf({ piano_type: 'baby_grand' })['Base price'], 32_000);
  t.equal(linesOf({ piano_type: 'grand' })['Base price'], 45_000);
  t.equal(linesOf({ origin_flights: 2 })['Stairs at the pick up'], 12_000);
  t.equal(linesOf({ destination_flights: 3 })['Stairs at the delivery'], 18_000);
  t.equal(linesOf({ narrow_doorways: true })['Narrow doorways'], 7_500);
});

t.test('urgency goes by whole days from today', async t => {
  for (const [date, cents] of [
    ['2026-11-22', 15_000],
    ['2026-11-23', 9_000],
    ['2026-11-24', 9_000],
    ['2026-11-25', 4_000],
    ['2026-11-28', 4_000],
    ['2026-11-29', undefined],
  ] as const) {
    t.equal(linesOf({ move_date: date }).Urgency, cents, date);
  }
});

t.test('a quote adds up, and is the same for the same move', async t => {
  const slots = {
    ...MOVE,
    piano_type: 'grand',
    origin_flights: 1,
    narrow_doorways: true,
    move_date: '2026-11-22',
  };
  const quote = quoteOf(rules, slots, places, TODAY);
  t.equal(
    quote.totalCents,
    quote.lines.reduce((sum, line) => sum + line.amountCents, 0),
  );
  t.ok(Number.isInteger(quote.totalCents));
  t.same(quoteOf(rules, structuredClone(slots), places, TODAY), quote);
  t.equal(quote.booked, false);
});

t.test('distance is great circle by the road factor, with a least', async t => {
  const [boston, lowell] = ['Boston, MA', 'Lowell, MA'].map(id => places.towns.get(id)!);
  // On the plane: 0.275 degrees north at 69.0 miles, 0.256 west at 51.0 miles.
  const miles = greatCircleMiles(boston!, lowell!);
  t.ok(Math.abs(miles - 23.1) < 0.2, String(miles));
  t.equal(greatCircleMiles(boston!, boston!), 0);
  const there = quoteOf(rules, MOVE, places, TODAY).distanceMiles;
  const back = { ...MOVE, origin_town: 'Lowell, MA', destination_town: 'Boston, MA' };
  t.equal(quoteOf(rules, back, places, TODAY).distanceMiles, there);
  const within = quoteOf(rules, { ...MOVE, destination_town: 'Boston, MA' }, places, TODAY);
  t.equal(within.distanceMiles, rules.distance.minimumMiles);
  t.throws(() => quoteOf(rules, { ...MOVE, origin_town: 'Atlantis' }, places, TODAY), {
    code: 'WORKFLOW_INVALID',
  });
});
