/** What the page reads of the node's resources and events (see /openapi.json). */

export interface Latency {
  readonly turn: number;
  readonly lastSoundMs: number;
  readonly endOfTurnMs: number;
  readonly sttFinalMs: number;
  readonly firstTokenMs?: number | null;
  readonly firstWordMs: number;
  readonly firstAudioMs: number;
  readonly firstFrameMs: number;
  readonly heardBy?: AnsweredBy | null;
  readonly thoughtBy?: AnsweredBy | null;
  readonly spokenBy?: AnsweredBy | null;
}

export interface AnsweredBy {
  readonly provider: string;
  readonly ms: number;
  /** Who went on with it where that one failed, in order. */
  readonly wentOn?: readonly string[];
}

/** The same, as it is told when the answer is over. */
export interface TakenOver {
  readonly turn: number;
  readonly thought: readonly string[];
  readonly spoke: readonly string[];
}

/** Milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

/** How one provider did in the turns of many calls. */
export interface ProviderTurns {
  readonly role: 'heard' | 'thought' | 'spoke';
  readonly provider: string;
  readonly turns: number;
  /** From when it was asked to its final, first token or first sound. */
  readonly answerMs: Percentiles;
  /** Of the same turns, from the caller's last sound to the first of the answer. */
  readonly voiceToVoiceMs: Percentiles;
}

/** What the call used one provider for. */
export interface Cost {
  readonly kind: 'stt' | 'llm' | 'tts' | 'speech';
  readonly provider: string;
  readonly requests: number;
  readonly audioMs: number;
  readonly characters: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costMicroUsd: number;
  readonly isEstimated: boolean;
}

export interface Turn {
  readonly turn: number;
  readonly speaker: 'agent' | 'caller';
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly interrupted: boolean | null;
  readonly confidence: number | null;
}

export interface Quote {
  readonly currency: string;
  readonly lines: readonly { readonly label: string; readonly amountCents: number }[];
  readonly totalCents: number;
  readonly distanceMiles: number;
  readonly booked: boolean;
}

export interface Slot {
  readonly slot: string;
  readonly value: string | number | boolean;
  readonly confirmed: boolean;
}

export interface Recording {
  readonly url: string;
  readonly durationMs: number | null;
  readonly bytes: number | null;
  /** Null while it is kept. */
  readonly deletedAt: string | null;
}

export interface CallSummary {
  readonly callId: string;
  readonly state: string;
  readonly room: string | null;
  readonly from: string | null;
  readonly lineKind: 'room' | 'trunk' | 'stream' | 'chat' | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly outcome: string | null;
  readonly durationMs: number | null;
}

export interface Call extends CallSummary {
  readonly turns: readonly Turn[];
  readonly latencies: readonly Latency[];
  readonly costs: readonly Cost[];
  readonly slots: readonly Slot[];
  readonly quotes: readonly Quote[];
  readonly recordings: readonly Recording[];
}

interface EventOf<Type extends string, Detail> {
  readonly callId: string;
  readonly type: Type;
  readonly detail: Detail;
}

export type CallEvent =
  | EventOf<'call.started', { readonly room: string }>
  | EventOf<'turn.agent', Omit<Turn, 'speaker' | 'confidence'>>
  | EventOf<'turn.caller', Omit<Turn, 'speaker' | 'interrupted'>>
  | EventOf<'turn.latency', Latency>
  | EventOf<'turn.takenOver', TakenOver>
  | EventOf<'consent.recorded', { readonly granted: boolean }>
  | EventOf<'slot.set', Slot>
  | EventOf<'quote.made', Quote>
  | EventOf<'call.ended', { readonly reason: string }>;
