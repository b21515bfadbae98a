import t from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { MEASURE_NAMES } from '../../src/quality/measures.ts';
import type { QualityRange } from '../../src/store/quality_rows.ts';
import type { QualitySummaryView, QualityView } from '../../src/store/views.ts';
import { callDetail, startTestPlane, WITH_KEY } from './test_plane.ts';

const summary: QualitySummaryView = {
  seconds: 2,
  caller: { mosMean: 4.2, mosLeast: 4.1 },
  agent: { mosMean: null, mosLeast: null },
  talkOverMs: 150,
  deadAirMs: 0,
  clippedSamples: 3,
  concealedFrames: 1,
  worst: { atMs: 1000, mos: 4.1 },
};

const quality = {
  summary,
  atMs: [0, 1000],
  measures: Object.fromEntries(MEASURE_NAMES.map((name, i) => [name, [i + 0.5, null]])),
  nextMs: 2000,
} as unknown as QualityView;

async function startQuality() {
  const asked: [string, string, QualityRange][] = [];
  const plane = await startTestPlane({
    queries: {
      qualityOf: async (...question) => {
        asked.push(question);
        return question[1] === 'call-1' ? quality : undefined;
      },
      getCall: async (_, callId) => callDetail(callId, { quality: callId === 'call-1' ? summary : null }),
    },
  });
  const get = (path: string) => plane.app.inject({ url: `/api/calls/${path}`, headers: WITH_KEY });
  return { ...plane, asked, get };
}

t.test("a call's seconds, in columns", async t => {
  const { get, asked, end } = await startQuality();
  t.teardown(end);
  const answer = await get('call-1/quality');
  t.equal(answer.statusCode, 200);
  t.same(answer.json(), quality);
  await get('call-1/quality?fromMs=67345&seconds=60');
  t.same(asked, [
    ['default', 'call-1', { fromMs: 0, seconds: LIMITS.httpPageSeconds }],
    ['default', 'call-1', { fromMs: 67_345, seconds: 60 }],
  ]);
});

t.test('a call says what its seconds come to', async t => {
  const { get, end } = await startQuality();
  t.teardown(end);
  t.same((await get('call-1')).json().quality, summary);
  t.equal((await get('call-2')).json().quality, null);
});

t.test('what is asked for wrongly', async t => {
  const { get, asked, end } = await startQuality();
  t.teardown(end);
  t.equal((await get('call-2/quality')).statusCode, 404);
  asked.length = 0;
  const wrong = [
    'seconds=0',
    'seconds=1.5',
    `seconds=${LIMITS.httpPageSeconds + 1}`,
    'seconds=all',
    'fromMs=-1',
    'fromMs=NaN',
    'fromMs=Infinity',
    "fromMs=0'--",
    'page=2',
  ];
  for (const query of wrong) t.equal((await get(`call-1/quality?${query}`)).statusCode, 400, query);
  t.equal((await get("'; DROP TABLE calls/quality")).statusCode, 400);
  t.same(asked, []);
});
