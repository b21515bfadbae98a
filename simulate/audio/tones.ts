/**
 * A voice whose words can be heard again without a recogniser: each character as eight tones one after the other. 10 ms a
 * character, which is about six times as fast as people speak. Each sentence begins with a mark and ends with a sum, so that
 * one that was cut into is known to be.
 */
const BIT_SECONDS = 0.00125;
/** Whole periods of both fit into a bit. */
const TONES_HZ = [1600, 2400] as const;
/** About −17 dBFS. */
const PEAK = 6500;
const LEAST_PEAK = 600;
const MARK = '\u0002';
const LEAD_MS = 20;
/** Between two sentences. */
const GAP_MS = 60;
/** The first sample that is loud may be so many samples off. */
const MOST_SHIFT = 6;
const SHIFT_BITS = 64;

interface ToneSentence {
  readonly pcm: Int16Array;
  readonly words: readonly { readonly word: string; readonly startMs: number; readonly endMs: number }[];
}

/** 16-bit mono at a rate of whole samples a bit: 8, 16, 24 or 48 kHz. */
export function speakInTones(text: string, rateHz: number): ToneSentence {
  const bytes = [...Buffer.from(`${MARK}${text.trim()}`)];
  bytes.push(...sumOf(bytes));
  const bitSamples = rateHz * BIT_SECONDS;
  const lead = (LEAD_MS * rateHz) / 1000;
  const length = bytes.length * 8 * bitSamples;
  const pcm = new Int16Array(lead + length + (GAP_MS * rateHz) / 1000);
  for (let i = 0; i < length; i += 1) {
    const bit = Math.floor(i / bitSamples);
    const hz = TONES_HZ[((bytes[bit >> 3]! >> (bit & 7)) & 1) as 0 | 1];
    pcm[lead + i] = PEAK * Math.sin((2 * Math.PI * hz * i) / rateHz);
  }
  return { pcm, words: wordsOf(text.trim()) };
}

function wordsOf(text: string): ToneSentence['words'] {
  const charMs = 8000 * BIT_SECONDS;
  return [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => {
    const startMs = LEAD_MS + (Buffer.byteLength(text.slice(0, index)) + 1) * charMs;
    return { word, startMs, endMs: startMs + Buffer.byteLength(word) * charMs };
  });
}

/** The sentence in a sound at 8 kHz that begins a little before it; undefined where it is not whole. */
export function hearTones(pcm: Int16Array): string | undefined {
  const bytes = bytesIn(pcm) ?? [];
  const said = bytes.slice(0, -2);
  const isWhole = said[0] === MARK.charCodeAt(0) && sumOf(said).every((sum, at) => bytes.at(at - 2) === sum);
  return isWhole ? Buffer.from(said.slice(1)).toString() : undefined;
}

/** What was heard so far of a sentence that goes on, or was cut off: its whole words; empty where it does not begin as one. */
export function hearBeginning(pcm: Int16Array): string {
  const bytes = bytesIn(pcm) ?? [];
  if (bytes[0] !== MARK.charCodeAt(0)) return '';
  const plain = bytes.slice(1).findIndex(byte => byte < 0x20 || byte > 0x7e);
  const text = Buffer.from(plain < 0 ? bytes.slice(1) : bytes.slice(1, plain + 1)).toString();
  return text.slice(0, Math.max(0, text.lastIndexOf(' ')));
}

function bytesIn(pcm: Int16Array): readonly number[] | undefined {
  const bitSamples = 8000 * BIT_SECONDS;
  const loud = pcm.findIndex(sample => Math.abs(sample) > LEAST_PEAK);
  if (loud < 0) return undefined;
  const start = bestStart(pcm, loud, bitSamples);
  const end = pcm.findLastIndex(sample => Math.abs(sample) > LEAST_PEAK) + 1;
  const count = Math.round((end - start) / (8 * bitSamples));
  return Array.from({ length: count }, (_, at) => byteAt(pcm, start + at * 8 * bitSamples, bitSamples));
}

function bestStart(pcm: Int16Array, loud: number, bitSamples: number): number {
  let best = { start: loud, clearness: -1 };
  for (let start = Math.max(0, loud - MOST_SHIFT); start <= loud + MOST_SHIFT; start += 1) {
    let clearness = 0;
    for (let bit = 0; bit < SHIFT_BITS; bit += 1) {
      const at = start + bit * bitSamples;
      clearness += Math.abs(tonePower(pcm, at, bitSamples, 1) - tonePower(pcm, at, bitSamples, 0));
    }
    if (clearness > best.clearness) best = { start, clearness };
  }
  return best.start;
}

function byteAt(pcm: Int16Array, from: number, bitSamples: number): number {
  let byte = 0;
  for (let bit = 0; bit < 8; bit += 1) {
    const at = from + bit * bitSamples;
    if (tonePower(pcm, at, bitSamples, 1) > tonePower(pcm, at, bitSamples, 0)) byte |= 1 << bit;
  }
  return byte;
}

const WAVES = TONES_HZ.map(hz =>
  Array.from({ length: 8000 * BIT_SECONDS }, (_, i) => {
    const angle = (2 * Math.PI * hz * i) / 8000;
    return [Math.cos(angle), Math.sin(angle)] as const;
  }),
);

function tonePower(pcm: Int16Array, from: number, length: number, tone: 0 | 1): number {
  let [re, im] = [0, 0];
  for (let i = 0; i < length; i += 1) {
    const [cos, sin] = WAVES[tone]![i]!;
    const sample = pcm[from + i] ?? 0;
    re += sample * cos;
    im += sample * sin;
  }
  return re * re + im * im;
}

/** Two bytes (J. G. Fletcher, 1982). */
function sumOf(bytes: readonly number[]): readonly [number, number] {
  let [one, two] = [1, 1];
  for (const byte of bytes) {
    one = (one + byte) % 255;
    two = (two + one) % 255;
  }
  return [one, two];
}
