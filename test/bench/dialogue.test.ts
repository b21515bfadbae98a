import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Dialogue } from '../../bench/caller/dialogue.ts';
import { knownPlaces } from '../../bench/caller/known_places.ts';
import {
  cardinal,
  digitByDigit,
  houseNumberForms,
  ordinal,
  readCardinal,
  readHouseNumber,
  readMoney,
  readOrdinal,
} from '../../bench/caller/number_words.ts';
import { expectedQuote } from '../../bench/caller/pricing.ts';
import { promptBook } from '../../bench/caller/prompts.ts';
import { SeededRandom } from '../../bench/caller/random.ts';
import { drawScript } from '../../bench/caller/script.ts';
import { readSentences } from '../../bench/caller/sentence_reader.ts';
import { wordsOf } from '../../bench/caller/slot_speech.ts';
import { loadFlow } from '../../src/workflow/load.ts';
import type { FlowState } from '../../src/workflow/types.ts';

const TODAY = '2026-03-02';
const WORKFLOWS = fileURLToPath(new URL('../../workflows', import.meta.url));
const flow = await loadFlow(WORKFLOWS, 'piano_removal');
const words = (text: string): string[] => text.split(' ');

/** Holds a conversation in text; `mishear` is what the agent makes of the caller's words. */
function converse(seed: number, mishear: (text: string, turn: number) => string = text => text) {
  const script = drawScript(flow.document, flow.places, seed, TODAY);
  const book = promptBook(flow.document, flow.places, knownPlaces(flow.places, script));
  const dialogue = new Dialogue(flow.document, book, script);
  let step = flow.next(flow.initial, { type: 'start' }, { todayIso: TODAY });
  const log: string[] = [];
  for (let turn = 0; turn < 150; turn += 1) {
    log.push(`agent: ${step.say.join(' ')}`);
    const reply = dialogue.hear(step.say.join(' '));
    if (reply.type === 'done' || reply.type === 'giveUp' || reply.type === 'listen') break;
    const said = reply.type === 'keys' ? reply.keys : mishear(wordsOf(reply.text).join(' '), turn);
    log.push(`caller: ${said}`);
    const heard =
      reply.type === 'keys'
        ? ({ type: 'keys', digits: said } as const)
        : ({ type: 'speech', text: said, confidence: 0.9, alternatives: [] } as const);
    step = flow.next(step.state, heard, { todayIso: TODAY });
  }
  return { script, dialogue, state: step.state, log };
}

function valuesOf(state: FlowState): Record<string, unknown> {
  return Object.fromEntries(Object.entries(state.slots).map(([name, { value }]) => [name, value]));
}

t.test('numbers in words and back', async t => {
  for (const value of [0, 1, 9, 12, 20, 21, 99, 100, 105, 421, 999, 1000, 1234, 20_000, 123_456]) {
    t.equal(readCardinal(words(cardinal(value))), value, cardinal(value));
  }
  for (const value of [1, 2, 3, 12, 20, 21, 30, 31])
    t.equal(readOrdinal(words(ordinal(value))), value, ordinal(value));
  for (let value = 1; value < 10_000; value += 7) {
    for (const form of [...houseNumberForms(value), digitByDigit(value)]) {
      if (readHouseNumber(words(form)) !== value) t.fail(`${form} is not ${value}`);
    }
  }
  t.equal(readCardinal(words('four hundred and two')), 402);
  t.equal(readMoney(words('one thousand two hundred dollars and fifty cents')), 120_050);
  t.equal(readMoney(words('one dollar')), 100);
  t.equal(readMoney(words('seventy cents')), 70);
  for (const wrong of [
    '',
    'twenty eleven',
    'one two',
    'hundred',
    'and five',
    'five and',
    'thousand one',
    'maple',
  ]) {
    t.equal(readCardinal(words(wrong)), undefined, wrong);
  }
  for (const wrong of ['dollars', 'ten', 'ten dollars ten', 'ten dollars and', 'cents']) {
    t.equal(readMoney(words(wrong)), undefined, wrong);
  }
  t.equal(readHouseNumber(words('maple street')), undefined);
});

t.test('a seed draws the same caller every time, and seeds differ', async t => {
  const draw = (seed: number) => drawScript(flow.document, flow.places, seed, TODAY).slots;
  t.same(draw(7), draw(7));
  const callers = new Set(Array.from({ length: 50 }, (_, seed) => JSON.stringify(draw(seed))));
  t.equal(callers.size, 50);
  t.same(converse(7).log, converse(7).log);
});

t.test('streams of one seed are independent', async t => {
  const draws = (stream: string) => {
    const random = new SeededRandom(1, stream);
    return Array.from({ length: 8 }, () => random.integer(0, 99));
  };
  t.same(draws('a'), draws('a'));
  t.notSame(draws('a'), draws('b'));
  const random = new SeededRandom(2, 'spread');
  const mean = Array.from({ length: 10_000 }, () => random.next()).reduce((sum, x) => sum + x, 0) / 10_000;
  t.ok(Math.abs(mean - 0.5) < 0.02, `${mean}`);
});

t.test('every caller is understood: slots, quote and outcome as the script wants them', async t => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= 60; seed += 1) {
    const { script, dialogue, state, log } = converse(seed);
    const expected = expectedQuote(flow.document.pricing!, script.slots, flow.places, TODAY);
    t.same(valuesOf(state), dialogue.slots, `seed ${seed}\n${log.join('\n')}`);
    t.equal(dialogue.outcome, script.slots.booking === true ? 'booked' : 'not_booked', `seed ${seed}`);
    t.equal(dialogue.quote.totalCents, expected.totalCents, `seed ${seed}`);
    t.same(dialogue.quote.lines, expected.lines, `seed ${seed}`);
    outcomes.add(dialogue.outcome!);
  }
  t.equal(outcomes.size, 2);
});

t.test('an agent that mishears half of the answers for a while is brought to the truth', async t => {
  const confusions: readonly (readonly [RegExp, string])[] = [
    [/\b(maple|oak|elm|main|pine|[a-z]+) (street|avenue|road|lane|drive)\b/, 'maple street'],
    [/\b(two|three|four|five)\b/, 'six'],
    [/\bfloor\b/, 'second floor'],
    [/\b(upright|baby grand)\b/, 'grand'],
    [/\b(january|march|may|june)\b/, 'april'],
  ];
  let completed = 0;
  for (let seed = 100; seed < 140; seed += 1) {
    const random = new SeededRandom(seed, 'confusion');
    const { dialogue, state, log } = converse(seed, (text, turn) => {
      if (turn > 25 || !random.chance(0.5)) return text;
      return confusions.reduce((said, [from, to]) => said.replace(from, to), text);
    });
    if (dialogue.outcome === 'callback') continue;
    completed += 1;
    const wrong = Object.entries(dialogue.slots).filter(([slot, value]) => valuesOf(state)[slot] !== value);
    t.same(
      wrong.filter(([slot]) => flow.document.slots[slot]!.kind !== 'yes_no'),
      [],
      `seed ${seed}\n${log.join('\n')}`,
    );
  }
  t.ok(completed >= 25, `${completed} of 40; the others were promised a call by a person`);
});

t.test('quotes that do not add up are asked for again', async t => {
  const script = drawScript(flow.document, flow.places, 1, TODAY);
  const book = promptBook(flow.document, flow.places, knownPlaces(flow.places, script));
  const dialogue = new Dialogue(flow.document, book, script);
  const quote = (total: string) =>
    `The distance of ten miles adds forty dollars. The narrow doorways add seventy five dollars. The total is ${total}. Would you like to book this move?`;
  t.same(dialogue.hear(quote('fifteen dollars')), { type: 'say', text: 'repeat that' });
  const reply = dialogue.hear(quote('one hundred fifteen dollars'));
  t.equal(reply.type, 'say');
  t.notMatch(reply, { text: 'repeat that' });
  t.equal(dialogue.quote.totalCents, 11_500);
});

t.test('sentences are found among words that belong to none', async t => {
  const script = drawScript(flow.document, flow.places, 1, TODAY);
  const book = promptBook(flow.document, flow.places, knownPlaces(flow.places, script));
  const { sentences, strays } = readSentences(wordsOf('piper piper Is that right? the the'), book);
  t.equal(sentences.length, 1);
  t.equal(strays, 4);
  t.same(readSentences([], book), { sentences: [], strays: 0 });
  const long = Array.from({ length: 400 }, () => 'the');
  t.equal(readSentences(long, book).strays, 400);
});
