/** Of a tool; where it is held the last piece of its arguments never comes. */
export interface SpokenCall {
  readonly name: string;
  readonly arguments: string;
  readonly isHeld?: boolean;
}

/** What the model says to one turn: a word lasts `wordMs`, as a square wave that no other word of the answer has. */
export interface SpokenScript {
  /** What is written down of the caller; undefined: nothing, ever. */
  readonly heard?: string | undefined;
  readonly words?: readonly string[];
  readonly wordMs?: number;
  readonly call?: SpokenCall;
  readonly calls?: readonly SpokenCall[];
  /** Says so many words and then no more, until `release` is called. */
  readonly holdAfter?: number;
  /** The transcript comes when the answer is over. */
  readonly isLate?: boolean;
}

export type SpeechFault =
  | { readonly type: 'status'; readonly status: number; readonly retryAfterS?: number }
  /** The handshake is never answered. */
  | { readonly type: 'deaf' }
  /** When sound comes; mute is who answers no pings either. */
  | { readonly type: 'mute' | 'killedWhileHearing' }
  /** When the turn is committed. */
  | { readonly type: 'silent' | 'killed' | 'garbage' | 'notAnEvent' | 'noAnswer' | 'notTranscribed' }
  | { readonly type: 'error'; readonly error: { readonly type: string; readonly code: string | null } }
  /** The response fails, or is cut off by the far end itself; with its limits used up for so long. */
  | { readonly type: 'failed'; readonly code: string; readonly resetS?: number }
  | { readonly type: 'cancelled' | 'empty' }
  /** In mid-answer, after its second word. */
  | { readonly type: 'killedInAnswer' | 'stalled' | 'badSound' | 'endless' }
  /** Cut off by the far end, or by its limit, when all was said and called. */
  | { readonly type: 'cancelledBehindCall' | 'incomplete' }
  /** Samples are cut in two, one byte in this message and one in the next. */
  | { readonly type: 'oddBytes' }
  /** Sound before the response is told of, the transcript before the item. */
  | { readonly type: 'wrongOrder' };

/** What a session remembers, as its model would see it. */
export interface Remembered {
  readonly role: 'user' | 'assistant' | 'system' | 'call' | 'output';
  readonly text: string;
  readonly soundMs: number;
}

const RATE_HZ = 24_000;
const AMPLITUDE = 6_000;
/** Between two words nobody speaks. */
const GAP_MS = 20;

export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** 16-bit samples of an append event. */
export function bytesOf(audio: unknown): Buffer {
  if (typeof audio !== 'string') throw new Refusal('invalid_value', 'audio');
  const bytes = Buffer.from(audio, 'base64');
  if (bytes.length === 0 || bytes.length % 2 !== 0 || bytes.toString('base64') !== audio)
    throw new Refusal('invalid_value', 'audio');
  return bytes;
}

/** A word as sound: a square wave, and a moment of silence. */
export function wordBytes(word: string, wordMs: number): Buffer {
  const samples = new Int16Array((wordMs * RATE_HZ) / 1000);
  const half = 20 + (word.length % 8) * 4;
  const voiced = samples.length - (GAP_MS * RATE_HZ) / 1000;
  for (let at = 0; at < voiced; at += 1)
    samples[at] = Math.floor(at / half) % 2 === 0 ? AMPLITUDE : -AMPLITUDE;
  return Buffer.from(samples.buffer);
}
