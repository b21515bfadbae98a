import t from 'tap';
import { LIMITS } from '../../../src/config/limits.ts';
import { FailoverTts } from '../../../src/providers/failover/failover_tts.ts';
import type { SpokenPiece } from '../../../src/providers/types.ts';
import { gather, NO_LEFTOVERS, Rig, ScriptedTts, type Step } from './rig.ts';

type Script = readonly Step<SpokenPiece>[];

const RATE_HZ = 8_000;
const WORD_MS = 200;
const SOUND_MS = 150;
const SENTENCE = 'One two three four five.';
const WORDS = SENTENCE.split(' ');

/** A synthesiser's sound of some words: 150 ms of sound and 50 ms of silence each, told as its sound ends or before. */
function spoken(words: readonly string[], fromMs = 0, untilMs = Infinity, isTimed = true): SpokenPiece {
  const endMs = Math.min(untilMs, words.length * WORD_MS);
  const pcm = Int16Array.from({ length: ((endMs - fromMs) * RATE_HZ) / 1000 }, (_, at) =>
    (fromMs + (at * 1000) / RATE_HZ) % WORD_MS < SOUND_MS ? 5_000 : 0,
  );
  const timed = words
    .map((word, at) => ({ word, startMs: at * WORD_MS, endMs: at * WORD_MS + SOUND_MS }))
    .filter(word => word.endMs > fromMs && word.endMs <= endMs);
  return { pcm, words: isTimed ? timed : [] };
}

/** All that is asked for, in pieces of 100 ms. */
const works = (sentence: string): Script => {
  const words = sentence.split(' ');
  const lengthMs = words.length * WORD_MS;
  const pieces = Array.from({ length: lengthMs / 100 }, (_, at) => ({
    give: spoken(words, at * 100, (at + 1) * 100),
  }));
  return [{ wait: 90 }, ...pieces];
};

function failover(...scripts: readonly (Script | ((sentence: string) => Script))[]) {
  const rig = new Rig();
  const synthesisers = scripts.map(
    (script, at) => new ScriptedTts(rig, 'abc'[at]!, typeof script === 'function' ? script : () => script),
  );
  const tts = new FailoverTts(rig.candidates('tts', ...synthesisers), rig.told);
  const speak = (sentence = SENTENCE, signal = new AbortController().signal) =>
    rig.clock.until(gather(tts.speak(sentence, { rateHz: RATE_HZ, signal })));
  return { rig, clock: rig.clock, told: rig.told, synthesisers, tts, speak };
}

const wordsOf = (pieces: readonly SpokenPiece[]) => pieces.flatMap(({ words }) => words);
const textOf = (pieces: readonly SpokenPiece[]) =>
  wordsOf(pieces)
    .map(({ word }) => word)
    .join(' ');
const soundMs = (pieces: readonly SpokenPiece[]) =>
  (pieces.reduce((length, { pcm }) => length + pcm.length, 0) * 1000) / RATE_HZ;

t.test('the first one speaks where it works, and a word is told when its sound is there', async t => {
  const { speak, synthesisers, told, rig } = failover(works, works);
  const pieces = await speak();
  t.equal(textOf(pieces), SENTENCE);
  t.equal(soundMs(pieces), 5 * WORD_MS);
  t.same(wordsOf(pieces)[4], { word: 'five.', startMs: 800, endMs: 950 });
  t.same(synthesisers[1]!.sentences, []);
  t.same(told.attempts, ['tts a ok 90']);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('before the first sound: a failure, nothing, silence, and the next speaks the sentence', async t => {
  for (const [script, why, afterMs] of [
    [[{ wait: 20 }, { fault: 'unavailable' }], 'unavailable', 20],
    [[{ wait: 20 }], 'protocol', 20],
    [[{ give: { pcm: new Int16Array(0), words: [] } }, { fault: 'refused' }], 'refused', 0],
    [['hang'], 'late', LIMITS.ttsHedgeMostMs],
  ] as const) {
    const { speak, synthesisers, told, clock, rig } = failover(script, works);
    const beganMs = clock.nowMs();
    t.equal(textOf(await speak()), SENTENCE);
    t.equal(clock.nowMs() - beganMs, afterMs + 90);
    t.same(synthesisers[1]!.sentences, [SENTENCE]);
    t.same(told.switches, [`tts a→b ${why}`]);
    t.same(await rig.leftovers(), NO_LEFTOVERS);
  }
});

t.test('in mid-sentence the next goes on with the next word, in the same time', async t => {
  for (const [untilMs, rest] of [
    [400, 'three four five.'],
    [440, 'three four five.'],
    [520, 'four five.'],
    [550, 'four five.'],
    [740, 'five.'],
  ] as const) {
    const { speak, synthesisers, told, rig } = failover(
      [{ give: spoken(WORDS, 0, untilMs) }, { fault: 'unavailable' }],
      works,
    );
    const pieces = await speak();
    t.equal(textOf(pieces), SENTENCE, `cut at ${untilMs} ms`);
    t.same(synthesisers[1]!.sentences, [rest]);
    const words = wordsOf(pieces);
    t.same(words.at(-1)!.endMs, untilMs + rest.split(' ').length * WORD_MS - 50);
    t.ok(words.every(({ startMs }, at) => startMs >= (words[at - 1]?.endMs ?? 0)));
    t.same(told.switches, ['tts a→b unavailable']);
    t.same(await rig.leftovers(), NO_LEFTOVERS);
  }
});

t.test('a word that was told ahead and not heard is said by the next, and told once', async t => {
  const ahead = { pcm: spoken(WORDS, 0, 400).pcm, words: spoken(WORDS).words };
  for (const failure of [[{ fault: 'unavailable' }], []] as const) {
    const { speak, synthesisers } = failover([{ give: ahead }, ...failure], works);
    t.equal(textOf(await speak()), SENTENCE);
    t.same(synthesisers[1]!.sentences, ['three four five.']);
  }
});

t.test('sound that ends before the sentence does is a failure', async t => {
  const { speak, synthesisers, told } = failover([{ give: spoken(WORDS, 0, 600) }], works);
  t.equal(textOf(await speak()), SENTENCE);
  t.same(synthesisers[1]!.sentences, ['four five.']);
  t.same(told.switches, ['tts a→b protocol']);
});

t.test('words told in other words are no failure', async t => {
  const sentence = 'It costs $1,240 — today.';
  const said = ['It', 'costs', 'one', 'thousand', 'today'];
  const whole = failover([{ give: spoken(said) }], works);
  t.equal(textOf(await whole.speak(sentence)), said.join(' '));
  t.same(whole.synthesisers[1]!.sentences, []);
  const cut = failover([{ give: spoken(said, 0, 600) }, { fault: 'unavailable' }], works);
  await cut.speak(sentence);
  t.same(cut.synthesisers[1]!.sentences, ['— today.']);
  const ahead = { pcm: spoken(said, 0, 600).pcm, words: spoken(said).words };
  const truncated = failover([{ give: ahead }], works);
  await truncated.speak(sentence);
  t.same(truncated.synthesisers[1]!.sentences, ['— today.']);
});

t.test(
  'without word times the next goes on about where the sound ended, and what is told stays whole',
  async t => {
    const letters = 'aa bb cc dd ee ff gg hh';
    const untimed = failover(
      [{ give: spoken(letters.split(' '), 0, 1_200, false) }, { fault: 'unavailable' }],
      works,
    );
    t.equal(textOf(await untimed.speak(letters)), letters);
    t.same(untimed.synthesisers[1]!.sentences, ['gg hh']);
    const silent: Script = [{ give: { pcm: new Int16Array(RATE_HZ), words: [] } }, { fault: 'unavailable' }];
    const silence = failover(silent, works);
    t.equal(textOf(await silence.speak()), SENTENCE);
    t.same(silence.synthesisers[1]!.sentences, [SENTENCE], 'silence says nothing');
    const second = failover([{ give: spoken(WORDS, 0, 400) }, { fault: 'unavailable' }], sentence => [
      { give: spoken(sentence.split(' '), 0, Infinity, false) },
    ]);
    const pieces = await second.speak();
    t.equal(textOf(pieces), SENTENCE, 'guessed where the one before told them');
    const none = failover([{ give: spoken(WORDS, 0, Infinity, false) }]);
    t.equal(textOf(await none.speak()), '', 'none told, none made up');
  },
);

t.test('a failure in the last word ends the sentence', async t => {
  const { speak, synthesisers, told, rig } = failover(
    [{ give: spoken(WORDS, 0, 900) }, { fault: 'unavailable' }],
    works,
  );
  t.equal(textOf(await speak()), SENTENCE);
  t.same(synthesisers[1]!.sentences, []);
  t.same(told.switches, []);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('whoever has sound ahead may pause, whoever has none may not', async t => {
  const long = Array.from({ length: 20 }, (_, at) => `w${at}`);
  const pausing: Script = [{ give: spoken(long, 0, 3_000) }, { wait: 2_500 }, { give: spoken(long, 3_000) }];
  const patient = failover(pausing, works);
  t.equal(textOf(await patient.speak(long.join(' '))), long.join(' '));
  t.same(patient.synthesisers[1]!.sentences, []);

  const stalled = failover([{ give: spoken(long, 0, 3_000) }, 'hang'], works);
  const beganMs = stalled.clock.nowMs();
  t.equal(textOf(await stalled.speak(long.join(' '))), long.join(' '));
  t.equal(stalled.clock.nowMs() - beganMs, 3_000 - LIMITS.ttsPauseMs + 90, 'in time for no gap');
  const short = failover([{ give: spoken(WORDS, 0, 200) }, 'hang'], works);
  const shortBeganMs = short.clock.nowMs();
  t.equal(textOf(await short.speak()), SENTENCE);
  t.equal(short.clock.nowMs() - shortBeganMs, LIMITS.ttsPauseMs + 90);
  t.same(short.told.switches, ['tts a→b timeout']);
  t.same(await short.rig.leftovers(), NO_LEFTOVERS);
});

t.test('word times that are no numbers are a failure', async t => {
  const bad = { pcm: new Int16Array(800), words: [{ word: 'One', startMs: Number.NaN, endMs: 100 }] };
  const { speak, synthesisers, told } = failover([{ give: bad }], works);
  t.equal(textOf(await speak()), SENTENCE);
  t.same(synthesisers[1]!.sentences, [SENTENCE]);
  t.same(told.switches, ['tts a→b protocol']);
});

t.test('nothing to say is nothing to fail at', async t => {
  const { speak, told } = failover([], works);
  for (const sentence of ['', '…', '😀']) t.equal(soundMs(await speak(sentence)), 0);
  t.same(told.switches, []);
});

t.test('all fail: the last fault is told; an abort and an early end leave nothing', async t => {
  const all = failover([{ fault: 'unavailable' }], [{ give: spoken(WORDS, 0, 400) }, { fault: 'auth' }]);
  await t.rejects(all.speak(), { code: 'TTS_FAILED', kind: 'auth' });
  t.same(await all.rig.leftovers(), NO_LEFTOVERS);
  const reason = new Error('the caller interrupted');
  for (const afterMs of [10, 700, 900]) {
    const { rig, tts, clock, told } = failover(
      ['hang'],
      [{ wait: 50 }, { give: spoken(WORDS, 0, 200) }, 'hang'],
    );
    const control = new AbortController();
    const { signal } = control;
    const heard = gather(tts.speak(SENTENCE, { rateHz: RATE_HZ, signal })).catch((error: unknown) => error);
    await clock.pass(afterMs);
    control.abort(reason);
    t.equal(await clock.until(heard), reason);
    t.same(await rig.leftovers(), NO_LEFTOVERS);
    t.match(told.attempts.at(-1), 'aborted');
  }
  const early = failover(works);
  const { signal } = new AbortController();
  const listened = (async () => {
    for await (const _ of early.tts.speak(SENTENCE, { rateHz: RATE_HZ, signal })) break;
  })();
  await early.clock.until(listened);
  t.same(await early.rig.leftovers(), NO_LEFTOVERS);
  t.same(early.told.attempts, ['tts a aborted 90']);
});
