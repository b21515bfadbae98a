import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { createPocketsphinxStt } from '../../src/providers/stt/pocketsphinx.ts';
import { createFliteTts } from '../../src/providers/tts/flite.ts';
import { SentenceCache } from '../../src/providers/tts/sentence_cache.ts';
import { SharedWork } from '../../src/providers/tts/shared_work.ts';
import { spokenPhrases } from '../../src/providers/tts/spoken_text.ts';
import { Turnstile } from '../../src/providers/tts/turnstile.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import type { SpokenSentence, Tts } from '../../src/providers/types.ts';
import { recognise } from './stt_conformance.ts';
import { TTS_CHECKS } from './tts_conformance.ts';

const never = new AbortController().signal;

t.test('the local synthesiser conforms', async t => {
  const tts = createFliteTts();
  t.teardown(() => tts.close());
  for (const check of TTS_CHECKS) await t.resolves(check.run(tts), check.name);
});

t.test('a broken synthesiser does not', async t => {
  const failed = async (tts: Tts) => {
    const names: string[] = [];
    for (const check of TTS_CHECKS) await check.run(tts).catch(() => names.push(check.name));
    return names;
  };
  const beep: SpokenSentence = { pcm: new Int16Array(1_000).fill(32_767), rateHz: 16_000, words: [] };
  t.strictSame(
    await failed({ name: 'broken', speak: () => once(beep), close: async () => {} }),
    TTS_CHECKS.map(({ name }) => name).filter(name => !/starts without|takes any text/u.test(name)),
    'one that beeps fails all but what a beep can do',
  );
  const tts = createFliteTts();
  t.teardown(() => tts.close());
  const late = changed(tts, spoken => {
    const pcm = new Int16Array(spoken.pcm.length + 4_000);
    pcm.set(spoken.pcm, 4_000);
    return { ...spoken, pcm };
  });
  t.ok((await failed(late)).includes('starts without a wait'), 'one that hesitates');
  const shy = changed(tts, spoken => ({ ...spoken, pcm: spoken.pcm.map(sample => sample / 4) }));
  t.strictSame(
    await failed(shy),
    ['speaks as loud as a telephone expects, without clipping'],
    'one that whispers',
  );
});

async function* once(spoken: SpokenSentence): AsyncGenerator<SpokenSentence> {
  yield spoken;
}

function changed(tts: Tts, change: (spoken: SpokenSentence) => SpokenSentence): Tts {
  return {
    ...tts,
    speak: async function* (sentence, options) {
      yield change(await wholeSentence(tts, sentence, options));
    },
  };
}

t.test('things are said as people say them', async t => {
  const said = (sentence: string) =>
    spokenPhrases(sentence)
      .map(({ tokens }) => tokens.map(token => token.spoken).join(' '))
      .join(' | ');
  const expected: Readonly<Record<string, string>> = {
    'At 421 Maple Street.': 'At four twenty one Maple Street,',
    'At 1200 Oak Road or 905 Elm Lane': 'At twelve hundred Oak Road or nine oh five Elm Lane',
    'It is $1,240.50': 'It is one thousand two hundred forty dollars and fifty cents',
    'Only $1 or $0.99': 'Only one dollar or ninety nine cents',
    'On March 14, 2026': 'On March fourteenth, twenty twenty six',
    'On the 21st': 'On the twenty first',
    'due 2026-12-03': 'due December third, twenty twenty six',
    'at 3:05pm': 'at three oh five P M',
    'in 250 boxes and 12.5 miles': 'in two hundred fifty boxes and twelve point five miles',
    'call +12025550123 now': 'call one two zero two five five five zero one two three now',
    'code 0042': 'code zero zero four two',
    'up 15%': 'up fifteen percent',
    'M, A, P.': 'M. | A. | P.',
    'That is m a p l e.': 'That is | M. | A. | P. | L. | E.',
    'I have a piano': 'I have a piano',
    'Is it so? Yes.': 'Is it so? | Yes,',
    'Café & naïve': 'Cafe and naive',
    '9999999999999999999': Array(19).fill('nine').join(' '),
  };
  for (const [sentence, words] of Object.entries(expected)) t.equal(said(sentence), words, sentence);
  const [letter, last] = [spokenPhrases('A B')[0]!, spokenPhrases('A B').at(-1)!];
  t.ok(letter.pauseMs >= 200, 'spelled letters are set apart');
  t.strictSame(
    spokenPhrases('A B, done $5').flatMap(({ tokens }) => tokens.map(token => token.shown)),
    ['A', 'B,', 'done', '$5'],
    'what is shown is what was written',
  );
  t.ok(last);
});

t.test('what is spoken is understood', async t => {
  const tts = createFliteTts();
  const stt = createPocketsphinxStt();
  t.teardown(() => Promise.all([tts.close(), stt.close()]));
  const digits = 'zero | oh | one | two | three | four | five | six | seven | eight | nine';
  const expect = {
    id: 'numbers',
    jsgf: `#JSGF V1.0;\n<d> = ${digits};\npublic <n> = <d> <d> <d> | (four | six) (twenty | sixty) <d> | <d> hundred <d>;`,
  };
  for (const [written, heard] of [
    ['421 Maple', 'four twenty one'],
    ['0, 4, 2.', 'zero four two'],
  ] as const) {
    const { pcm } = await wholeSentence(tts, written, { rateHz: 16_000, signal: never });
    const cut = written === '421 Maple' ? pcm.subarray(0, pcm.length / 2) : pcm;
    const text = (await recognise(stt, expect, cut)).text;
    if (written === '421 Maple') t.ok(text.startsWith('four twenty'), text);
    else t.equal(text, heard);
  }
});

t.test('a voice of another rate speaks at the one asked for', async t => {
  const tts = createFliteTts({ voice: 'kal' });
  t.teardown(() => tts.close());
  for (const rateHz of [8_000, 16_000] as const) {
    const { pcm, words } = await wholeSentence(tts, 'Good morning to you.', { rateHz, signal: never });
    const lengthMs = (pcm.length * 1_000) / rateHz;
    t.ok(lengthMs > 700 && lengthMs < 2_500, `${lengthMs} ms at ${rateHz} Hz`);
    t.ok(words.at(-1)!.endMs <= lengthMs && words.at(-1)!.endMs > lengthMs - 400, 'with its words in time');
  }
});

t.test('a sentence is rendered once, and the cache stays within its bytes', async t => {
  const tts = createFliteTts();
  t.teardown(() => tts.close());
  const first = await wholeSentence(tts, 'Twice.', { rateHz: 16_000, signal: never });
  const second = await wholeSentence(tts, 'Twice.', { rateHz: 16_000, signal: never });
  t.equal(second.pcm, first.pcm);

  const cache = new SentenceCache(1_000);
  const of = (samples: number): SpokenSentence => ({
    pcm: new Int16Array(samples),
    rateHz: 8_000,
    words: [],
  });
  cache.set('a', of(200));
  cache.set('b', of(200));
  cache.get('a');
  cache.set('c', of(200));
  t.strictSame(
    ['a', 'b', 'c'].map(key => cache.get(key) !== undefined),
    [true, false, true],
    'oldest use goes',
  );
  cache.set('huge', of(600));
  t.equal(cache.get('huge'), undefined);
  cache.set('a', of(300));
  t.ok(cache.bytes <= 1_000);
});

t.test('few pass at once, a bounded number wait, and those who wait may leave', async t => {
  const turnstile = new Turnstile(1, 2);
  const gate = Promise.withResolvers<void>();
  const order: string[] = [];
  const enter = (name: string, signal = never) =>
    turnstile.pass(async () => {
      order.push(name);
      await gate.promise;
    }, signal);
  const control = new AbortController();
  const first = enter('first');
  const leaving = enter('leaving', control.signal);
  const second = enter('second');
  await t.rejects(enter('too many'), { code: 'TTS_FAILED' });
  control.abort(new Error('left'));
  await t.rejects(leaving, /left/u);
  gate.resolve();
  await Promise.all([first, second]);
  t.strictSame(order, ['first', 'second']);
  await turnstile.idle();
});

/** Runs flite and leaves a line for each time. */
function countingFlite(t: Test): { readonly program: string; count(): number } {
  const folder = t.testdir({});
  const [program, runs] = [join(folder, 'flite'), join(folder, 'runs')];
  writeFileSync(program, `#!/bin/sh\necho run >> '${runs}'\nexec flite "$@"\n`, { mode: 0o755 });
  return { program, count: () => readFileSync(runs, 'utf8').trim().split('\n').length };
}

t.test('what several calls say at once, at whatever rate, is rendered once', async t => {
  const { program, count } = countingFlite(t);
  const tts = createFliteTts({ program });
  t.teardown(() => tts.close());
  const rates = [16_000, 8000, 16_000, 8000] as const;
  const spoken = await Promise.all(
    rates.map(rateHz => wholeSentence(tts, 'Hello there.', { rateHz, signal: never })),
  );
  t.same(
    spoken.map(({ rateHz }) => rateHz),
    rates,
  );
  t.equal(spoken[0]!.pcm.length, spoken[2]!.pcm.length);
  t.ok(Math.abs(spoken[0]!.pcm.length - 2 * spoken[1]!.pcm.length) <= 2);
  t.equal(count(), 1);
  await wholeSentence(tts, 'Hello there.', { rateHz: 8000, signal: never });
  t.equal(count(), 1);
});

t.test('one who leaves takes it from nobody else; when all have left it is given up', async t => {
  const { program, count } = countingFlite(t);
  const tts = createFliteTts({ program });
  t.teardown(() => tts.close());
  const [one, other] = [new AbortController(), new AbortController()];
  const say = ({ signal }: AbortController) => wholeSentence(tts, 'Hello again.', { rateHz: 16_000, signal });
  const [left, stayed] = [say(one), say(other)];
  one.abort(new Error('left'));
  await t.rejects(left, /left/);
  t.ok((await stayed).pcm.length > 0);
  t.equal(count(), 1);

  const work = new SharedWork<string>();
  let givenUp = 0;
  const begin = (signal: AbortSignal) =>
    new Promise<string>((_, reject) => {
      signal.addEventListener('abort', () => {
        givenUp += 1;
        reject(signal.reason);
      });
    });
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = [first, second].map(({ signal }) => work.join('a', signal, begin));
  const ended = Promise.allSettled(waiting);
  first.abort();
  await setImmediate();
  t.equal(givenUp, 0, 'somebody waits');
  second.abort();
  await ended;
  t.equal(givenUp, 1);
  t.equal(await work.join('a', never, async () => 'anew'), 'anew');
  await t.rejects(
    work.join('b', never, () => Promise.reject(new Error('broken'))),
    /broken/,
  );
});

t.test('a missing program is said so', async t => {
  const tts = createFliteTts({ program: '/nowhere/flite' });
  await t.rejects(wholeSentence(tts, 'Hello.', { rateHz: 16_000, signal: never }), { code: 'TTS_FAILED' });
  await tts.close();
});

t.test('closing ends what is being spoken', async t => {
  const tts = createFliteTts();
  const spoken = wholeSentence(tts, 'This one is never heard to its end.', { rateHz: 16_000, signal: never });
  spoken.catch(() => {});
  await tts.close();
  await t.rejects(spoken, { code: 'TTS_FAILED' });
});
