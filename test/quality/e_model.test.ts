import t from 'tap';
import { meanOpinionScore, transmissionRating, WITH_CONCEALMENT } from '../../src/quality/e_model.ts';

const codec = WITH_CONCEALMENT;

t.test('a line without fault is rated as the recommendation rates its defaults', async t => {
  const rating = transmissionRating({ delayMs: 0, lossPct: 0, codec });
  t.equal(rating, 93.2);
  t.equal(meanOpinionScore(rating).toFixed(2), '4.41');
});

t.test('ratings fall with delay and loss as the recommendations tell', async t => {
  const delays = [100, 150, 200, 300, 400].map(delayMs =>
    Math.round(93.2 - transmissionRating({ delayMs, lossPct: 0, codec })),
  );
  t.same(delays, [0, 0, 3, 15, 24]);
  const losses = [1, 5, 10].map(lossPct =>
    Number((93.2 - transmissionRating({ delayMs: 0, lossPct, codec })).toFixed(1)),
  );
  t.same(losses, [3.6, 15.8, 27.1]);
  t.ok(
    transmissionRating({ delayMs: 0, lossPct: 5, burstRatio: 2, codec }) <
      transmissionRating({ delayMs: 0, lossPct: 5, codec }),
    'bursts are worse',
  );
});

t.test('scores follow annex B, and nothing leaves the scale', async t => {
  t.same(
    [50, 60, 70, 80, 90].map(rating => meanOpinionScore(rating).toFixed(2)),
    ['2.58', '3.10', '3.60', '4.02', '4.34'],
  );
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, -5, 1e9]) {
    const rating = transmissionRating({ delayMs: odd, lossPct: odd, codec });
    t.ok(rating >= 0 && rating <= 93.2, String(odd));
    const score = meanOpinionScore(odd);
    t.ok(score >= 1 && score <= 4.5, String(odd));
  }
});
