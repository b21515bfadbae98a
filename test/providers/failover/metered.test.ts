import t from 'tap';
import { SeededRandom } from '../../../bench/caller/random.ts';
import { Meter, MeteredLlm, MeteredStt, MeteredTts } from '../../../src/providers/failover/metered.ts';
import type { LlmDelta, LlmUsage, SpokenPiece } from '../../../src/providers/types.ts';
import type { Amounts, Use } from '../../../src/providers/use.ts';
import { gather, NO_LEFTOVERS, Rig, ScriptedLlm, ScriptedStt, ScriptedTts, type Step, text } from './rig.ts';

const NONE: Amounts = {
  requests: 0,
  audioMs: 0,
  characters: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
};

t.test('costs by the price list, to the micro-dollar', async t => {
  const stt = new Meter('stt', 'a', { usdPerAudioMinute: 0.0043 });
  stt.add({ audioMs: 60_000 });
  t.equal(stt.totals.costMicroUsd, 4_300);
  const tts = new Meter('tts', 'a', { usdPerMillionCharacters: 50 });
  tts.add({ characters: 123 });
  t.equal(tts.totals.costMicroUsd, 6_150);
  const llm = new Meter('llm', 'a', {
    usdPerMillionInputTokens: 0.15,
    usdPerMillionCachedTokens: 0.075,
    usdPerMillionOutputTokens: 0.6,
  });
  llm.add({ inputTokens: 1_000, cachedTokens: 400, outputTokens: 100 });
  t.equal(llm.totals.costMicroUsd, 90 + 30 + 60);
  const uncached = new Meter('llm', 'a', { usdPerMillionInputTokens: 2 });
  uncached.add({ inputTokens: 10, cachedTokens: 10 });
  t.equal(uncached.totals.costMicroUsd, 20, 'as other input where no price is named');
});

t.test('nothing is lost in small uses, and what is told adds up', async t => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new SeededRandom(seed, 'costs');
    const nanos = { input: random.integer(0, 9_999), audio: random.integer(0, 9_999) };
    let toldMicroUsd = 0;
    const meter = new Meter(
      'llm',
      'a',
      { usdPerMillionInputTokens: nanos.input / 1e4, usdPerAudioMinute: nanos.audio / 1e4 },
      ({ costMicroUsd }) => {
        if (!Number.isInteger(costMicroUsd) || costMicroUsd < 0) t.fail('no whole cost');
        toldMicroUsd += costMicroUsd;
      },
    );
    let exact = 0n;
    for (let at = 0; at < 20; at++) {
      const [inputTokens, audioMs] = [random.integer(0, 9), random.integer(0, 999)];
      meter.add({ inputTokens, audioMs });
      // In 10⁻¹⁰ dollars a token and 6·10⁻⁸ of them a millisecond: a common denominator of 6·10⁸ micro-dollars⁻¹.
      exact +=
        BigInt(inputTokens) * BigInt(nanos.input) * 60_000n +
        BigInt(audioMs) * BigInt(nanos.audio) * 1_000_000n;
    }
    const microUsd = Number((exact * 100n) / 60_000_000_000n);
    if (meter.totals.costMicroUsd !== microUsd || toldMicroUsd !== microUsd)
      t.fail(`seed ${seed}: ${toldMicroUsd}, ${meter.totals.costMicroUsd} instead of ${microUsd}`);
  }
});

t.test('what a provider tells may be no number', async t => {
  const meter = new Meter('llm', 'a', { usdPerMillionInputTokens: 1 });
  meter.add({ inputTokens: Number.NaN, cachedTokens: 7, outputTokens: -5, requests: 1 });
  meter.add({ inputTokens: Number.POSITIVE_INFINITY });
  t.same(meter.totals, { ...NONE, requests: 1, costMicroUsd: 0 });
});

function metered() {
  const rig = new Rig();
  const uses: Use[] = [];
  const meter = (kind: 'stt' | 'llm' | 'tts') => new Meter(kind, 'a', {}, use => uses.push(use));
  return { rig, uses, meter, signal: new AbortController().signal };
}

t.test('a recogniser’s sound, once an utterance', async t => {
  const { rig, uses, meter } = metered();
  const stt = new MeteredStt(
    new ScriptedStt(rig, 'a', at => (at === 1 ? { final: [{ fault: 'timeout' }] } : {})),
    meter('stt'),
  );
  const expect = { id: 'any', jsgf: '' };
  for (const end of ['finish', 'fail', 'cancel']) {
    const session = stt.open({ rateHz: 8000, expect });
    session.write(new Int16Array(800));
    session.write(new Int16Array(1_600));
    if (end === 'cancel') {
      session.cancel();
      session.cancel();
    } else if (end === 'finish') await rig.clock.until(session.finish());
    else await t.rejects(rig.clock.until(session.finish()));
  }
  t.same(
    uses.map(({ audioMs, requests }) => [audioMs, requests]),
    [
      [300, 1],
      [300, 1],
      [300, 1],
    ],
  );
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('a synthesiser’s characters, unless it failed before anything came', async t => {
  const { rig, uses, meter, signal } = metered();
  const piece: Step<SpokenPiece> = { give: { pcm: new Int16Array(8), words: [] } };
  const scripts: Step<SpokenPiece>[][] = [
    [piece],
    [{ fault: 'timeout' }],
    [piece, { fault: 'timeout' }],
    [piece, piece],
  ];
  const tts = new MeteredTts(new ScriptedTts(rig, 'a', () => scripts.shift()!), meter('tts'));
  const speak = () => tts.speak('Grüße 😀', { rateHz: 8000, signal });
  await gather(speak());
  await t.rejects(gather(speak()));
  await t.rejects(gather(speak()));
  for await (const _ of speak()) break;
  t.same(
    uses.map(({ characters, requests }) => [characters, requests]),
    [
      [7, 1],
      [0, 1],
      [7, 1],
      [7, 1],
    ],
  );
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('a model’s tokens as it tells them, guessed where it was cut off', async t => {
  const { rig, uses, meter, signal } = metered();
  const usage: LlmUsage = { inputTokens: 50, outputTokens: 5, cachedTokens: 40 };
  const end: Step<LlmDelta> = { give: { type: 'end', reason: 'stop', usage } };
  const scripts: Step<LlmDelta>[][] = [
    [...text('Hello.'), end],
    [{ fault: 'unavailable' }],
    [...text('Hello there'), { fault: 'unavailable' }],
    [...text('Hello', ' there'), end],
  ];
  const llm = new MeteredLlm(new ScriptedLlm(rig, 'a', () => scripts.shift()!), meter('llm'));
  const reply = () => llm.reply({ messages: [{ role: 'user', text: '0123456789' }], signal });
  await gather(reply());
  await t.rejects(gather(reply()));
  await t.rejects(gather(reply()));
  for await (const _ of reply()) break;
  t.same(
    uses.map(({ inputTokens, outputTokens, cachedTokens, isEstimated }) => [
      inputTokens,
      outputTokens,
      cachedTokens,
      isEstimated,
    ]),
    [
      [50, 5, 40, false],
      [0, 0, 0, false],
      [3, 3, 0, true],
      [3, 2, 0, true],
    ],
  );
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});
