/** One word of a scripted utterance. */
export interface ScriptedWord {
  readonly word: string;
  /** Within the utterance's sound. */
  readonly startMs: number;
  readonly endMs: number;
  readonly confidence: number;
  /** What is heard at first, until the final. */
  readonly misheard?: string;
}

/** Words one after the other, each as long as the others. */
export function scriptedWords(
  text: string,
  { msPerWord = 200, confidence = 0.9 }: { msPerWord?: number; confidence?: number } = {},
): readonly ScriptedWord[] {
  const words = text.split(' ').filter(word => word !== '');
  return words.map((word, at) => ({
    word,
    startMs: at * msPerWord,
    endMs: (at + 1) * msPerWord,
    confidence,
  }));
}

/** Milliseconds about `medianMs`, log-normal: `sigma` 0.5 means one in twenty takes more than twice as long. */
export function logNormalMs(
  medianMs: number,
  sigma: number,
  random: () => number = Math.random,
): () => number {
  return () => {
    const [a, b] = [1 - random(), random()];
    return medianMs * Math.exp(sigma * Math.sqrt(-2 * Math.log(a)) * Math.cos(2 * Math.PI * b));
  };
}

/** What goes wrong on a connection, and when: at its handshake, when sound comes, or when the final is asked for. */
export type SpeechFault =
  | { readonly type: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** The handshake is never answered. */
  | { readonly type: 'noHandshake' }
  /** Takes everything and says nothing, not even to pings. */
  | { readonly type: 'mute'; readonly at: FaultPoint }
  /** Answers pings, but nothing else. */
  | { readonly type: 'stall'; readonly at: FaultPoint }
  | { readonly type: 'text'; readonly at: FaultPoint; readonly text: string }
  | { readonly type: 'bytes'; readonly at: FaultPoint; readonly bytes: Uint8Array }
  /** Half of the next message of words. */
  | { readonly type: 'truncate' }
  /** The connection is reset. */
  | { readonly type: 'kill'; readonly at: FaultPoint }
  | { readonly type: 'close'; readonly at: FaultPoint; readonly code: number; readonly reason: string };

export type FaultPoint = 'audio' | 'final';

/** An utterance that begins: `order` counts all of the server, `head` is its first sound. */
export interface ScriptCue {
  readonly order: number;
  readonly connection: number;
  readonly head: Int16Array;
}
