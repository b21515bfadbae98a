import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { readWav } from '../wire/wav.ts';
import { fromPcm } from './companding.ts';
import { resample } from './playback.ts';
import { setActiveLevel } from './signal.ts';

/** Who says it: a synthesiser's voice, or a woman who was recorded for Debian's asterisk-core-sounds-en-wav. */
export type Voice =
  | { readonly engine: 'flite' | 'espeak'; readonly name: string; readonly sentences: readonly string[] }
  | { readonly engine: 'prompts'; readonly names: readonly string[] };

const PROMPTS = '/usr/share/asterisk/sounds/en_US_f_Allison';
/** Of all that is said; scenes bring it to levels of their own. */
const LEVEL_DB = -24;

/** Speaks and remembers: a voice says the same again. */
export class Voices {
  readonly #flite: string;
  readonly #folder: string;
  readonly #said = new Map<string, Float32Array[]>();

  /** @param folder for the synthesisers' files */
  constructor(flite: string, folder: string) {
    this.#flite = flite;
    this.#folder = folder;
  }

  /**
   * All that a voice says with pauses between, from the utterance numbered `first` on and over again until it fills
   * `length` samples. Mono, full scale ±1, at a common level.
   * @throws Error when what speaks is not installed
   */
  say(voice: Voice, rateHz: PipelineRateHz, length: number, pauseMs: number, first = 0): Float32Array {
    const utterances = this.#utterances(voice, rateHz);
    const said = new Float32Array(length);
    for (let at = 0, number = first; at < length; number += 1) {
      const utterance = utterances[number % utterances.length]!;
      said.set(utterance.subarray(0, length - at), at);
      at += utterance.length + Math.round((pauseMs * rateHz) / 1000);
    }
    return said;
  }

  #utterances(voice: Voice, rateHz: PipelineRateHz): Float32Array[] {
    const key = `${voice.engine} ${voice.engine === 'prompts' ? voice.names.join() : voice.name} ${rateHz}`;
    const known = this.#said.get(key);
    if (known !== undefined) return known;
    const utterances = this.#record(voice).map(sound => {
      const samples = atRate(sound, rateHz);
      setActiveLevel(samples, rateHz, LEVEL_DB);
      return samples;
    });
    this.#said.set(key, utterances);
    return utterances;
  }

  #record(voice: Voice): Sound[] {
    if (voice.engine === 'prompts') return voice.names.map(name => readSound(join(PROMPTS, `${name}.wav`)));
    return voice.sentences.map(sentence => {
      const file = join(this.#folder, 'said.wav');
      const speak = voice.engine === 'flite' ? this.#speakByFlite : this.#speakByEspeak;
      speak.call(this, voice.name, sentence, file);
      return readSound(file);
    });
  }

  #speakByFlite(name: string, sentence: string, file: string): void {
    execFileSync(this.#flite, ['-voice', name, '-t', sentence, '-o', file]);
  }

  #speakByEspeak(name: string, sentence: string, file: string): void {
    try {
      execFileSync('espeak-ng', ['-v', name, '-w', file, '--', sentence]);
    } catch (cause) {
      throw new Error("needs Debian's espeak-ng", { cause });
    }
  }
}

interface Sound {
  readonly rateHz: number;
  readonly samples: Float32Array;
}

function readSound(file: string): Sound {
  try {
    const { rateHz, channels } = readWav(file);
    return { rateHz, samples: fromPcm(channels[0]!) };
  } catch (cause) {
    if (!file.startsWith(PROMPTS)) throw cause;
    throw new Error("needs Debian's asterisk-core-sounds-en-wav", { cause });
  }
}

function atRate({ rateHz: fromHz, samples }: Sound, rateHz: PipelineRateHz): Float32Array {
  if (fromHz === rateHz) return samples.slice();
  return resample(samples, fromHz, rateHz);
}
