import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { TrunklineError } from '../config/errors.ts';
import { writeSecretFile } from './secret_file.ts';

/** The keys of a node, 256 bits each. */
export interface KeyRing {
  /** Id of the key that seals; the others only open what they sealed before. */
  readonly current: string;
  readonly sealing: ReadonlyMap<string, Buffer>;
  /** Root of the blind indexes; it stays when sealing keys change, or nothing would be found again. */
  readonly index: Buffer;
}

const KEY_BYTES = 32;
const key = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=$/, `a key is ${KEY_BYTES} bytes in base64`)
  .transform(text => Buffer.from(text, 'base64'));

const keyFileSchema = z
  .strictObject({
    format: z.literal('trunkline-keys-1'),
    current: z.string(),
    sealing: z.record(z.string().regex(/^[a-z0-9]{1,16}$/), key),
    index: key,
  })
  .refine(file => file.sealing[file.current] !== undefined, 'the current key is not among the keys');

/** @throws TrunklineError KEY_INVALID naming what is wrong, never a key */
export function readKeyFile(file: string): KeyRing {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new TrunklineError('KEY_INVALID', `${file} ${missing ? 'is missing' : 'is not a key file'}`);
  }
  const result = keyFileSchema.safeParse(content);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new TrunklineError('KEY_INVALID', `${file}: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { current, sealing, index } = result.data;
  return { current, sealing: new Map(Object.entries(sealing)), index };
}

function newKey(): string {
  return randomBytes(KEY_BYTES).toString('base64');
}

/** Makes a key file (mode 0600) unless there is one; an unusable one is never replaced. */
export function ensureKeyFile(file: string): void {
  if (existsSync(file)) return;
  const content = { format: 'trunkline-keys-1', current: 'k1', sealing: { k1: newKey() }, index: newKey() };
  writeSecretFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
}
