import t from 'tap';
import { transmissionRating, WITH_CONCEALMENT } from '../../src/quality/e_model.ts';
import { agentRating, callerRating, type LineSecond } from '../../src/quality/line_rating.ts';

const codec = WITH_CONCEALMENT;
const second: LineSecond = {
  roundTripMs: 300,
  packetMs: 20,
  concealedPct: 3,
  jitterBufferMs: 60,
  pipelineMs: 20,
  farEnd: { lossPct: 8, jitterMs: 25 },
};

t.test('each way by its own delay and losses', async t => {
  t.equal(callerRating(second), transmissionRating({ delayMs: 150 + 20 + 60 + 20, lossPct: 3, codec }));
  t.equal(agentRating(second), transmissionRating({ delayMs: 150 + 20 + 50, lossPct: 8, codec }));
});

t.test('a far end that says nothing leaves its way unrated', async t => {
  t.equal(agentRating({ ...second, farEnd: undefined }), undefined);
});

t.test('a round trip that nobody knows counts as none', async t => {
  const near = { ...second, roundTripMs: undefined };
  t.equal(callerRating(near), transmissionRating({ delayMs: 100, lossPct: 3, codec }));
  t.equal(agentRating(near), transmissionRating({ delayMs: 70, lossPct: 8, codec }));
});
