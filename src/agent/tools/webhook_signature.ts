import { createHmac, timingSafeEqual } from 'node:crypto';

const PREFIX = 'whsec_';
const VERSION = 'v1';

/** Headers of a signed message (https://github.com/standard-webhooks/standard-webhooks, "Webhook Headers (Metadata)"). */
export interface SignedHeaders {
  readonly 'webhook-id': string;
  /** Seconds since 1970. */
  readonly 'webhook-timestamp': string;
  /** `v1,` and the HMAC-SHA256 over id, timestamp and body, in base64. */
  readonly 'webhook-signature': string;
}

/** `secret` is `whsec_` and base64, as the standard has it, or any other text, whose bytes are the key. */
export function signWebhook(secret: string, id: string, nowMs: number, body: string): SignedHeaders {
  const timestamp = String(Math.floor(nowMs / 1000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `${VERSION},${macOf(secret, id, timestamp, body).toString('base64')}`,
  };
}

/**
 * Whether a message was signed with the secret, no longer ago than the window, and not further ahead. Whoever takes it has to
 * remember its id for as long: within the window the same message may come again.
 */
export function isSignedWebhook(
  secret: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: string,
  { nowMs, windowMs }: { readonly nowMs: number; readonly windowMs: number },
): boolean {
  const {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures,
  } = headers as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return false;
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowMs - Number(timestamp) * 1000) > windowMs) return false;
  const mac = macOf(secret, id, timestamp, body);
  // Several while a secret is being changed.
  return signatures.split(' ', 8).some(signature => {
    const [version, text = ''] = signature.split(',', 2);
    const given = Buffer.from(text, 'base64');
    return version === VERSION && given.length === mac.length && timingSafeEqual(given, mac);
  });
}

function macOf(secret: string, id: string, timestamp: string, body: string): Buffer {
  const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : secret;
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
}
