import { setTimeout as pause } from 'node:timers/promises';
import { ProviderFault } from '../../src/providers/provider_fault.ts';
import type { Expectation, Recognition, Stt } from '../../src/providers/types.ts';
import type { StandaloneCheck } from './conformance.ts';
import type { ScriptCue, ScriptedWord, SpeechFault } from './servers/scripted_words.ts';
import { scriptedWords } from './servers/scripted_words.ts';

export const KEY = 'key-that-nobody-may-see';
export const ANYTHING: Expectation = { id: 'anything', jsgf: '' };
const WAIT_MS = 60_000;
const MS_PER_WORD = 200;

/** What a check may do to a server of the test tree. */
export interface ServerControls {
  readonly url: string;
  script: (cue: ScriptCue) => readonly ScriptedWord[] | undefined;
  fault: (connection: number) => SpeechFault | undefined;
  finalDelayMs: () => number;
  idleMs: number;
  rates: readonly number[];
  readonly requests: readonly { readonly url: string }[];
  readonly openConnections: number;
  readonly audioBytes: number;
  killAll(): void;
  close(): Promise<void>;
}

/** Of those that the provider knows; the others are left out. */
export interface RigTimes {
  readonly connectMs?: number;
  readonly pingMs?: number;
  readonly stalledMs?: number;
  readonly stalledAudioMs?: number;
  readonly answerMs?: number;
  readonly silentMs?: number;
  readonly finalMs?: number;
  readonly keepAliveMs?: number;
  readonly idleMs?: number;
}

/** One provider, to be checked against a server of its own, or against the real service. */
export interface StreamingSttRig {
  readonly name: string;
  /** How long something that is bound to happen may take. */
  readonly patienceMs?: number;
  start(settings?: { readonly key?: string; readonly times?: RigTimes }): Promise<Running>;
}

export interface Running {
  readonly stt: Stt;
  /** Undefined for the real service. */
  readonly server: ServerControls | undefined;
  /** Sound in which this is said, at 16 kHz. */
  say(text: string): Promise<Int16Array>;
  close(): Promise<void>;
}

/** A rig with a server that is told what is said: each utterance is known by the value of its samples. */
export function scriptedRig(
  name: string,
  startServer: () => Promise<ServerControls>,
  create: (options: { readonly url: string; readonly apiKey: string; readonly times: RigTimes }) => Stt,
): StreamingSttRig {
  return {
    name,
    async start({ key = KEY, times = {} } = {}) {
      const server = await startServer();
      const said: (readonly ScriptedWord[])[] = [];
      server.script = ({ head }) => said[(head[0] ?? 0) - 1] ?? [];
      const stt = create({ url: server.url, apiKey: key, times });
      return {
        stt,
        server,
        async say(text) {
          const words = scriptedWords(text, { msPerWord: MS_PER_WORD });
          return new Int16Array(16 * Math.max(1_000, words.length * MS_PER_WORD + 100)).fill(
            said.push(words),
          );
        },
        async close() {
          await stt.close();
          await server.close();
        },
      };
    },
  };
}

/** One thing that is asked of a rig; each check stands alone and throws when it is not met. */
export interface StreamingSttCheck extends StandaloneCheck {
  /** Its server is told what to do: it can't be run against the real service. */
  readonly needsServer?: boolean;
  run(rig: StreamingSttRig): Promise<void>;
}

/** With a provider that is closed afterwards, whatever happens. */
export async function using(
  rig: StreamingSttRig,
  settings: Parameters<StreamingSttRig['start']>[0],
  check: (running: Running & { readonly server: ServerControls }) => Promise<void>,
): Promise<void> {
  const running = await rig.start(settings);
  try {
    await check(running as Running & { readonly server: ServerControls });
  } finally {
    await running.close();
  }
}

/** Says it to the end and gives the final. */
export function hear(
  stt: Stt,
  pcm: Int16Array,
  {
    rateHz = 16_000,
    hints = [],
  }: { readonly rateHz?: 8000 | 16000; readonly hints?: readonly string[] } = {},
): Promise<Recognition> {
  const session = stt.open({ rateHz, expect: { ...ANYTHING, hints } });
  writeAll(session, pcm);
  return session.finish();
}

/** Half a second at once, as it is when somebody begins to speak, then pieces of odd lengths. */
export function writeAll(session: { write(pcm: Int16Array): void }, pcm: Int16Array): void {
  const preRoll = 8_000;
  // As callers do, always from the same buffer.
  const buffer = new Int16Array(preRoll);
  for (let at = 0, length = preRoll; at < pcm.length; at += length, length = 333) {
    const piece = pcm.subarray(at, at + length);
    buffer.set(piece);
    session.write(buffer.subarray(0, piece.length));
    buffer.fill(-1);
    length = piece.length;
  }
}

export async function until(condition: () => boolean, what: string, mostMs = WAIT_MS): Promise<void> {
  const endMs = performance.now() + mostMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`);
    await pause(5);
  }
}

export async function faultOf(promise: Promise<unknown>): Promise<ProviderFault> {
  const outcome = await promise.then(
    () => 'went well',
    (error: unknown) => error,
  );
  if (outcome instanceof ProviderFault) return outcome;
  throw new Error(`no fault of a provider: ${String(outcome)}`);
}
