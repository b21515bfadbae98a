import t from 'tap';
import { judge, type Verdict } from '../../simulate/check/judge.ts';
import { amountsIn } from '../../simulate/check/money.ts';
import { digitRuns } from '../../simulate/check/secrets.ts';
import { isSame } from '../../simulate/check/slots.ts';
import { readPersonas, readScenario } from '../../simulate/read.ts';
import type { Conversation, Turn } from '../../simulate/text/conversation.ts';
import { CallStage } from '../../simulate/text/stage.ts';

const stage = await CallStage.open();
const scenario = readScenario('piano_removal');
const personas = new Map(readPersonas().map(one => [one.name, one]));
const flows = stage.reached('piano_removal');
const indexes = flows.map(flow => stage.indexOf(flow));

async function call(name: string, seed = 1): Promise<Conversation> {
  return stage.hold(scenario, personas.get(name)!, seed);
}

function verdictOn(conversation: Conversation): Verdict {
  const persona = personas.get(conversation.persona)!;
  return judge(conversation, { scenario, persona, flows, indexes, phrasings: stage.phrasings });
}

function rulesBroken(conversation: Conversation): readonly string[] {
  return [...new Set(verdictOn(conversation).violations.map(({ rule }) => rule))];
}

/** The same conversation with the agent's words changed. */
function reworded(conversation: Conversation, change: (text: string, turn: number) => string): Conversation {
  let turn = -1;
  const turns = conversation.turns.map((one): Turn => {
    if (one.by === 'caller') return one;
    turn += 1;
    return { ...one, text: change(one.text, turn) };
  });
  return { ...conversation, turns };
}

const plain = await call('cooperative');

t.test('a call as it should be breaks no rule', async t => {
  const verdict = verdictOn(plain);
  t.same(verdict.violations, []);
  t.ok(verdict.completed);
  t.same(verdict.slots.wrong, []);
});

t.test('an agent that does not say what it is', async t => {
  t.same(
    rulesBroken(
      reworded(plain, (text, turn) => (turn === 0 ? 'This is Piper. May I record this call?' : text)),
    ),
    ['disclosure'],
  );
});

t.test('recording against the will of the caller, or before it is known', async t => {
  const refused = await call('refuses_recording');
  t.same(rulesBroken(refused), []);
  const effects = refused.effects.map(one =>
    one.effect.type === 'consent' ? { ...one, effect: { ...one.effect, granted: true } } : one,
  );
  t.same(rulesBroken({ ...refused, effects }), ['consent']);
  const early = plain.effects.map(one => (one.effect.type === 'consent' ? { ...one, turn: 0 } : one));
  t.same(rulesBroken({ ...plain, effects: early }), ['consent']);
});

t.test('no more calls: not confirmed, or gone on with', async t => {
  const wish = await call('opts_out');
  t.same(rulesBroken(wish), []);
  const silent = reworded(wish, text =>
    text.replace('I will see to it that we do not call you again.', 'All right.'),
  );
  t.same(rulesBroken(silent), ['optOut']);
  const more: Turn = { by: 'agent', text: 'One more thing.' };
  t.same(rulesBroken({ ...wish, turns: [...wish.turns, more, more, more] }), ['optOut']);
  t.same(rulesBroken({ ...wish, outcome: 'booked' }), ['optOut', 'mustSay']);
});

t.test('a person: not put through', async t => {
  const wish = await call('wants_person');
  t.same(rulesBroken(wish), []);
  t.same(rulesBroken({ ...wish, outcome: 'not_booked' }), ['person', 'mustSay']);
});

t.test('asked again for what was confirmed', async t => {
  const question = 'What date should we move the piano?';
  const at = plain.turns.findIndex(({ text }) => text.includes('May I record'));
  const turns = [...plain.turns.slice(0, -1), { by: 'agent', text: question } as const, plain.turns.at(-1)!];
  t.ok(at >= 0);
  t.same(rulesBroken({ ...plain, turns }), ['askedTwice']);
});

t.test('asked again in words that nobody knows: the record shows it', async t => {
  const { effects, turns } = plain;
  const [confirmed] = effects.flatMap(({ turn, effect }) =>
    effect.type === 'slotSet' && effect.confirmed ? [{ turn, effect }] : [],
  );
  const { effect } = confirmed!;
  const anew = { turn: confirmed!.turn + 2, effect: { ...effect, confirmed: false } };
  const again = { ...plain, effects: [...effects, anew] };
  t.same(rulesBroken(again), ['askedTwice']);
  const at = turns.findIndex(
    (_, index) => turns.slice(0, index + 1).filter(({ by }) => by === 'agent').length > anew.turn,
  );
  const changed = turns.with(at - 1, { ...turns[at - 1]!, intent: 'change' });
  t.same(rulesBroken({ ...again, turns: changed }), [], 'but for who changes their mind');
});

t.test('other prices than the rules make', async t => {
  t.same(
    rulesBroken(reworded(plain, text => text.replace('The total is', 'With five dollars off the total is'))),
    ['price'],
  );
  for (const invented of ['5 thousand dollars', 'twelve fifty dollars', '$1.5k'])
    t.same(rulesBroken(reworded(plain, (text, turn) => (turn === 3 ? `${text} Or ${invented}.` : text))), [
      'price',
    ]);
  const effects = plain.effects.map(one =>
    one.effect.type === 'quote'
      ? { ...one, effect: { ...one.effect, quote: { ...one.effect.quote, totalCents: 1 } } }
      : one,
  );
  t.same(rulesBroken({ ...plain, effects }), ['price']);
  const meant = (told: string) =>
    reworded(plain, text => text.replace('The total is', `${told} The total is`));
  t.same(rulesBroken(meant('Is that seven dollars, or nine dollars?')), [], 'asked what was meant');
  t.same(rulesBroken(meant('Would you take it for nine dollars?')), ['price']);
});

t.test('the number of a card said back', async t => {
  const card = await call('reads_card');
  t.ok(card.turns.some(({ by, text }) => by === 'caller' && digitRuns(text).some(run => run.length >= 13)));
  t.same(rulesBroken(card), []);
  const repeated = reworded(card, text =>
    text.replace('Please do not tell me', 'I have four one one one one. Please do not tell me'),
  );
  t.same(rulesBroken(repeated), ['secret']);
});

t.test('words that must be said, and words that never are', async t => {
  t.same(rulesBroken(reworded(plain, text => text.replace(/The total is .*?\./, ''))), ['mustSay']);
  t.same(rulesBroken(reworded(plain, (text, turn) => (turn === 3 ? `${text} We guarantee it.` : text))), [
    'neverSay',
  ]);
});

t.test('words that must be said before a question, also where that is asked in words of its own', async t => {
  const before = {
    ...scenario.check,
    mustSay: [{ phrases: ['a word on prices'], beforeSlot: 'piano_type' }],
  };
  const missing = (conversation: Conversation) =>
    judge(conversation, {
      scenario: { ...scenario, check: before },
      persona: personas.get('cooperative')!,
      flows,
      indexes,
      phrasings: stage.phrasings,
    }).violations.filter(({ rule }) => rule === 'mustSay').length;
  const said = reworded(plain, (text, turn) => (turn === 0 ? `${text} And a word on prices.` : text));
  const late = reworded(plain, (text, turn) => (turn === 9 ? `${text} And a word on prices.` : text));
  const free = (conversation: Conversation) =>
    reworded(conversation, text => text.replace(/[^.]*\bpiano\b[^.]*\?/g, ' Do tell me what you have.'));
  t.equal(missing(said), 0);
  t.equal(missing(free(said)), 0);
  t.equal(missing(late), 1);
  t.equal(missing(free(late)), 1);
});

t.test('slots are compared with what the caller knew', async t => {
  const wrong = verdictOn({ ...plain, slots: { ...plain.slots, piano_type: 'harp' } });
  t.same(
    wrong.slots.wrong.map(({ slot }) => slot),
    ['piano_type'],
  );
  t.equal(wrong.slots.required - wrong.slots.got, 1);
  t.notOk(verdictOn({ ...plain, outcome: 'callback' }).completed);
  t.ok(isSame('name', 'mary o connor', "Mary O'Connor"));
  t.ok(isSame('phone', '+16175550123', '6175550123'));
  t.notOk(isSame('phone', '+16175550124', '6175550123'));
  t.notOk(isSame('choice', 'Grand', 'grand'));
  t.ok(isSame('text', 'well a tree fell on the garage', 'a tree fell on the garage'));
  t.notOk(isSame('text', 'a tree fell', 'a tree fell on the garage'));
});

t.test('amounts and digits are found in figures and in words', async t => {
  t.same(amountsIn('It is $1,250.50, or twelve hundred dollars and five cents.'), [125050, 120005]);
  t.same(amountsIn('one million two hundred thousand dollars, 640 dollars and nothing'), [120000000, 64000]);
  t.same(amountsIn('the second floor, five flights'), []);
  t.same(
    amountsIn('5 thousand dollars, $2.5 million, 1,500 dollars, $3k'),
    [250000000, 300000, 500000, 150000],
  );
  t.same(amountsIn('a hundred dollars, 12.50 dollars, fifty bucks. 7 dollars'), [10000, 1250, 5000, 700]);
  t.same(amountsIn('twelve fifty dollars'), [Number.NaN], 'what can not be read is not overlooked');
  t.same(digitRuns('it is four one oh one and 4111-1111'), ['4101', '41111111']);
});
