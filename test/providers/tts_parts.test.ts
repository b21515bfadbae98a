import t from 'tap';
import { resample } from '../../pipeline/resample.ts';
import { EdgeSilence, joined } from '../../src/providers/tts/edge_silence.ts';
import { EstimatedWords } from '../../src/providers/tts/estimated_words.ts';
import { SampleReader } from '../../src/providers/tts/sample_reader.ts';
import { SentenceWords, type TimedToken } from '../../src/providers/tts/sentence_words.ts';
import { SpeechFeed } from '../../src/providers/tts/speech_feed.ts';
import { LevelMeter, measureLevel } from '../../src/providers/tts/speech_level.ts';
import { StreamResampler } from '../../src/providers/tts/stream_resampler.ts';
import { VoiceLevel } from '../../src/providers/tts/voice_level.ts';
import { readSoundStart } from '../../src/providers/tts/wav_sound.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import { withWordTimes } from '../../src/providers/tts/word_times.ts';
import type { SpokenPiece, Tts } from '../../src/providers/types.ts';
import { toneSpeech } from './servers/speech_script.ts';

const never = new AbortController().signal;

/** Pieces of uneven lengths, some of them of none. */
function cut(pcm: Int16Array): Int16Array[] {
  const pieces: Int16Array[] = [];
  for (let at = 0, step = 0; at < pcm.length; step = (step * 7 + 13) % 401) {
    pieces.push(pcm.slice(at, at + step));
    at += step;
  }
  return pieces;
}

function tone(rateHz: number, ms: number, amplitude: number, hz = 440): Int16Array {
  return Int16Array.from({ length: (rateHz * ms) / 1_000 }, (_, at) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * at) / rateHz)),
  );
}

function dbfs(pcm: Int16Array, rateHz: number): number {
  return 20 * Math.log10(measureLevel(pcm, rateHz).activeRms / 32_768);
}

t.test('pieces brought to another rate, joined, are the whole brought to it', async t => {
  const { pcm } = toneSpeech('The quick brown fox.', 24_000);
  for (const toHz of [8_000, 16_000, 24_000]) {
    const resampler = new StreamResampler(24_000, toHz);
    const pieces = cut(pcm).map(piece => resampler.push(piece));
    const whole = resample(Float32Array.from(pcm), 24_000, toHz);
    const joint = joined([...pieces, resampler.end()]);
    t.equal(joint.length, whole.length);
    const apart = joint.reduce((most, sample, at) => Math.max(most, Math.abs(sample - whole[at]!)), 0);
    t.ok(apart <= 0.51, `${apart} apart at ${toHz} Hz`);
  }
  t.throws(() => new StreamResampler(44_100, 7_919), RangeError);
});

t.test('samples come out of bytes that are cut anywhere', async t => {
  const pcm = Int16Array.from([1, -2, 32_767, -32_768, 258]);
  const bytes = new Uint8Array(pcm.buffer);
  for (const lengths of [[3, 1, 0, 5, 1], [10], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]]) {
    const reader = new SampleReader();
    let at = 0;
    const pieces = lengths.map(length => {
      at += length;
      return reader.read(bytes.subarray(at - length, at));
    });
    t.strictSame([...joined(pieces)], [...pcm], `${lengths}`);
  }
});

t.test('silence around a sentence is cut, that within it is not', async t => {
  const rateHz = 8_000;
  const silent = (ms: number) => new Int16Array((rateHz * ms) / 1_000);
  const word = tone(rateHz, 200, 3_000);
  const sound = joined([silent(500), word, silent(700), word, silent(900)]);
  const edges = new EdgeSilence(rateHz);
  const pieces = cut(sound).map(piece => edges.push(piece));
  t.equal(edges.cutSamples, (440 * rateHz) / 1_000);
  const heard = joined([...pieces, edges.end()]);
  t.equal((heard.length * 1_000) / rateHz, 60 + 200 + 700 + 200 + 120);
  t.strictSame([...heard.subarray(480, 480 + word.length)], [...word]);

  const none = new EdgeSilence(rateHz);
  t.equal(joined([none.push(silent(2_000)), none.end()]).length, 0, 'nothing but silence is nothing');
  t.equal(none.cutSamples, undefined);
});

t.test('a voice is brought to the level of a telephone, by one gain a sentence', async t => {
  const voice = new VoiceLevel();
  const speak = (amplitude: number) => {
    const pieces = cut(tone(16_000, 1_000, amplitude));
    const gain = voice.begin(pieces[0]!, 16_000);
    const heard = joined(pieces.map(piece => gain.apply(piece)));
    gain.end();
    return heard;
  };
  const first = speak(300);
  t.ok(dbfs(first, 16_000) < -30, 'of a first sentence little is known');
  t.ok(Math.abs(dbfs(speak(300), 16_000) + 24) < 1, 'as much louder as is ever done');
  const louder = new VoiceLevel();
  const guessed = louder.begin(tone(16_000, 200, 12_000), 16_000);
  t.ok(
    Math.abs(dbfs(guessed.apply(tone(16_000, 500, 12_000)), 16_000) + 20) < 1,
    'a guess from its first sound',
  );

  const shy = new VoiceLevel();
  shy.begin(tone(16_000, 10, 1_000), 16_000).apply(tone(16_000, 20, 100));
  const gain = shy.begin(tone(16_000, 200, 1_600), 16_000);
  const shout = gain.apply(tone(16_000, 500, 32_767));
  const { peak } = measureLevel(shout, 16_000);
  t.ok(peak < 29_300 && peak > 25_000, `bent, not cut: ${peak}`);
});

t.test('a meter that is fed piece by piece agrees with the whole', async t => {
  const { pcm } = toneSpeech('One two three.', 16_000);
  const meter = new LevelMeter(16_000);
  for (const piece of cut(pcm)) meter.add(piece);
  t.match(measureLevel(pcm, 16_000), { activeRms: meter.activeRms, peak: meter.peak });
  t.ok(Math.abs(meter.activeMs - 850) < 60, `${meter.activeMs} ms`);
});

/** "word:start-end" of each. */
function laid(sentence: string, tokens: readonly (readonly [string, number, number])[]): string[] {
  const words = new SentenceWords(sentence);
  return [
    ...tokens.flatMap(([text, startMs, endMs]) => words.take({ text, startMs, endMs } satisfies TimedToken)),
    ...words.rest(),
  ].map(({ word, startMs, endMs }) => `${word}:${startMs}-${endMs}`);
}

t.test("a provider's tokens are laid back onto the sentence's own words", async t => {
  t.strictSame(
    laid('Hello, dear Zoë!', [
      ['Hello', 0, 400],
      [',', 400, 450],
      ['dear', 450, 600],
      ['zoe', 600, 900],
    ]),
    ['Hello,:0-400', 'dear:450-600', 'Zoë!:600-900'],
    'marks and case do not matter',
  );
  t.strictSame(
    laid('Hello there', [
      ['Hel', 0, 200],
      ['lo', 200, 400],
      ['the', 500, 600],
      ['re', 600, 800],
    ]),
    ['Hello:0-400', 'there:500-800'],
    'words in parts',
  );
  t.strictSame(laid('to day', [['today', 0, 500]]), ['to:0-200', 'day:200-500'], 'two words in one');
  t.strictSame(
    laid('At 421 Maple Street', [
      ['At', 0, 100],
      ['four', 100, 300],
      ['twenty', 300, 500],
      ['one', 500, 700],
      ['Maple', 700, 1_000],
      ['Street', 1_000, 1_300],
    ]),
    ['At:0-100', '421:100-700', 'Maple:700-1000', 'Street:1000-1300'],
    'numbers in words',
  );
  t.strictSame(
    laid('It is $5', [
      ['It', 0, 100],
      ['is', 100, 200],
      ['five', 200, 400],
      ['dollars', 400, 800],
    ]),
    ['It:0-100', 'is:100-200', '$5:200-800'],
    'at the end too',
  );
  t.strictSame(
    laid('one – two', [
      ['one', 0, 100],
      ['two', 200, 300],
    ]),
    ['one:0-100', '–:100-100', 'two:200-300'],
    'a mark that stands alone takes no time',
  );
  t.strictSame(
    laid('one two three', [
      ['one', 0, 100],
      ['three', 300, 400],
    ]),
    ['one:0-100', 'two:100-300', 'three:300-400'],
    'a word that is left out lies between its neighbours',
  );
  t.strictSame(
    laid('one two', [
      ['one', 500, 400],
      ['two', Number.NaN, 3],
      ['two', 100, 200],
    ]),
    ['one:500-500', 'two:500-500'],
    'time never goes back',
  );
  t.strictSame(laid('one two three', [['one', 0, 100]]), ['one:0-100'], 'what nothing is told of stays open');
});

t.test('words are laid over the voice by length, and over the rest at the end', async t => {
  const sentence = 'We can pick up the piano, between eight and ten.';
  const { pcm, words } = toneSpeech(sentence, 16_000);
  const estimate = new EstimatedWords(sentence, 16_000, 50);
  estimate.add(pcm.map(sample => sample * 3));
  const laidOut = [estimate.guess()!, estimate.guess()!, ...estimate.rest()];
  t.strictSame(
    laidOut.map(({ word }) => word),
    words.map(({ word }) => word),
  );
  for (const [at, { endMs }] of laidOut.entries()) {
    t.ok(Math.abs(endMs - words[at]!.endMs) <= 30, `${endMs} for ${words[at]!.endMs} ms`);
  }
  t.ok(Math.abs(estimate.measuredPaceMs! - 50) < 3);

  const early = new EstimatedWords(sentence, 16_000, 50);
  early.add(pcm.subarray(0, 16_000 * 0.3));
  t.equal(early.guess(), undefined, 'not before there is enough of it');
  const quiet = new EstimatedWords('One two.', 16_000, 50);
  quiet.add(new Int16Array(16_000));
  t.strictSame(
    quiet.rest().map(({ endMs }) => endMs),
    [0, 0],
    'a sentence without a voice',
  );
  const known = new EstimatedWords('One two three.', 16_000, 50);
  known.know({ word: 'One', startMs: 100, endMs: 700 });
  known.add(tone(16_000, 2_000, 3_000));
  t.equal(known.guess()!.startMs, 700, 'what is known moves what comes after');
});

/** A synthesiser that gives these pieces, then perhaps an error. */
function scripted(pieces: readonly SpokenPiece[], error?: Error): Tts {
  return {
    name: 'scripted',
    async *speak() {
      yield* pieces;
      if (error !== undefined) throw error;
    },
    close: async () => {},
  };
}

t.test('words that are told late hold their sound back a little, and are guessed after that', async t => {
  const { pcm, words } = toneSpeech('Alpha bravo charlie.', 16_000);
  const loud = pcm.map(sample => sample * 3);
  const half = loud.subarray(0, 16_000 * 0.7);
  const rest = loud.subarray(half.length);
  const none: SpokenPiece['words'] = [];
  const run = async (tts: Tts) => {
    const pieces: SpokenPiece[] = [];
    const spoken = withWordTimes(tts, true).speak('Alpha bravo charlie.', { rateHz: 16_000, signal: never });
    try {
      for await (const piece of spoken) pieces.push(piece);
    } catch (error) {
      return { pieces, error };
    }
    return { pieces, error: undefined };
  };

  const { pieces } = await run(
    scripted([
      { pcm: half, words: none },
      { pcm: new Int16Array(0), words: words.slice(0, 1) },
      { pcm: rest, words: words.slice(1) },
    ]),
  );
  t.ok(
    pieces[0]!.pcm.length > 0 && pieces[0]!.pcm.length < 16_000 * words[0]!.endMs,
    'some sound goes at once',
  );
  t.ok((pieces[0]!.pcm.length * 1_000) / 16_000 < words[0]!.endMs, 'that of a word it waits for does not');
  t.strictSame(
    pieces.flatMap(piece => piece.words.map(({ word, endMs }) => [word, endMs])),
    words.map(({ word, endMs }) => [word, endMs]),
  );
  t.strictSame([...joined(pieces.map(piece => piece.pcm))], [...loud], 'no sample is lost');

  const fault = new Error('lost');
  const broken = await run(scripted([{ pcm: loud.subarray(0, 16_000 * 0.9), words: none }], fault));
  t.equal(broken.error, fault);
  t.equal(joined(broken.pieces.map(piece => piece.pcm)).length, 16_000 * 0.9, 'all that came is given first');
  t.strictSame(
    broken.pieces.flatMap(piece => piece.words.map(({ word }) => word)),
    ['Alpha'],
    'with the words that it holds',
  );

  const whole = await wholeSentence(withWordTimes(scripted([{ pcm: loud, words: none }]), false), 'Alpha', {
    rateHz: 16_000,
    signal: never,
  });
  t.equal(whole.words.length, 1, 'one that tells nothing has its words guessed');
});

t.test('a sentence that is more than one is a fault', async t => {
  let givenUp = 0;
  const feed = new SpeechFeed('it', 60_000, () => {
    givenUp += 1;
  });
  const megabyte = new Uint8Array(1 << 20);
  for (let count = 0; count < 9; count++) feed.sound(megabyte);
  let bytes = 0;
  const taken = (async () => {
    for await (const event of feed.events(never)) bytes += event.type === 'sound' ? event.bytes.length : 0;
  })();
  await t.rejects(taken, { code: 'TTS_FAILED', kind: 'protocol' });
  t.equal(bytes, 8 << 20);
  t.equal(givenUp, 1);
});

t.test('the start of a sound says what it is', async t => {
  const wav = (fields: { format?: number; channels?: number; bits?: number; extra?: number }) => {
    const { format = 1, channels = 1, bits = 16, extra = 0 } = fields;
    const header = Buffer.alloc(44 + extra);
    header.write('RIFF\0\0\0\0WAVE', 0, 'latin1');
    if (extra > 0) {
      header.write('LIST', 12);
      header.writeUInt32LE(extra - 8, 16);
    }
    const at = 12 + extra;
    header.write('fmt ', at);
    header.writeUInt32LE(16, at + 4);
    header.writeUInt16LE(format, at + 8);
    header.writeUInt16LE(channels, at + 10);
    header.writeUInt32LE(22_050, at + 12);
    header.writeUInt16LE(bits, at + 22);
    header.write('data', at + 24);
    return header;
  };
  t.strictSame(readSoundStart(wav({})), { type: 'wav', rateHz: 22_050, headerBytes: 44 });
  t.strictSame(readSoundStart(wav({ extra: 20 })), { type: 'wav', rateHz: 22_050, headerBytes: 64 });
  for (const length of [0, 3, 20, 40]) {
    t.strictSame(readSoundStart(wav({}).subarray(0, length)), { type: 'unknown' }, `${length} bytes`);
  }
  t.strictSame(readSoundStart(Buffer.from([1, 2, 3])), { type: 'samples' });
  for (const wrong of [{ format: 3 }, { channels: 2 }, { bits: 8 }]) {
    t.strictSame(readSoundStart(wav(wrong)), { type: 'wrong' });
  }
  const endless = Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), Buffer.alloc(5_000)]);
  t.strictSame(readSoundStart(endless), { type: 'wrong' });
});
