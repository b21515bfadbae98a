import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';
import t from 'tap';
import { encodeALaw, encodeMuLaw } from '../../bench/wire/g711.ts';
import { examineScene, pictureOf } from '../../tools/pipeline/golden.ts';
import { passDownlink } from '../../tools/pipeline/golden_downlink.ts';
import { readOptions } from '../../tools/pipeline/options.ts';
import { RecordingSource } from '../../tools/pipeline/recording_source.ts';
import { writeResults } from '../../tools/pipeline/report.ts';
import { WavReader } from '../../tools/pipeline/wav_reader.ts';
import { measureTone, sine } from '../pipeline/tones.ts';

const TOOL = fileURLToPath(new URL('../../tools/pipeline.ts', import.meta.url));
const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

interface Wav {
  readonly tag?: number;
  readonly bits?: number;
  readonly channels?: number;
  readonly rateHz?: number;
  readonly data?: Buffer;
  /** What the head says, where that is not true. */
  readonly dataBytes?: number;
  /** Chunks before the format. */
  readonly junk?: Buffer;
}

function wav({ tag = 1, bits = 16, channels = 1, rateHz = 8000, junk, ...rest }: Wav): Buffer {
  const data = rest.data ?? Buffer.alloc(1600);
  const format = Buffer.alloc(24);
  format.write('fmt ', 0, 'latin1');
  format.writeUInt32LE(16, 4);
  format.writeUInt16LE(tag, 8);
  format.writeUInt16LE(channels, 10);
  format.writeUInt32LE(rateHz, 12);
  format.writeUInt32LE(((rateHz * channels * bits) / 8) >>> 0, 16);
  format.writeUInt16LE((channels * bits) / 8, 20);
  format.writeUInt16LE(bits, 22);
  const dataHead = Buffer.alloc(8);
  dataHead.write('data', 0, 'latin1');
  dataHead.writeUInt32LE(rest.dataBytes ?? data.length, 4);
  const body = Buffer.concat([Buffer.from('WAVE'), junk ?? Buffer.alloc(0), format, dataHead, data]);
  const riff = Buffer.alloc(8);
  riff.write('RIFF', 0, 'latin1');
  riff.writeUInt32LE(body.length, 4);
  return Buffer.concat([riff, body]);
}

const folder = t.testdir();
let files = 0;

function save(content: Buffer): string {
  files += 1;
  const path = join(folder, `sound_${files}.wav`);
  writeFileSync(path, content);
  return path;
}

/** Colours of a picture: a blank one has one. */
function coloursOf(png: Buffer): {
  readonly width: number;
  readonly height: number;
  readonly colours: number;
} {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const length = png.readUInt32BE(33);
  const lines = inflateSync(png.subarray(41, 41 + length));
  const colours = new Set<number>();
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) colours.add(lines.readUIntBE(y * (3 * width + 1) + 1 + 3 * x, 3));
  }
  return { width, height, colours: colours.size };
}

t.test('a recording leaves sounds, a picture and a report', async t => {
  const out = join(folder, 'results');
  mkdirSync(out);
  const found = await examineScene(out);
  const names = writeResults(found, out);
  t.same(names, ['picture.png', 'report.json']);

  const changing = found.stages.filter(({ changes }) => changes);
  t.ok(changing.length >= 2, 'not all stages are idle');
  for (const { file, name } of changing) {
    const reader = await WavReader.open(join(out, file));
    t.equal(reader.durationMs, 8000, `behind ${name}`);
    await reader.close();
  }
  const sounds = readdirSync(out).filter(name => /^\d\d-/.test(name));
  t.equal(sounds.length, 2 + changing.length, 'and both sides as they came');

  const picture = coloursOf(readFileSync(join(out, 'picture.png')));
  t.ok(picture.width > 1000 && picture.height > 300 && picture.colours > 40, JSON.stringify(picture));

  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
  t.equal(report.durationMs, 8000);
  t.equal(report.rateHz, 8000);
  t.ok(report.chain.startsWith('uplink at 8 kHz: sanitize → '));
  t.equal(report.stages.length, found.stages.length);
  t.ok(report.stages.every(({ costUs }: { costUs: { median: number } }) => costUs.median >= 0));
  t.equal(report.stages[0].levels.peakDb, 0, 'what is beyond full scale is clipped at once');
  t.equal(report.voice.windows, 250);
  t.equal(report.agent.length, 2);
  const types = new Set(report.decisions.map(({ type }: { type: string }) => type));
  for (const type of ['speechStarted', 'speechEnded', 'turnEnded']) t.ok(types.has(type), type);
  const alone = report.speech.find(({ startMs }: { startMs: number }) => startMs > 2500 && startMs < 3100);
  t.ok(alone?.endMs > 4000 && alone?.endMs < 4600, 'the caller alone is found where they speak');

  const page = readFileSync(join(DOCS, 'pipeline.md'), 'utf8');
  for (const { name } of changing) {
    const shown = pictureOf('uplink', name);
    t.ok(
      existsSync(join(DOCS, 'pipeline', shown)) && page.includes(`pipeline/${shown}`),
      `docs/pipeline.md shows ${name} (if not: npm run pipeline -- --golden)`,
    );
  }
});

t.test('the downlink of the documentation ducks, is cut, and is never dead', async t => {
  const { passed } = passDownlink(10);
  const levelsOf = (stage: string) => passed.find(({ name }) => name === stage)!.track.levelsDb;
  const lowest = (levelsDb: readonly number[], fromMs: number, untilMs: number) =>
    Math.min(...levelsDb.slice(fromMs / 10, untilMs / 10));
  t.same(
    passed.map(({ name }) => name),
    ['playout', 'duck', 'comfort noise', 'limiter'],
  );
  const drop = levelsOf('playout')[240]! - levelsOf('duck')[240]!;
  t.ok(Math.abs(drop - 14) < 0.2, `ducked by ${drop} dB`);
  t.equal(lowest(levelsOf('duck'), 6220, 7000), -100, 'cut');
  t.ok(lowest(levelsOf('limiter'), 20, 8000) > -80, 'and yet no silence on the line');
});

t.test('all kinds of files are read, at the rate of the pipeline', async t => {
  const tone = (rateHz: number) => sine(440, rateHz, rateHz / 5).map(sample => sample * 0.5);
  const pcm = (rateHz: number, bytes: number) => {
    const data = Buffer.alloc(tone(rateHz).length * bytes);
    for (const [i, sample] of tone(rateHz).entries()) {
      if (bytes === 1) data[i] = Math.round(128 + sample * 127);
      else data.writeIntLE(Math.round(sample * (2 ** (8 * bytes - 1) - 1)), i * bytes, bytes);
    }
    return data;
  };
  const law = Int16Array.from(tone(8000), sample => sample * 32_767);
  const float = Buffer.from(tone(44_100).buffer);
  const kinds: Readonly<Record<string, Wav>> = {
    '8-bit PCM': { bits: 8, rateHz: 11_025, data: pcm(11_025, 1) },
    '16-bit PCM': { rateHz: 48_000, data: pcm(48_000, 2) },
    '24-bit PCM': { bits: 24, rateHz: 16_000, data: pcm(16_000, 3) },
    '32-bit PCM': { bits: 32, rateHz: 22_050, data: pcm(22_050, 4) },
    '32-bit float': { tag: 3, bits: 32, rateHz: 44_100, data: float },
    PCMU: { tag: 7, bits: 8, data: Buffer.from(encodeMuLaw(law)), junk: Buffer.from('LIST\x02\0\0\0ab') },
    PCMA: { tag: 6, bits: 8, data: Buffer.from(encodeALaw(law)), dataBytes: 0xffff_ffff },
  };
  for (const [encoding, kind] of Object.entries(kinds)) {
    const { source, rateHz } = await RecordingSource.open(save(wav(kind)), undefined);
    t.equal(source.files[0]?.encoding, encoding);
    t.equal(rateHz, (kind.rateHz ?? 8000) < 16_000 ? 8000 : 16_000);
    const heard: number[] = [];
    const [near, far] = [new Float32Array(rateHz / 100), new Float32Array(rateHz / 100)];
    while (await source.next(near, far)) heard.push(...near);
    await source.close();
    t.equal(heard.length, rateHz / 5, `${encoding}: as long as it was`);
    const { toneDb, restDb } = measureTone(
      Float32Array.from(heard.slice(rateHz / 50, -rateHz / 50)),
      440,
      rateHz,
    );
    t.ok(Math.abs(toneDb + 6) < 0.2, `${encoding}: ${toneDb} dB`);
    t.ok(restDb < -35, `${encoding}: ${restDb} dB of all else`);
  }
});

t.test('two channels are the caller and the agent, and a second file is the agent', async t => {
  const data = Buffer.alloc(4 * 800);
  for (let i = 0; i < 800; i += 1) {
    data.writeInt16LE(8192, 4 * i);
    data.writeInt16LE(-16_384, 4 * i + 2);
  }
  const both = save(wav({ channels: 2, data }));
  const { source } = await RecordingSource.open(both, undefined);
  const [near, far] = [new Float32Array(80), new Float32Array(80)];
  await source.next(near, far);
  await source.close();
  t.ok(source.hasFar && near.every(sample => sample === 0.25) && far.every(sample => sample === -0.5));
  const short = save(wav({ data: Buffer.alloc(320, 1) }));
  const pair = (await RecordingSource.open(save(wav({})), short)).source;
  let frames = 0;
  while (await pair.next(near, far)) frames += 1;
  await pair.close();
  t.equal(frames, 10, 'as long as the caller');
  t.ok(
    far.every(sample => sample === 0),
    'an agent that is over is silent',
  );
  await t.rejects(RecordingSource.open(both, short), /one too many/);
  await t.rejects(RecordingSource.open(short, both), /one channel/);
});

t.test('what is no recording is refused in words', async t => {
  const whole = wav({});
  const refusals: readonly (readonly [string, RegExp])[] = [
    [join(folder, 'nowhere.wav'), /nowhere\.wav: there is no such file/],
    [folder, /no file|a folder/],
    [save(Buffer.alloc(0)), /no WAV file/],
    [save(Buffer.from('ID3 this is some other sound')), /no WAV file/],
    [save(whole.subarray(0, 11)), /no WAV file/],
    [save(whole.subarray(0, 30)), /format is cut short/],
    [save(whole.subarray(0, 36)), /without samples/],
    [save(whole.subarray(0, 844)), /cut short: of 0\.1 s .* 0\.1 s/],
    [save(wav({ dataBytes: 0x7fff_0000 })), /cut short/],
    [save(wav({ rateHz: 0 })), /says 0 Hz/],
    [save(wav({ rateHz: 4_000_000_000 })), /says 4000000000 Hz/],
    [save(wav({ rateHz: 8001 })), /says 8001 Hz/],
    [save(wav({ channels: 0 })), /0 channels/],
    [save(wav({ channels: 6 })), /6 channels/],
    [save(wav({ tag: 85, bits: 0 })), /format 85 of 0 bits is not known/],
    [save(wav({ data: Buffer.alloc(0) })), /no samples/],
    [
      save(wav({ rateHz: 8000, bits: 8, tag: 7, data: Buffer.alloc(61 * 60 * 8000) })),
      /longer than 60 minutes/,
    ],
  ];
  for (const [path, words] of refusals) {
    await t.rejects(
      RecordingSource.open(path, undefined),
      { name: 'InputError', message: words },
      String(words),
    );
  }
});

t.test('garbage behind a good head is a sound like any other', async t => {
  const data = Buffer.from(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, -7, 1e38, 0.5).buffer);
  const { source } = await RecordingSource.open(save(wav({ tag: 3, bits: 32, data })), undefined);
  const [near, far] = [new Float32Array(80), new Float32Array(80)];
  t.equal(await source.next(near, far), true);
  t.equal(near[4], 0.5);
  t.equal(await source.next(near, far), false);
  await source.close();
});

t.test('options that make no sense are told', async t => {
  const refused = (args: readonly string[], words: RegExp) =>
    t.throws(() => readOptions(args), { name: 'InputError', message: words }, args.join(' '));
  refused([], /which recording/);
  refused(['a.wav', 'b.wav', 'c.wav'], /two recordings at most/);
  refused(['a.wav', '--rate', '11025'], /8000 and 16000/);
  refused(['a.wav', '--loud'], /--loud/);
  refused(['a.wav', '--golden'], /no recording/);
  refused(['a.wav', '--policy', '{'], /--policy/);
  refused(['a.wav', '--policy', '{reverb: {}}'], /reverb/);
  refused(['a.wav', '--policy', '{noise: {depthDb: 300}}'], /depthDb/);
  refused(['a.wav', '--policy', join(folder, 'no_policy.yaml')], /no such file/);
  const options = readOptions(['../calls/a b%.wav', '--policy', '{noise: {kind: off}}']);
  t.ok(options.task === 'examine');
  if (options.task !== 'examine') return;
  t.equal(options.out, join('var', 'pipeline', 'a_b_'));
  t.equal(options.policy.noise.kind, 'off');
  t.equal(options.policy.noise.depthDb, 15, 'the rest is as by default');
});

t.test('the command explains itself, and ends with 2 for what it can not use', async t => {
  t.match(
    execFileSync(process.execPath, [TOOL, '--help'], { encoding: 'utf8' }),
    /npm run pipeline -- NEAR\.wav/,
  );
  const wrong = spawnSync(process.execPath, [TOOL, save(Buffer.from('nothing'))], { encoding: 'utf8' });
  t.equal(wrong.status, 2);
  t.match(wrong.stderr, /no WAV file\n$/);
  const blocked = save(wav({}));
  const unwritable = spawnSync(process.execPath, [TOOL, blocked, '--out', blocked], { encoding: 'utf8' });
  t.equal(unwritable.status, 2);
  t.match(unwritable.stderr, /no folder\n$/);
});
