import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { readWav, type WavAudio, writeWav } from '../wire/wav.ts';
import { EVENT_RATE_HZ } from './event.ts';
import { fromPcm, resampled, type Sound, toPcm, trimmed } from './shaping.ts';

/** Debian's asterisk-core-sounds-en-wav: a woman, recorded at 8 kHz. */
const PROMPTS = '/usr/share/asterisk/sounds/en_US_f_Allison';

const USUAL_WORDS_A_MINUTE = 170;

/** A speaker: one of flite's, one of espeak-ng's, or the woman who recorded Debian's telephone prompts. */
export type Voice = `flite ${string}` | `espeak ${string}` | 'prompts';

export interface VoicePrograms {
  readonly flite: string;
  readonly espeak: string;
  /** Where what was said once is kept. */
  readonly folder: string;
}

/** Says texts in voices, each once. */
export class Voices {
  readonly #programs: VoicePrograms;
  readonly #said = new Map<string, Sound>();

  constructor(programs: VoicePrograms) {
    this.#programs = programs;
    mkdirSync(programs.folder, { recursive: true });
  }

  /**
   * Trimmed to its first and last sound, at whatever level. `rate` is how fast it is said, 1 as usual; a prompt's text is
   * the name of its file.
   * @throws Error when the program is missing or does not speak, or a prompt is not installed
   */
  say(voice: Voice, text: string, rate = 1): Sound {
    const key = createHash('sha256').update(`${voice}|${text}|${rate}`).digest('hex').slice(0, 24);
    const known = this.#said.get(key);
    if (known !== undefined) return known.slice();
    const file = join(this.#programs.folder, `${key}.wav`);
    const sound = existsSync(file)
      ? fromPcm(readWav(file).channels[0]!)
      : this.#speak(voice, text, rate, file);
    this.#said.set(key, sound);
    return sound.slice();
  }

  /** Whole, or not there: several may fill the folder at once. */
  #speak(voice: Voice, text: string, rate: number, file: string): Sound {
    const unfinished = `${file}.${process.pid}`;
    const { rateHz, channels } =
      voice === 'prompts' ? readPrompt(text) : this.#synthesise(voice, text, rate, unfinished);
    const pcm = toPcm(trimmed(resampled(fromPcm(channels[0]!), rateHz)));
    writeWav(unfinished, { rateHz: EVENT_RATE_HZ, channels: [pcm] });
    renameSync(unfinished, file);
    // As it will be read the next time.
    return fromPcm(pcm);
  }

  #synthesise(voice: Voice, text: string, rate: number, file: string): WavAudio {
    const { flite, espeak } = this.#programs;
    const [engine, name = ''] = voice.split(' ');
    if (engine === 'flite') {
      const stretch = `duration_stretch=${(1 / rate).toFixed(2)}`;
      run(flite, ['-voice', name, '--setf', stretch, '-t', text, '-o', file]);
    } else {
      run(espeak, [
        '-v',
        name,
        '-s',
        String(Math.round(USUAL_WORDS_A_MINUTE * rate)),
        '-w',
        file,
        '--',
        text,
      ]);
    }
    return readWav(file);
  }
}

function run(program: string, args: readonly string[]): void {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    throw new Error(`${program} does not speak; it is needed to make the set`, { cause });
  }
}

function readPrompt(name: string): WavAudio {
  try {
    return readWav(join(PROMPTS, `${name}.wav`));
  } catch (cause) {
    throw new Error("needs Debian's asterisk-core-sounds-en-wav", { cause });
  }
}
