import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readWav } from '../wire/wav.ts';
import { compand, fromPcm, rateOf } from './companding.ts';
import { receive } from './receive.ts';
import { LINE_TAIL_MS, ROOM_TAIL_MS, SCENE_KINDS, type Scene } from './scene.ts';
import { activeWindows, energyOf, powerIn, toDb } from './signal.ts';

const MOST_SCENES = 500;
const MOST_SECONDS = 600;
const LEAST_SECONDS = 5;
const MOST_JSON_BYTES = 10_000;
/** A near end that is louder than this, in dB of full scale, talks. */
const TALK_DB = -50;

/** scene.json. */
const DESCRIPTION = z.strictObject({
  kind: z.enum(SCENE_KINDS),
  /** By which the sum of both is received; `linear` takes it as it is. */
  companding: z.enum(['PCMU', 'PCMA', 'G722', 'linear']).default('linear'),
  /** Else by how loud it is. */
  nearTalks: z.boolean().optional(),
  /** When the path last became another. */
  changedAtS: z.number().min(0).max(MOST_SECONDS).optional(),
  /** Else that of a room or of a line, by the kind. */
  tailMs: z.number().min(10).max(500).optional(),
});

/**
 * Scenes from a folder, one a folder in it: far.wav as it was sent, echo.wav and near.wav as they reach the telephone's
 * microphone or the hybrid, all mono, 16 bits, 8 or 16 kHz and of one length; and scene.json, see `DESCRIPTION`.
 * @throws Error that says which scene is not as it should be, and why
 */
export function readScenes(folder: string): (() => Scene)[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new Error(`${folder} is no folder`);
  const names = readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
  if (names.length === 0) throw new Error(`${folder} has no folders with scenes`);
  if (names.length > MOST_SCENES)
    throw new Error(`${folder} has ${names.length} scenes: ${MOST_SCENES} at most`);
  return names.map(name => () => readScene(join(folder, name), name));
}

function readScene(folder: string, name: string): Scene {
  try {
    const { kind, companding, nearTalks, changedAtS, tailMs } = readDescription(join(folder, 'scene.json'));
    const [far, echo, near] = ['far', 'echo', 'near'].map(part => readWav(join(folder, `${part}.wav`)));
    const rateHz = commonRate([far!, echo!, near!]);
    if (rateOf(companding, rateHz) !== rateHz) throw new Error(`${companding} does not run at ${rateHz} Hz`);
    const [farSamples, echoSamples, nearSamples] = [far, echo, near].map(wav => fromPcm(wav!.channels[0]!));
    const talks = nearTalks ?? isLoud(nearSamples!, rateHz);
    if (energyOf(farSamples!) === 0) throw new Error('far.wav is silent');
    if (energyOf(echoSamples!) === 0) throw new Error('echo.wav is silent');
    if (talks && energyOf(nearSamples!) === 0) throw new Error('near.wav is silent');
    const line = (samples: Float32Array) => ({ samples: compand(samples, companding), concealed: [] });
    return {
      name,
      kind,
      rateHz,
      far: farSamples!,
      ...receive(nearSamples!, echoSamples!, talks, line),
      changedAtS,
      tailMs: tailMs ?? (kind === 'room' || kind === 'distortion' ? ROOM_TAIL_MS : LINE_TAIL_MS),
    };
  } catch (cause) {
    throw new Error(`scene ${JSON.stringify(name)}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

function readDescription(file: string): z.infer<typeof DESCRIPTION> {
  if (statSync(file).size > MOST_JSON_BYTES) throw new Error('scene.json is too large');
  const parsed = DESCRIPTION.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(`scene.json: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function commonRate(parts: readonly ReturnType<typeof readWav>[]): Scene['rateHz'] {
  const [{ rateHz, channels }] = parts as [ReturnType<typeof readWav>];
  if (rateHz !== 8000 && rateHz !== 16_000) throw new Error(`${rateHz} Hz: 8000 or 16000 are needed`);
  const { length } = channels[0]!;
  for (const part of parts) {
    if (part.channels.length !== 1) throw new Error('a WAV file that is not mono');
    if (part.rateHz !== rateHz) throw new Error('WAV files of different rates');
    if (part.channels[0]!.length !== length) throw new Error('WAV files of different lengths');
  }
  const seconds = length / rateHz;
  if (seconds < LEAST_SECONDS || seconds > MOST_SECONDS) {
    throw new Error(`${seconds.toFixed(1)} s: ${LEAST_SECONDS} to ${MOST_SECONDS} s are needed`);
  }
  return rateHz;
}

function isLoud(samples: Float32Array, rateHz: number): boolean {
  return toDb(powerIn(samples, rateHz, activeWindows(samples, rateHz, 30))) > TALK_DB;
}
