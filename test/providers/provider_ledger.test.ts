import t from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { providerFiguresSchema } from '../../src/ipc/provider_figures.ts';
import { ProviderLedger } from '../../src/providers/provider_ledger.ts';

t.test('what came together is taken once', async t => {
  const ledger = new ProviderLedger();
  t.same(ledger.take(), { asked: [], switched: [] });
  ledger.attempt('llm', 'a', 'ok', 90);
  ledger.attempt('llm', 'a', 'aborted', 10);
  ledger.attempt('tts', 'a', 'late', 800);
  ledger.switched('tts', 'a', 'b', 'late');
  ledger.switched('tts', 'a', 'b', 'late');
  ledger.switched('tts', 'a', 'b', 'timeout');
  const { asked, switched } = ledger.take();
  t.match(asked, [
    { kind: 'llm', provider: 'a', outcomes: { ok: 1, aborted: 1 }, latenciesMs: [90], requests: 0 },
    { kind: 'tts', provider: 'a', outcomes: { late: 1 }, latenciesMs: [] },
  ]);
  t.same(
    switched.map(({ why, times }) => [why, times]),
    [
      ['late', 2],
      ['timeout', 1],
    ],
  );
  t.same(ledger.take(), { asked: [], switched: [] });
});

t.test('latencies beyond the limit are left out, so that it always crosses the link', async t => {
  const ledger = new ProviderLedger();
  const times = LIMITS.providerLatenciesTold + 5;
  for (let at = 0; at < times; at += 1) ledger.attempt('stt', 'a', 'ok', at);
  const figures = { health: [], ...ledger.take() };
  t.equal(figures.asked[0]?.latenciesMs.length, LIMITS.providerLatenciesTold);
  t.equal(figures.asked[0]?.outcomes.ok, times, 'but counted');
  t.ok(providerFiguresSchema.safeParse(figures).success);
});
