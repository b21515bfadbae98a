import t from 'tap';
import { runLongCall } from '../../bench/long_call/call.ts';
import { ASKED_AT, callerLines, FACTS } from '../../bench/long_call/script.ts';
import { startServices } from '../../bench/long_call/services.ts';

const EXCHANGES = 50;
const BUDGET = 1_000;

t.test('facts are told in minutes 1, 10 and 30 of an hour and asked for in its last', async t => {
  const lines = callerLines(500);
  t.equal(lines.length, 500);
  for (const { at, told, asked } of FACTS) {
    t.equal(lines.indexOf(told), Math.round(500 * at));
    t.ok(lines.indexOf(asked) >= Math.floor(500 * ASKED_AT));
  }
});

t.test('what was said long before is known at the end, and no request outgrows the budget', async t => {
  const services = await startServices();
  t.teardown(() => services.close());
  const call = await runLongCall({
    exchanges: EXCHANGES,
    exchangeMs: 100,
    budgetTokens: BUDGET,
    urls: services.urls,
  });
  t.same(call.faults, []);
  t.same(call.answers, [
    'You said that it is 774129.',
    'You said that it is siobhan.',
    'You said that it is 17.',
  ]);
  t.equal(call.factsKept, FACTS.length);
  t.ok(call.turns > 2 * EXCHANGES);
  t.ok(call.mostHistoryTokens <= BUDGET, `${call.mostHistoryTokens} tokens of history`);
  t.equal(call.forgottenTurns, 0);
  t.equal(call.timersLeft, 0);
  const { requestTokens, summaries, violations } = services.seen();
  t.ok(summaries > 2);
  t.ok(requestTokens.length >= EXCHANGES);
  t.ok(Math.max(...requestTokens) < BUDGET + 500, 'with instructions and manners');
  t.same(violations, []);
});
