import t from 'tap';
import { modelTokens } from '../../src/workflow/model_tokens.ts';
import { type Fold, foldOf, historyTokens, withFolded, withTurn } from '../../src/workflow/talk_history.ts';
import type { TalkHistory, TalkTurn } from '../../src/workflow/types.ts';
import { talkFlow } from '../agent/talk_flow.ts';

/** As o200k_base and cl100k_base have them, the larger of both, counted by the npm package gpt-tokenizer 3. */
const COUNTED: readonly (readonly [tokens: number, text: string])[] = [
  [
    35,
    'I would like to move my grand piano from the second floor of my house in Salem to my daughter in Nashua, and I need to know how much that would be.',
  ],
  [30, 'My name is Szczepanski, first name Wojciech, and my wife is Siobhan Nguyen-Featherstonehaugh.'],
  [24, 'k o w a l s k i, that is K as in kilo, O W A L S K I'],
  [32, 'call me on 5551234567, the order is 90210-447193, on 2025-11-30 at 14:45'],
  [
    38,
    'Können Sie mir bitte sagen, wann die Klavierspedition am Donnerstagnachmittag geöffnet hat? Größe und Straße weiß ich noch nicht.',
  ],
  [46, 'Здравствуйте, я хотел бы перевезти пианино из Москвы в Санкт-Петербург на следующей неделе.'],
  [39, '您好,我想把一架三角钢琴从二楼搬到女儿家,请问需要多少钱?'],
  [53, 'नमस्ते, मुझे अपना पियानो दूसरी मंज़िल से ले जाना है।'],
  [29, 'great 😀👍🏽🎹 thanks 👨‍👩‍👧‍👦'],
  [14, 'wojciech.kowalski+piano@example-domain.co.uk'],
  [1, 'yes'],
];

const flow = talkFlow();
const EMPTY: TalkHistory = {
  turns: [],
  summary: '',
  from: 0,
  summarised: 0,
  forgotten: 0,
  budgetTokens: 1_000,
};

/** A history with so many exchanges behind another one, of some 33 tokens each. */
function after(history: TalkHistory, exchanges: number): TalkHistory {
  let now = history;
  for (let more = 0; more < exchanges; more += 1) {
    const number = now.from + now.turns.length;
    for (const turn of [
      said(`what of part ${number} now`),
      { by: 'agent', text: `part ${number} is fine` } as const,
    ])
      now = historyIn(withTurn(flow.initial, now, turn).memory, now.budgetTokens);
  }
  return now;
}

function historyIn(memory: Readonly<Record<string, unknown>>, budgetTokens: number): TalkHistory {
  const talk = flow.talk?.({ ...flow.initial, memory: { ...memory, pending: { ask: 'talk' } } });
  if (talk === undefined) throw new Error('no talk');
  const { turns, summary, from, summarised, forgotten } = talk;
  return { turns, summary, from, summarised, forgotten, budgetTokens };
}

function said(text: string): TalkTurn {
  return { by: 'caller', text };
}

function folded(fold: Fold | undefined, summary: string) {
  if (fold === undefined) throw new Error('nothing to fold');
  return { ...fold, summary };
}

t.test('tokens are counted on the safe side, and not much beyond', async t => {
  for (const [tokens, text] of COUNTED) {
    const estimate = modelTokens(text);
    t.ok(estimate >= tokens && estimate <= 3 * tokens, `${estimate} for ${tokens}: ${text}`);
  }
  t.ok(modelTokens(' '.repeat(900)) >= 800, 'spaces are not free');
});

t.test('what no longer fits is given up, the oldest first, and counted', async t => {
  let history = EMPTY;
  for (let exchange = 1; exchange <= 60; exchange += 1) {
    history = after(history, 1);
    t.ok(historyTokens(history) <= history.budgetTokens);
    t.equal(history.turns[0]?.by, 'caller');
    t.equal(history.from + history.turns.length, 2 * exchange);
    t.equal(history.forgotten, history.from);
  }
  t.ok(history.from > 40);
  const long = historyIn(withTurn(flow.initial, history, said('x '.repeat(2_000))).memory, 1_000);
  t.same(long.turns.length, 1, 'what is being answered stays, whatever its length');
  t.equal(after(long, 1).turns.length, 2, 'and goes first');
});

t.test('the oldest are folded when it is nearly full, whole exchanges of them', async t => {
  t.equal(foldOf(after(EMPTY, 5)), undefined);
  const full = after(EMPTY, 27);
  t.equal(full.forgotten, 0);
  const fold = foldOf(full);
  t.match(fold, { from: 0, summary: '', summaryTokens: 250 });
  t.equal(fold?.upTo, fold?.turns.length);
  t.equal(full.turns[fold?.upTo ?? 0]?.by, 'caller');
  t.ok(historyTokens({ turns: full.turns.slice(fold?.upTo), summary: '' }) <= 300);
  const [long, short] = ['word '.repeat(440), 'yes'];
  const turns: TalkTurn[] = [
    said(short),
    { by: 'agent', text: short },
    said(long),
    { by: 'agent', text: short },
  ];
  t.equal(foldOf({ ...EMPTY, turns })?.upTo, 2, 'the last exchange stays, however long');
  t.equal(foldOf({ ...EMPTY, turns: turns.slice(2) }), undefined);
});

t.test('a summary takes the place of its turns, whatever was said meanwhile', async t => {
  const full = after(EMPTY, 27);
  const fold = foldOf(full);
  const summary = folded(fold, 'All parts are fine.');
  const now = withFolded(after(full, 2), summary);
  t.equal(now.summary, 'All parts are fine.');
  t.same(now.turns, after(full, 2).turns.slice(fold?.upTo));
  t.match(now, { from: fold?.upTo, summarised: fold?.upTo, forgotten: 0 });
  t.equal(withFolded(now, summary), now, 'once');

  const again = after(now, 20);
  const second = folded(foldOf(again), 'All parts are fine indeed.');
  t.match(second, { from: fold?.upTo });
  t.equal(
    withFolded(withFolded(again, second), summary).summary,
    second.summary,
    'an older one changes nothing',
  );
});

t.test('one that comes late finds again what was given up meanwhile', async t => {
  const full = after(EMPTY, 27);
  const fold = foldOf(full);
  const late = after(full, 12);
  t.ok(late.from > 0 && late.from < (fold?.upTo ?? 0), 'some of its turns are gone');
  const now = withFolded(late, folded(fold, 'All fine.'));
  t.match(now, { from: fold?.upTo, forgotten: 0 });
  const later = after(full, 60);
  const tooLate = withFolded(later, folded(fold, 'All fine.'));
  t.equal(tooLate.summary, 'All fine.');
  t.equal(tooLate.forgotten, later.from - (fold?.upTo ?? 0), 'what lies between is lost');
  t.ok(historyTokens(tooLate) <= tooLate.budgetTokens);
});

t.test('a summary of turns that this history has not had changes nothing', async t => {
  const full = after(EMPTY, 27);
  const summary = folded(foldOf(full), 'All fine.');
  const other = { ...full, turns: full.turns.with(1, { by: 'agent', text: 'not so' }) };
  t.equal(withFolded(other, summary), other);
  t.match(withFolded(after(EMPTY, 3), summary), { summary: '' }, 'one of fewer turns');
});
