import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { TrunklineError } from './errors.ts';
import { configSchema } from './schema.ts';

const runtimeSchema = z.strictObject({
  /** Folder of the project. */
  project: z.string().min(1),
  /** Where the hub listens. */
  socketPath: z.string().min(1),
  /** With every URL, secret and count filled in. */
  config: configSchema,
  /** LiveKit was started by this node: no other node answers its calls. */
  ownsLiveKit: z.boolean(),
});

/** What the supervisor hands to every role and thread, by a file that only its owner reads: it holds secrets. */
export type Runtime = z.infer<typeof runtimeSchema>;

/** @throws TrunklineError CONFIG_INVALID when the file is missing or not one of this version */
export function readRuntime(file: string): Runtime {
  try {
    return runtimeSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new TrunklineError('CONFIG_INVALID', `${file} is not the runtime file of a running node`, {
      cause,
    });
  }
}
