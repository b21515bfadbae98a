import t from 'tap';
import { openDatabase } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import type { CallEvent, EventDetail } from '../../src/store/events.ts';
import { openQueries } from '../../src/store/queries.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { storyTeller } from './call_story.ts';
import { startTestStore } from './postgres.ts';

const store = await startTestStore();
const database = openDatabase(store.appUrl, 2);
const queries = openQueries({ databaseUrl: store.appUrl, connections: 2, vault: store.vault });
t.teardown(async () => {
  await queries.close();
  await database.close();
  await store.end();
});

function write(tenantId: string, events: readonly CallEvent[]) {
  return writeEvents(
    database,
    tenantId,
    events.map(event => sealEvent(event, store.vault)),
  );
}

type Use = EventDetail<'call.used'>['uses'][number];

function use(kind: Use['kind'], provider: string, more: Partial<Use>): Use {
  const tokens = { inputTokens: 0, cachedTokens: 0, outputTokens: 0 };
  const amounts = { requests: 1, audioMs: 0, characters: 0, ...tokens, costMicroUsd: 0, isEstimated: false };
  return { kind, provider, ...amounts, ...more };
}

type Latency = EventDetail<'turn.latency'>;

/** A turn whose answer was heard so long after the caller's last sound. */
function turn(number: number, voiceToVoiceMs: number, by: Partial<Latency> = {}): Latency {
  const lastSoundMs = number * 10_000;
  const times = { lastSoundMs, endOfTurnMs: lastSoundMs + 300, sttFinalMs: lastSoundMs + 310 };
  const answer = { firstWordMs: lastSoundMs + 320, firstAudioMs: lastSoundMs + 330 };
  return { turn: number, ...times, ...answer, firstFrameMs: lastSoundMs + voiceToVoiceMs, ...by };
}

t.test('what a call used adds up, whatever was told at once', async t => {
  const tell = storyTeller('acme', 'used');
  const model = use('llm', 'openai', {
    inputTokens: 900,
    cachedTokens: 500,
    outputTokens: 40,
    costMicroUsd: 21,
  });
  const first = tell('call.used', {
    uses: [model, use('stt', 'deepgram', { audioMs: 61_000, costMicroUsd: 7 })],
  });
  const second = tell('call.used', { uses: [{ ...model, isEstimated: true }] });
  const third = tell('call.used', {
    uses: [use('tts', 'cartesia', { characters: 312, costMicroUsd: 9_360 })],
  });
  await write('acme', [first]);
  await write('acme', [second, third]);
  await write('acme', [second, third]);
  t.same((await queries.getCall('acme', 'used'))?.costs, [
    use('llm', 'openai', {
      requests: 2,
      inputTokens: 1800,
      cachedTokens: 1000,
      outputTokens: 80,
      costMicroUsd: 42,
      isEstimated: true,
    }),
    use('stt', 'deepgram', { audioMs: 61_000, costMicroUsd: 7 }),
    use('tts', 'cartesia', { characters: 312, costMicroUsd: 9_360 }),
  ]);
});

t.test('percentiles by provider are those of the turns that it answered, of calls since then', async t => {
  const now = Date.now();
  const call = (callId: string, startMs: number, turns: readonly Latency[]) => {
    const tell = storyTeller('turns', callId, startMs);
    return turns.map(latency => tell('turn.latency', latency));
  };
  const by = (provider: string, ms: number) => ({ provider, ms });
  const turns = Array.from({ length: 100 }, (_, at) =>
    turn(at, 500 + at, { heardBy: by('deepgram', at + 1), ...(at < 3 && { spokenBy: by('cartesia', 90) }) }),
  );
  await write('turns', call('new', now, turns.slice(0, 60)));
  await write('turns', call('newer', now, turns.slice(60)));
  await write('turns', call('old', now - 86_400_000, [turn(1, 9_000, { heardBy: by('deepgram', 9_000) })]));
  await write('turns', call('keys', now, [turn(1, 700)]));
  const since = new Date(now - 3_600_000).toISOString();
  const [heard, spoke, ...none] = await queries.providerTurns('turns', since);
  t.match(heard, { role: 'heard', provider: 'deepgram', turns: 100, answerMs: { p50: 50.5, p99: 99.01 } });
  t.match(heard?.voiceToVoiceMs, { p50: 549.5, p90: 589.1 });
  t.match(spoke, { role: 'spoke', provider: 'cartesia', turns: 3, answerMs: { p50: 90, p95: 90 } });
  t.match(spoke?.voiceToVoiceMs, { p50: 501 });
  t.same(none, [], 'whoever was not asked is not there');
  t.same(await queries.providerTurns('umbrella', since), [], 'of others nothing');
  const [all] = await queries.providerTurns('turns', new Date(0).toISOString());
  t.equal(all?.turns, 101);
});
