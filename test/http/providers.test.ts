import t from 'tap';
import { NodeView } from '../../src/http/node_view.ts';
import { Handlers } from '../../src/ipc/handlers.ts';
import { type Address, envelopeSchema } from '../../src/ipc/messages.ts';
import type { ProviderFigures } from '../../src/ipc/provider_figures.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import { ProviderLedger } from '../../src/providers/provider_ledger.ts';
import type { Use } from '../../src/providers/use.ts';
import { startTestPlane, WITH_KEY } from './test_plane.ts';

function testNode() {
  const handlers = new Handlers(error => {
    throw error;
  });
  const metrics = new Metrics();
  const node = new NodeView({ on: (type, handler) => handlers.on(type, handler) }, metrics);
  /** As it crosses the link. */
  const tell = (from: Address, figures: Partial<ProviderFigures>) => {
    const message = { type: 'providers', figures: { health: [], asked: [], switched: [], ...figures } };
    handlers.dispatch(envelopeSchema.parse(JSON.parse(JSON.stringify({ from, to: 'api', message }))));
  };
  const gone = (peer: Address) =>
    handlers.dispatch({ from: 'supervisor', to: 'api', message: { type: 'peerGone', peer } });
  return { node, metrics, tell, gone };
}

const ear = { kind: 'stt', provider: 'deepgram', breaker: 'closed', p50Ms: 80, p95Ms: 210 } as const;
const NOTHING = {
  requests: 1,
  audioMs: 0,
  characters: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  isEstimated: false,
};

t.test('who hears, thinks and speaks, and how each process finds them', async t => {
  const { node, tell, gone } = testNode();
  const states = [
    { kind: 'stt', name: 'deepgram', service: 'deepgram', off: undefined },
    { kind: 'stt', name: 'spare', service: 'assemblyai', off: 'no ASSEMBLYAI_API_KEY' },
    { kind: 'tts', name: 'deepgram', service: 'deepgram', off: undefined },
  ] as const;
  const { app, end } = await startTestPlane({
    plane: { providers: { states, health: () => node.providers } },
  });
  t.teardown(end);
  t.equal((await app.inject({ url: '/api/providers' })).statusCode, 401);
  const ask = async () => (await app.inject({ url: '/api/providers', headers: WITH_KEY })).json().providers;
  t.same(
    (await ask()).map((one: { processes: unknown[] }) => one.processes),
    [[], [], []],
    'nobody has told yet',
  );
  tell('media-0', { health: [ear, { ...ear, kind: 'tts', breaker: null, p50Ms: null, p95Ms: null }] });
  tell('media-1', { health: [{ ...ear, breaker: 'open' }] });
  t.same(await ask(), [
    {
      kind: 'stt',
      name: 'deepgram',
      service: 'deepgram',
      off: null,
      processes: [
        { process: 'media-0', breaker: 'closed', p50Ms: 80, p95Ms: 210 },
        { process: 'media-1', breaker: 'open', p50Ms: 80, p95Ms: 210 },
      ],
    },
    { kind: 'stt', name: 'spare', service: 'assemblyai', off: 'no ASSEMBLYAI_API_KEY', processes: [] },
    {
      kind: 'tts',
      name: 'deepgram',
      service: 'deepgram',
      off: null,
      processes: [{ process: 'media-0', breaker: null, p50Ms: null, p95Ms: null }],
    },
  ]);
  gone('media-1');
  t.equal((await ask())[0].processes.length, 1, 'what is gone finds nothing');
});

t.test('how providers did in the turns of some days', async t => {
  const asked: unknown[] = [];
  const each = { p50: 100, p90: 180, p95: 200, p99: 300 };
  const turns = {
    role: 'heard',
    provider: 'deepgram',
    turns: 12,
    answerMs: each,
    voiceToVoiceMs: each,
  } as const;
  const { app, end } = await startTestPlane({
    queries: {
      providerTurns: async (tenantId, since) => {
        asked.push([tenantId, Math.round((Date.now() - Date.parse(since)) / 86_400_000)]);
        return [turns];
      },
    },
  });
  t.teardown(end);
  const ask = (query: string) => app.inject({ url: `/api/providers/latencies${query}`, headers: WITH_KEY });
  t.equal((await app.inject({ url: '/api/providers/latencies' })).statusCode, 401);
  t.match((await ask('')).json(), { since: /^\d{4}-/, providers: [turns] });
  await ask('?days=31');
  t.same(asked, [
    ['default', 1],
    ['default', 31],
  ]);
  for (const query of ['?days=32', '?days=0', '?since=2026-01-01'])
    t.equal((await ask(query)).statusCode, 400, query);
});

t.test('what a process asked is counted once, whoever reads it', async t => {
  const { metrics, tell, gone } = testNode();
  const ledger = new ProviderLedger();
  const use = (more: Partial<Use> & Pick<Use, 'kind' | 'provider'>) =>
    ledger.used({ ...NOTHING, costMicroUsd: 0, ...more });
  const round = () => {
    ledger.attempt('stt', 'deepgram', 'ok', 120);
    ledger.attempt('stt', 'deepgram', 'ok', 700);
    ledger.attempt('stt', 'deepgram', 'timeout', 2_500);
    ledger.switched('stt', 'deepgram', 'pocketsphinx', 'timeout');
    use({ kind: 'stt', provider: 'deepgram', audioMs: 1_500, costMicroUsd: 193 });
    use({
      kind: 'llm',
      provider: 'mind',
      inputTokens: 100,
      cachedTokens: 40,
      outputTokens: 7,
      costMicroUsd: 5,
    });
    use({ kind: 'tts', provider: 'mouth', characters: 12 });
    tell('media-0', { health: [{ ...ear, breaker: 'open' }], ...ledger.take() });
  };
  round();
  round();
  tell('media-0', { health: [{ ...ear, breaker: 'open' }], ...ledger.take() });
  const text = await metrics.text();
  for (const line of [
    'attempts_total{kind="stt",provider="deepgram",outcome="ok"} 4',
    'attempts_total{kind="stt",provider="deepgram",outcome="timeout"} 2',
    'latency_seconds_count{kind="stt",provider="deepgram"} 4',
    'latency_seconds_bucket{le="0.15",kind="stt",provider="deepgram"} 2',
    'latency_seconds_bucket{le="0.8",kind="stt",provider="deepgram"} 4',
    'switches_total{kind="stt",from="deepgram",to="pocketsphinx",why="timeout"} 2',
    'requests_total{kind="stt",provider="deepgram"} 2',
    'audio_seconds_total{kind="stt",provider="deepgram"} 3',
    'tokens_total{kind="llm",provider="mind",direction="input"} 120',
    'tokens_total{kind="llm",provider="mind",direction="cached"} 80',
    'tokens_total{kind="llm",provider="mind",direction="output"} 14',
    'characters_total{kind="tts",provider="mouth"} 24',
    'cost_micro_usd_total{kind="stt",provider="deepgram"} 386',
    'cost_micro_usd_total{kind="llm",provider="mind"} 10',
    'breaker_open{process="media-0",kind="stt",provider="deepgram"} 1',
  ])
    t.ok(text.includes(`trunkline_provider_${line}\n`), line);
  tell('media-0', { health: [ear] });
  t.match(await metrics.text(), /breaker_open\{process="media-0",[^}]*\} 0/);
  gone('media-0');
  const after = await metrics.text();
  t.notMatch(after, /breaker_open\{/, 'its breakers go with a process');
  t.match(after, /attempts_total\{kind="stt",provider="deepgram",outcome="ok"\} 4/, 'its counts stay');
});
