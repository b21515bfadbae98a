import type { CodecName } from '../wire/codec.ts';
import type { EchoPath } from './echo_path.ts';

/** What the caller's side does while the agent speaks. */
export const EVENT_CLASSES = [
  'sentence',
  'command',
  'sentenceInEcho',
  'backchannel',
  'noise',
  'television',
  'secondVoice',
  'echoOnly',
] as const;
export type EventClass = (typeof EVENT_CLASSES)[number];

/** The agent is to stop for these, and for nothing else. */
const INTERRUPTIONS: ReadonlySet<EventClass> = new Set(['sentence', 'command', 'sentenceInEcho']);
/** The caller goes on speaking for a second and more. */
const CONTINUING: ReadonlySet<EventClass> = new Set(['sentence', 'sentenceInEcho']);
/** Heard only beside the agent's own voice that comes back. */
const IN_ECHO: ReadonlySet<EventClass> = new Set(['sentenceInEcho', 'echoOnly']);
/** Over by themselves; what else disturbs goes on in the background. */
const BRIEF: ReadonlySet<EventClass> = new Set(['backchannel', 'noise']);

export function isInterruption(kind: EventClass): boolean {
  return INTERRUPTIONS.has(kind);
}

export function isContinuing(kind: EventClass): boolean {
  return CONTINUING.has(kind);
}

export function isInEcho(kind: EventClass): boolean {
  return IN_ECHO.has(kind);
}

export function isBrief(kind: EventClass): boolean {
  return BRIEF.has(kind);
}

export const EVENT_RATE_HZ = 16_000;

/** One event: what is heard of the caller's side while the agent speaks. */
export interface BargeInEvent {
  readonly kind: EventClass;
  /** Whose voice, or what noise. */
  readonly source: string;
  /** What is said, where it is known. */
  readonly text: string;
  /** 16-bit, mono, 16 kHz; begins with the first sound. */
  readonly pcm: Int16Array;
  /** So long has the agent been heard when it begins. */
  readonly afterMs: number;
}

/** An event as it was sent. Times in milliseconds of the call. */
export interface Trial {
  readonly event: BargeInEvent;
  /** When the packet with its first sound was sent. */
  readonly onsetMs: number;
  /** End of its last sound. */
  readonly endMs: number;
}

/** One call: its events one after the other, on one line. */
export interface CallPlan {
  readonly codec: CodecName;
  /** By which the agent's voice comes back; undefined: not at all. */
  readonly echo: EchoPath | undefined;
  /** Goes on beneath all events, round and round; 16-bit, 16 kHz. */
  readonly background: Int16Array | undefined;
  /** Of the line's own noise, in dB of full scale. */
  readonly noiseDbfs: number;
  /** What is drawn by chance in the call follows from it. */
  readonly seed: number;
  readonly events: readonly BargeInEvent[];
}

/** How long an event is heard. */
export function lengthMsOf({ pcm }: BargeInEvent): number {
  return (pcm.length * 1000) / EVENT_RATE_HZ;
}
