import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SeededRandom } from '../caller/random.ts';
import { type EncodedAudio, encodeAudio } from '../load/encoded_audio.ts';
import type { CallScript, Step } from '../load/script.ts';
import { mixed, noise } from '../load/sounds.ts';
import { CODECS } from '../wire/codec.ts';
import { readWav } from '../wire/wav.ts';

export const CODEC = CODECS.PCMU;
const NOISE_DBFS = -62;
const NOISE_MS = 2000;
/** What does not come in this time is not waited for. */
const PATIENCE_MS = 12_000;
const THINK_MS: ThinkMs = { least: 400, most: 1600 };
/** Of so many turns of the agent, one is cut into. */
const TURNS_TO_AN_INTERRUPTION = 6;
const INTERRUPT_AFTER_MS = 900;

/** 16-bit PCM at the line's rate. */
export interface CallerSpeech {
  readonly utterances: readonly { readonly pcm: Int16Array }[];
  /** What is said over the agent, four times in a row. */
  readonly interruption: { readonly pcm: Int16Array };
}

const INTERRUPTION = 'interruption.wav';

/** WAV files of a folder. */
export async function recordedSpeech(folder: string): Promise<CallerSpeech> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.wav')).toSorted();
  const pcmOf = (file: string): Int16Array => {
    const { rateHz, channels } = readWav(join(folder, file));
    if (rateHz !== CODEC.rateHz) throw new Error(`${file}: ${CODEC.rateHz} Hz is needed, not ${rateHz}`);
    return channels[0]!;
  };
  const utterances = files.filter(file => file !== INTERRUPTION).map(file => ({ pcm: pcmOf(file) }));
  if (utterances.length === 0 || !files.includes(INTERRUPTION))
    throw new Error(`${folder} needs ${INTERRUPTION} and at least one other recording`);
  return { utterances, interruption: { pcm: pcmOf(INTERRUPTION) } };
}

export interface Callers {
  readonly idle: EncodedAudio;
  script(index: number): CallScript;
}

/** How long a caller says nothing once the agent is quiet. */
export interface ThinkMs {
  readonly least: number;
  readonly most: number;
}

/** Callers who talk with the agent turn by turn and cut in now and then, over a line with noise, each at times of their own. */
export function talkingCallers(
  { utterances, interruption }: CallerSpeech,
  thinkMs: ThinkMs = THINK_MS,
): Callers {
  const beneath = noise(NOISE_MS, CODEC.rateHz, NOISE_DBFS, new SeededRandom(1, 'noise'));
  const encoded = (pcm: Int16Array) => encodeAudio(mixed(pcm, beneath), CODEC);
  const said = utterances.map(({ pcm }) => encoded(pcm));
  const cutIn = encoded(interruption.pcm.subarray(0, interruption.pcm.length / 4));
  return {
    idle: encodeAudio(beneath, CODEC),
    script: index => {
      const random = new SeededRandom(index, 'caller');
      const answer = (at: number): Step[] => [
        { do: 'awaitQuiet', withinMs: PATIENCE_MS },
        { do: 'wait', ms: random.integer(thinkMs.least, thinkMs.most) },
        { do: 'say', audio: said[(index + at) % said.length]! },
        { do: 'awaitSound', withinMs: PATIENCE_MS },
      ];
      const answers = Array.from({ length: TURNS_TO_AN_INTERRUPTION }, (_, at) => answer(at)).flat();
      const interrupt: Step = {
        do: 'interrupt',
        audio: cutIn,
        afterMs: INTERRUPT_AFTER_MS,
        withinMs: PATIENCE_MS,
      };
      // Not all at the same place of their talk.
      const from = 4 * random.integer(0, TURNS_TO_AN_INTERRUPTION - 1);
      const steps = [...answers.slice(from), interrupt, ...answers.slice(0, from)];
      return { steps: [{ do: 'awaitSound', withinMs: PATIENCE_MS }, ...steps], goesRound: true };
    },
  };
}
