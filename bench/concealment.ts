import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodecLeg } from '../pipeline/kernels/codec_leg.ts';
import type { KernelMemory } from '../pipeline/kernels/kernel_memory.ts';
import { loadKernels } from '../pipeline/kernels/load.ts';
import { loadConfig } from '../src/config/load.ts';
import { nodePaths } from '../src/config/paths.ts';
import type { Bench } from './bench.ts';
import { SeededRandom } from './caller/random.ts';
import { type Carried, carry } from './concealment/carry.ts';
import { compare, isNowhereBelow } from './concealment/compare.ts';
import { loadSpandsp, SpandspLeg, type SpandspPlc } from './concealment/spandsp.ts';
import { atDoubleRate, readSpeech, type Speech } from './concealment/speech.ts';
import { providePesq, scorePesq, type Trial } from './quality/pesq.ts';
import { CODECS, type CodecName } from './wire/codec.ts';
import { parseImpairment, UNIMPAIRED } from './wire/impaired_path.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Without any impairment: what the codec leaves, and the jitter buffer. */
const CLEAN = 'unimpaired';
const CONDITIONS = {
  [CLEAN]: UNIMPAIRED,
  'loss 1 %': parseImpairment('loss=1'),
  'loss 5 %': parseImpairment('loss=5'),
  'loss 10 %': parseImpairment('loss=10'),
  'jitter 60 ms': parseImpairment('jitter=60'),
  'reordering 3 %': parseImpairment('reorder=3'),
  'outages of 200 ms': parseImpairment('outage=200/3000'),
} as const;
type Condition = keyof typeof CONDITIONS;

interface Plan {
  readonly codecs: readonly CodecName[];
  readonly speeches: number;
  readonly seeds: readonly number[];
}

const FULL: Plan = { codecs: ['PCMU', 'G722'], speeches: 7, seeds: [201, 202, 203] };
const QUICK: Plan = { codecs: ['PCMU'], speeches: 2, seeds: [201] };

/** One passage of speech over one network. */
interface Passage {
  readonly codec: CodecName;
  readonly condition: Condition;
  readonly speech: Speech;
  readonly seed: number;
}

/** The same packets are heard by the node's concealment and by libspandsp's, and PESQ judges both. */
export const bench: Bench = {
  name: 'concealment',
  run: async ({ quick, configFile }) => {
    const config = loadConfig(configFile);
    const spandsp = loadSpandsp();
    const memory = await loadKernels(nodePaths(ROOT, config).kernels, { leg: 1 });
    const python = await providePesq(join(ROOT, 'var', 'pesq'));
    const plan = quick ? QUICK : FULL;
    const folder = mkdtempSync(join(tmpdir(), 'concealment-'));
    try {
      const speeches = readSpeech(config.voice.flite, folder).slice(0, plan.speeches);
      const passages = passagesOf(plan, speeches);
      const heard = passages.map(passage => hearBoth(passage, memory, spandsp));
      const trials = passages.flatMap((passage, index) =>
        writeTrials(join(folder, `${index}`), passage, heard[index]!),
      );
      const scores = await scorePesq(python, trials);
      const figures = compare(
        passages.map(({ codec, condition }, index) => ({
          group: `${codec}, ${condition}`,
          ours: scores[2 * index]!,
          spandsp: scores[2 * index + 1]!,
          concealedMs: heard[index]!.ours.concealedMs,
        })),
      );
      return { ok: isNowhereBelow(figures), figures, validity: validityOf(plan, speeches) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function passagesOf({ codecs, seeds }: Plan, speeches: readonly Speech[]): Passage[] {
  return codecs.flatMap(codec =>
    (Object.keys(CONDITIONS) as Condition[]).flatMap(condition =>
      speeches.flatMap(speech =>
        // Without impairments, all seeds are alike.
        (condition === CLEAN ? seeds.slice(0, 1) : seeds).map(seed => ({ codec, condition, speech, seed })),
      ),
    ),
  );
}

function samplesOf({ codec, speech }: Passage): Int16Array {
  return CODECS[codec].rateHz === 8000 ? speech.pcm : atDoubleRate(speech.pcm);
}

/** What each made of the same packets. */
interface Heard {
  readonly ours: Carried;
  readonly theirs: Carried;
}

function hearBoth(passage: Passage, memory: KernelMemory, spandsp: SpandspPlc): Heard {
  const { codec } = passage;
  const leg = CodecLeg.open(CODECS[codec].rateHz, memory);
  if (leg === undefined) throw new Error('the last leg was not closed');
  return { ours: hear(passage, leg), theirs: hear(passage, new SpandspLeg(codec, spandsp)) };
}

function hear(passage: Passage, leg: CodecLeg | SpandspLeg): Carried {
  const { codec, condition, speech, seed } = passage;
  const random = new SeededRandom(seed, speech.name);
  const carried = carry(codec, samplesOf(passage), CONDITIONS[condition], random, leg);
  leg.close();
  return carried;
}

function writeTrials(path: string, passage: Passage, { ours, theirs }: Heard): Trial[] {
  const reference = `${path}-said.pcm`;
  writeFileSync(reference, samplesOf(passage));
  return [ours, theirs].map(({ heard }, index) => {
    const file = `${path}-heard-${index}.pcm`;
    writeFileSync(file, heard);
    return { rateHz: CODECS[passage.codec].rateHz, reference, heard: file };
  });
}

function validityOf({ seeds }: Plan, speeches: readonly Speech[]): string[] {
  return [
    `PESQ as MOS-LQO, narrow band for PCMU and wide band for G722, against what was said before it was encoded; medians over ${speeches.length} passages by ${seeds.length} seeds`,
    'both hear the same packets at the same times by the same session and jitter buffer of this project, since libspandsp has none: only decoding and concealment are exchanged, and cuts that follow the network may fall elsewhere',
    'libspandsp takes all samples for 8 kHz: with G722 it looks for pitches twice as high and fades twice as fast, which did it more good than to work at half the rate; the speech has nothing above 4 kHz',
    `spoken by a recorded woman and, since no package has a recorded man, by flite's: ${speeches.map(({ name }) => name).join(', ')}`,
    'jitter and reordering leave nothing to conceal once the jitter buffer knows them: what is lost there against the unimpaired is its cuts, the same for both',
    'libspandsp 0.0.6 writes up to 30 samples where fewer are asked for: it is never asked for fewer, and what is left over is heard next',
    'PESQ does not hear how late something is, and takes out constant delays',
  ];
}
