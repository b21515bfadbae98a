import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';
import { TrunklineError } from '../config/errors.ts';
import { type KeyRing, readKeyFile } from './key_file.ts';

/**
 * Where a sealed value belongs. It is authenticated with the value (as additional data), so that a ciphertext moved
 * to another tenant, record or field does not open there.
 */
export interface SealPlace {
  readonly tenantId: string;
  /** The record, such as a call's id. */
  readonly record: string;
  /** The kind of value, such as `turn.caller.text`. */
  readonly field: string;
}

/** A kind of value that is looked up by equality while it is sealed; tenants and kinds don't share indexes. */
interface IndexPlace {
  readonly tenantId: string;
  readonly kind: 'number' | 'name' | 'id';
}

/** Personal data at rest: AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces under versioned keys. */
export interface Vault {
  /** Text of any length to `v1.<key id>.<base64url of nonce, ciphertext, tag>`. */
  seal(plain: string, place: SealPlace): string;
  /** @throws TrunklineError SEAL_BROKEN when the key, the place or the text is not the one that was sealed */
  open(sealed: string, place: SealPlace): string;
  /** 32 hex digits, equal for values that are equal once normalised: HMAC-SHA-256 cut to 128 bits. */
  blindIndex(value: string, place: IndexPlace): string;
  /** The key that seals from now on. */
  readonly keyId: string;
}

const SEALED = /^v1\.([a-z0-9]{1,16})\.([A-Za-z0-9_-]{38,})$/;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NONCES_AT_ONCE = 64;
const INDEX_HEX_DIGITS = 32;

/** @throws TrunklineError KEY_INVALID when the file is missing or not a key file */
export function openVault(keyFile: string): Vault {
  return createVault(readKeyFile(keyFile));
}

export function createVault(keys: KeyRing): Vault {
  // Made once: to take a key in costs more than to seal a sentence.
  const sealing = new Map([...keys.sealing].map(([id, key]) => [id, createSecretKey(key)]));
  const current = sealing.get(keys.current);
  if (current === undefined) throw new TrunklineError('KEY_INVALID', `no key ${keys.current}`);
  const nextNonce = nonces();
  return {
    keyId: keys.current,
    seal(plain, place) {
      const nonce = nextNonce();
      const cipher = createCipheriv('aes-256-gcm', current, nonce);
      cipher.setAAD(additionalData(keys.current, place));
      const body = [nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return `v1.${keys.current}.${Buffer.concat(body).toString('base64url')}`;
    },
    open(sealed, place) {
      const [, keyId = '', body = ''] = SEALED.exec(sealed) ?? [];
      const key = sealing.get(keyId);
      if (key === undefined) throw new TrunklineError('SEAL_BROKEN', `${place.field}: no key opens it`);
      return decipher(Buffer.from(body, 'base64url'), key, keyId, place);
    },
    blindIndex(value, { tenantId, kind }) {
      const key = hkdfSync('sha256', keys.index, '', `trunkline index\0${tenantId}\0${kind}`, 32);
      const mac = createHmac('sha256', Buffer.from(key)).update(normalise[kind](value)).digest('hex');
      return mac.slice(0, INDEX_HEX_DIGITS);
    },
  };
}

/** Random nonces, each given once and good until the next is asked for; drawn many at a time, since each draw is a call of its own. */
function nonces(): () => Buffer {
  const block = Buffer.alloc(NONCES_AT_ONCE * NONCE_BYTES);
  let at = block.length;
  return () => {
    if (at === block.length) {
      randomFillSync(block);
      at = 0;
    }
    at += NONCE_BYTES;
    return block.subarray(at - NONCE_BYTES, at);
  };
}

function decipher(bytes: Buffer, key: KeyObject, keyId: string, place: SealPlace): string {
  try {
    const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    cipher.setAAD(additionalData(keyId, place));
    cipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
    return Buffer.concat([cipher.update(body), cipher.final()]).toString('utf8');
  } catch (cause) {
    throw new TrunklineError('SEAL_BROKEN', `${place.field} of ${place.record}`, { cause });
  }
}

/** JSON keeps the parts apart whatever they contain. */
function additionalData(keyId: string, { tenantId, record, field }: SealPlace): Buffer {
  return Buffer.from(JSON.stringify(['trunkline seal', keyId, tenantId, record, field]));
}

const normalise: Readonly<Record<IndexPlace['kind'], (value: string) => string>> = {
  number: normaliseNumber,
  name: normaliseName,
  id: value => value,
};

/**
 * A dialled or displayed number as in E.164: `+1 (555) 010-0123`, `tel:+15550100123`, `sip:+15550100123@host` and
 * `0015550100123` are one. What holds no number, such as a browser's identity, is compared as a name.
 */
export function normaliseNumber(value: string): string {
  const user = value
    .trim()
    .replace(/^(sips?|tel):/i, '')
    .replace(/[;@].*$/, '');
  if (!/^[+\d\s().\-/]+$/.test(user)) return normaliseName(value);
  const digits = user.replace(/\D/g, '');
  if (user.trimStart().startsWith('+')) return `+${digits}`;
  return digits.startsWith('00') ? `+${digits.slice(2)}` : digits;
}

/** Letters without case, accents, punctuation or spacing: `José  García-Ruiz` is `jose garcia ruiz`. */
export function normaliseName(value: string): string {
  return value
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
