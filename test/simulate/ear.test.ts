import t from 'tap';
import { SeededRandom } from '../../bench/caller/random.ts';
import { wordsOf } from '../../bench/caller/slot_speech.ts';
import { slotEar } from '../../simulate/caller/ear.ts';
import { isSame } from '../../simulate/check/slots.ts';
import { readPhrasings } from '../../simulate/read.ts';
import { drawByKind } from '../../simulate/scenario/draw_by_kind.ts';
import { sayValue } from '../../simulate/speech/say_value.ts';
import { loadPlaces } from '../../src/workflow/places.ts';
import { type SlotKindName, slot } from '../../src/workflow/slot_schema.ts';
import { makeSlot } from '../../src/workflow/slots.ts';
import { tokensOf } from '../../src/workflow/understand/tokens.ts';

const TODAY = '2026-11-23';
const DRAWS = 200;
/** Of what callers say without errors of a recogniser. */
const LEAST = 0.97;
const places = loadPlaces('workflows/places');
const { lists, kinds } = readPhrasings();
const values = { fire: { say: 'a fire', phrases: ['fire'] }, flood: { say: 'a flood', phrases: ['flood'] } };
const unit = { one: 'truck', many: 'trucks' };
const SPECS: Readonly<Record<SlotKindName, object>> = {
  choice: { values },
  choices: { values, mayBeNone: true },
  yes_no: {},
  house_number: { max: 9999 },
  street: {},
  town: {},
  floor: { basement: false, max: 12 },
  count: { unit, max: 12 },
  date: { withinDays: 300 },
  time: {},
  name: {},
  company: {},
  text: {},
  phone: {},
  email: {},
  number: { max: 500, unit },
  percent: {},
  money: { maxCents: 5_000_000_00 },
  us_state: {},
  zip: {},
  code: { pattern: 'AA999999' },
};

for (const [kind, own] of Object.entries(SPECS)) {
  t.test(
    `${kind}: what the agent says is heard as what it is, and callers' words are understood`,
    async t => {
      const spec = slot.parse({ kind, part: 'part', repair: [{ by: 'again', prompt: 'Which?' }], ...own });
      const made = makeSlot('it', spec, places);
      const ear = slotEar(spec, places);
      const random = new SeededRandom(1, kind);
      const { styles = {}, frames = ['{value}'] } = kinds.get(kind) ?? {};
      let understood = 0;
      const missed = new Set<string>();
      for (let draw = 0; draw < DRAWS; draw += 1) {
        const value = drawByKind(spec, { places, lists, random, todayIso: TODAY });
        if (!made.accepts(value, TODAY)) t.fail(`${value} is not taken`);
        const heard = ear.read(wordsOf(made.say(value)));
        if (heard !== ear.key(value)) t.fail(`${made.say(value)} is heard as ${heard}`);
        if (kind === 'yes_no') continue;
        const style = random.pick(['', ...Object.keys(styles)]);
        const context = {
          places,
          todayIso: TODAY,
          says: {},
          pick: <T>(options: readonly T[]) => random.pick(options),
        };
        const words = random.pick(frames).replace('{value}', sayValue(spec, value, style, context));
        const tokens = tokensOf(words) ?? [];
        const read = [
          ...tokens.flatMap((_, from) => made.readAsked(tokens, from, TODAY)?.values ?? []),
          ...(made.readAll?.(words.toLowerCase()) ?? []),
        ];
        if (read.some(one => isSame(kind, one, value))) understood += 1;
        else missed.add(words);
      }
      if (kind === 'yes_no') return;
      t.ok(
        understood >= LEAST * DRAWS,
        `${(100 * understood) / DRAWS} % understood, not ${[...missed].slice(0, 8).join('; ')}`,
      );
    },
  );
}

t.test('a birth date with another year is another one', async t => {
  const spec = slot.parse({ kind: 'date', part: 'date of birth', pastDays: 45_000 });
  const ear = slotEar(spec, places);
  for (const [iso, words] of [
    ['1944-07-21', 'July the twenty first, nineteen forty four'],
    ['2005-01-03', 'January the third, two thousand five'],
    ['1905-01-03', 'January the third, nineteen oh five'],
    ['1900-12-31', 'December the thirty first, nineteen hundred'],
    ['2011-02-01', 'February the first, twenty eleven'],
  ] as const) {
    t.equal(makeSlot('it', spec, places).say(iso), words);
    t.equal(ear.read(wordsOf(words)), ear.key(iso));
  }
  t.not(ear.read(wordsOf('July the twenty first, nineteen forty')), ear.key('1944-07-21'));
});
