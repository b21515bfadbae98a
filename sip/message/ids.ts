import { randomBytes } from 'node:crypto';
import { SIP_LIMITS } from '../limits.ts';

/** What a branch begins with when it names a transaction by itself (RFC 3261 §8.1.1.7). */
const MAGIC_COOKIE = 'z9hG4bK';

/** A branch that nobody can guess or meet twice: 96 random bits after the cookie (§8.1.1.7). */
export function newBranch(): string {
  return MAGIC_COOKIE + randomBytes(12).toString('hex');
}

/** A From or To tag of 64 random bits; §19.3 asks for 32. */
export function newTag(): string {
  return randomBytes(8).toString('hex');
}

/** A Call-ID of 128 random bits; it names no host (§8.1.1.4 allows, privacy asks). */
export function newCallId(): string {
  return randomBytes(16).toString('hex');
}

/** `callid` of §25.1, loosely: printable, without blanks, short enough to be a key. Compared byte by byte (§8.1.1.4). */
export function isCallId(text: string): boolean {
  return text.length <= SIP_LIMITS.identifierBytes && /^[\x21-\x7e]+$/.test(text);
}

/** Whether the branch identifies the transaction by RFC 3261's rules; the bare cookie does not. */
export function isTransactionBranch(branch: string | undefined): branch is string {
  return branch !== undefined && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE);
}
