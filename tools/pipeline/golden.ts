import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawText } from '../../bench/caller/lettering.ts';
import { Canvas } from '../../bench/caller/png.ts';
import { DEFAULT_PIPELINE_POLICY } from '../../pipeline/policy.ts';
import { type Examination, examine, NEAR_FILE } from './examine.ts';
import { passDownlink } from './golden_downlink.ts';
import { goldenScene, SCENE_MS, SCENE_RATE_HZ } from './golden_scene.ts';
import { drawSpectrogram } from './heat.ts';
import type { Levels } from './level_histogram.ts';
import { drawPictures } from './picture.ts';
import { COLOURS } from './picture_row.ts';
import { SPECTROGRAM_ROWS, Spectrogram } from './spectrogram.ts';
import { WavReader } from './wav_reader.ts';

const PAGE = fileURLToPath(new URL('../../docs/pipeline.md', import.meta.url));
const PICTURES = fileURLToPath(new URL('../../docs/pipeline/', import.meta.url));
const WHOLE = 'whole.png';
/** Between these two lines of the page are the pictures of the stages. */
const BEGIN = '<!-- made by npm run pipeline -- --golden -->';
const END = '<!-- end -->';
const COLUMNS = 640;
const LEFT = 52;
const CAPTION_HEIGHT = 16;

type Direction = 'uplink' | 'downlink';

/** A sound between two stages. */
interface Sound {
  readonly levels: Levels;
  readonly spectrogram: Spectrogram;
}

/** A sound behind a stage. */
interface Passed extends Sound {
  readonly name: string;
}

/** Draws the pictures of the documentation anew, and names them. */
export async function drawGolden(): Promise<string[]> {
  mkdirSync(PICTURES, { recursive: true });
  for (const old of readdirSync(PICTURES)) rmSync(join(PICTURES, old));
  const section = [...(await drawUplink()), ...drawDownlink()];
  writeSection(section);
  return readdirSync(PICTURES).map(name => join('docs', 'pipeline', name));
}

/** Draws what becomes of the scene, and gives the lines of the page that show it. */
async function drawUplink(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-golden-'));
  try {
    const found = await examineScene(folder);
    const [whole] = drawPictures(found, false);
    if (whole !== undefined) writeFileSync(join(PICTURES, WHOLE), whole);
    const near = { levels: found.near.levels, spectrogram: await spectrogramOf(join(folder, NEAR_FILE)) };
    const passed: Passed[] = [];
    for (const { name, levels, file } of found.stages.filter(({ changes }) => changes)) {
      passed.push({ name, levels, spectrogram: await spectrogramOf(join(folder, file)) });
    }
    return ['', '### Uplink', '', `    ${found.chain}`, '', ...drawStages('uplink', near, passed)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function drawDownlink(): string[] {
  const { chain, passed } = passDownlink(SCENE_MS / COLUMNS);
  const [first, ...behind] = passed.map(({ name, track }) => ({
    name,
    levels: track.levels,
    spectrogram: track.spectrogram,
  }));
  if (first === undefined) throw new Error('the downlink lets nothing through');
  return [
    '### Downlink',
    '',
    `    ${chain}`,
    '',
    'The agent is ducked from 2.0 to 2.9 s, too loud from 4.7 s on, and cut at 6.2 s.',
    '',
    ...drawStages('downlink', first, behind),
  ];
}

/** A picture for each stage; gives the lines that show them. */
function drawStages(direction: Direction, first: Sound, behind: readonly Passed[]): string[] {
  return behind.flatMap((stage, i) => {
    const picture = pictureOf(direction, stage.name);
    writeFileSync(join(PICTURES, picture), drawStage(behind[i - 1] ?? first, stage));
    return [`#### ${stage.name}`, '', `![before and behind ${stage.name}](pipeline/${picture})`, ''];
  });
}

/** What becomes of the scene in today's chain; its sounds go to the folder. */
export async function examineScene(folder: string): Promise<Examination> {
  const { near, far } = goldenScene();
  const scene = join(folder, 'scene.wav');
  writeFileSync(scene, floatWav(near, far));
  return examine({
    near: scene,
    far: undefined,
    out: folder,
    rateHz: SCENE_RATE_HZ,
    policy: DEFAULT_PIPELINE_POLICY,
    onProgress: () => undefined,
  });
}

/** Name of a stage's picture below docs/pipeline. */
export function pictureOf(direction: Direction, stage: string): string {
  return `${direction}-${stage.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.png`;
}

/** A stage's sound in front of it and behind it. */
function drawStage(before: Sound, stage: Passed): Buffer {
  const strip = CAPTION_HEIGHT + SPECTROGRAM_ROWS;
  const canvas = new Canvas(LEFT + COLUMNS + 8, 2 * strip + 8, COLOURS.background);
  for (const [i, { levels, spectrogram }] of [before, stage].entries()) {
    const top = i * strip;
    const caption = `${i === 0 ? 'before' : 'behind'} ${stage.name}: active ${levels.activeDb.toFixed(1)} dB, floor ${levels.floorDb.toFixed(1)} dB`;
    drawText(canvas, LEFT, top + 6, caption, COLOURS.text);
    drawText(canvas, 12, top + CAPTION_HEIGHT, `${SCENE_RATE_HZ / 2000} kHz`, COLOURS.faint);
    drawText(canvas, 42, top + strip - 7, '0', COLOURS.faint);
    drawSpectrogram(canvas, LEFT, top + CAPTION_HEIGHT, spectrogram, 0, COLUMNS);
  }
  return canvas.toPng();
}

async function spectrogramOf(file: string): Promise<Spectrogram> {
  const spectrogram = new Spectrogram(SCENE_RATE_HZ, SCENE_MS / COLUMNS);
  const reader = await WavReader.open(file);
  try {
    spectrogram.take((await reader.read(reader.length))[0]!);
  } finally {
    await reader.close();
  }
  spectrogram.end();
  return spectrogram;
}

function writeSection(lines: readonly string[]): void {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/pipeline.md has lost its lines ${BEGIN} and ${END}`);
  writeFileSync(PAGE, `${page.slice(0, begin + BEGIN.length)}\n${lines.join('\n')}${page.slice(end)}`);
}

/** A file of two channels, 32-bit floats, which can hold what is no number. */
function floatWav(left: Float32Array, right: Float32Array): Buffer {
  const dataBytes = 8 * left.length;
  const file = Buffer.alloc(44 + dataBytes);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(36 + dataBytes, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(3, 20);
  file.writeUInt16LE(2, 22);
  file.writeUInt32LE(SCENE_RATE_HZ, 24);
  file.writeUInt32LE(8 * SCENE_RATE_HZ, 28);
  file.writeUInt16LE(8, 32);
  file.writeUInt16LE(32, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataBytes, 40);
  for (const [i, sample] of left.entries()) {
    file.writeFloatLE(sample, 44 + 8 * i);
    file.writeFloatLE(right[i]!, 48 + 8 * i);
  }
  return file;
}
