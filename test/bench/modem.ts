import type { Stt, Tts } from '../../src/providers/types.ts';

/** Speech for tests: each character as eight tones, so that what was said can be heard again without a recogniser. */
const BIT_MS = 1.25;
const TONES_HZ = [1600, 3200] as const;
const PEAK = 9000;
const LOUD = 2500;

export function modulate(text: string, rateHz: number): Int16Array {
  const bitSamples = (rateHz * BIT_MS) / 1000;
  const bits = [...Buffer.from(text)].flatMap(byte =>
    Array.from({ length: 8 }, (_, bit) => (byte >> bit) & 1),
  );
  return Int16Array.from({ length: bits.length * bitSamples }, (_, i) => {
    const hz = TONES_HZ[bits[Math.floor(i / bitSamples)] as 0 | 1];
    return PEAK * Math.cos((2 * Math.PI * hz * i) / rateHz);
  });
}

/** The text in the audio; garbage where it was cut into. */
export function demodulate(pcm: Int16Array, rateHz: number): string {
  const bitSamples = (rateHz * BIT_MS) / 1000;
  const start = pcm.findIndex(sample => Math.abs(sample) > LOUD);
  if (start < 0) return '';
  const bytes: number[] = [];
  for (let at = start; at + 8 * bitSamples <= pcm.length + bitSamples / 2; at += 8 * bitSamples) {
    let byte = 0;
    for (let bit = 0; bit < 8; bit += 1) {
      const part = pcm.subarray(at + bit * bitSamples, at + (bit + 1) * bitSamples);
      const [zero, one] = TONES_HZ.map(hz => power(part, hz, rateHz));
      if (zero! + one! < 1e6) return Buffer.from(bytes).toString();
      if (one! > zero!) byte |= 1 << bit;
    }
    bytes.push(byte);
  }
  return Buffer.from(bytes).toString();
}

function power(pcm: Int16Array, hz: number, rateHz: number): number {
  let [re, im] = [0, 0];
  for (const [i, sample] of pcm.entries()) {
    re += sample * Math.cos((2 * Math.PI * hz * i) / rateHz);
    im += sample * Math.sin((2 * Math.PI * hz * i) / rateHz);
  }
  return (re * re + im * im) / pcm.length;
}

export const modemTts: Tts = {
  name: 'modem',
  async *speak(text, { rateHz }) {
    yield { pcm: modulate(text, rateHz), words: [] };
  },
  close: async () => {},
};

/** Writes down what it hears; `mishear` may change it. */
export function modemStt(mishear: (text: string) => string = text => text): Stt {
  return {
    name: 'modem',
    prepare: () => {},
    open: ({ rateHz }) => {
      const heard: number[] = [];
      return {
        write: pcm => heard.push(...pcm),
        finish: async () => {
          const text = mishear(demodulate(Int16Array.from(heard), rateHz));
          return { text, confidence: text === '' ? 0 : 1, alternatives: [] };
        },
        cancel: () => {},
      };
    },
    close: async () => {},
  };
}
