import type { Measure } from '../quality/measures.ts';
import type { EventDetail } from './events.ts';
import type { DeletionView } from './recording_deletions.ts';

/** What readers of the store are given: opened, with times in ISO 8601 (UTC) or media milliseconds since answer. */

export type CallState =
  | 'INITIATED'
  | 'RINGING'
  | 'CONNECTED'
  | 'VOICEMAIL_PENDING'
  | 'VOICEMAIL'
  | 'RETRY_SCHEDULED'
  | 'COMPLETED'
  | 'FAILED';

/** Nulls stand for what has not happened yet, or whose event was lost. */
export interface CallView {
  readonly callId: string;
  readonly state: CallState;
  readonly direction: 'inbound' | 'outbound' | null;
  readonly lineKind: 'room' | 'trunk' | 'stream' | 'chat' | null;
  readonly from: string | null;
  readonly to: string | null;
  /** Call-ID of the SIP dialog. */
  readonly sipCallId: string | null;
  readonly workflow: string | null;
  readonly workflowVersion: string | null;
  /** Whether it tried a version that was not live for all. */
  readonly canary: boolean | null;
  readonly room: string | null;
  readonly trunk: string | null;
  /** What the trunk's headers said of the call, by the names that the configuration gives them. */
  readonly attributes: Readonly<Record<string, string>> | null;
  readonly startedAt: string;
  readonly answeredAt: string | null;
  readonly endedAt: string | null;
  readonly endReason: string | null;
  readonly outcome: string | null;
  readonly durationMs: number | null;
  readonly framesConcealed: number | null;
  readonly framesDropped: number | null;
}

export interface TurnView {
  readonly turn: number;
  readonly speaker: 'agent' | 'caller';
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Agent's turns only. */
  readonly interrupted: boolean | null;
  /** Caller's turns only. */
  readonly confidence: number | null;
}

/** A provider by its name in the configuration, and how long it took from when it was asked. */
interface AnsweredByView {
  readonly provider: string;
  readonly ms: number;
  /** Who went on with it where that one failed, in order. */
  readonly wentOn: readonly string[];
}

export interface LatencyView {
  readonly turn: number;
  readonly lastSoundMs: number;
  readonly endOfTurnMs: number;
  readonly sttFinalMs: number;
  /** Null where no model answered. */
  readonly firstTokenMs: number | null;
  readonly firstWordMs: number;
  readonly firstAudioMs: number;
  readonly firstFrameMs: number;
  /** Who told what the caller said, thought of the answer and spoke it; null where nobody was asked. */
  readonly heardBy: AnsweredByView | null;
  readonly thoughtBy: AnsweredByView | null;
  readonly spokenBy: AnsweredByView | null;
}

/** What a call used one provider for, all that was told of it together. */
export type CallCostView = EventDetail<'call.used'>['uses'][number];

/** Milliseconds. */
interface PercentilesView {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

/** How one provider did in the turns of many calls. */
export interface ProviderTurnsView {
  readonly role: 'heard' | 'thought' | 'spoke';
  readonly provider: string;
  readonly turns: number;
  /** From when it was asked to its final, first token or first sound. */
  readonly answerMs: PercentilesView;
  /** Of the same turns, from the caller's last sound to the first frame of the answer. */
  readonly voiceToVoiceMs: PercentilesView;
}

export interface SlotValueView {
  readonly slot: string;
  readonly value: string | number | boolean;
  readonly confirmed: boolean;
  readonly sensitive: boolean;
  readonly setAt: string;
}

export interface QuoteView {
  readonly quoteId: string;
  readonly callId: string;
  readonly madeAt: string;
  readonly currency: string;
  readonly lines: readonly { readonly label: string; readonly amountCents: number }[];
  readonly totalCents: number;
  readonly distanceMiles: number;
  readonly booked: boolean;
}

export interface ConsentView {
  readonly kind: string;
  readonly granted: boolean;
  readonly mediaMs: number;
  readonly givenAt: string;
}

export interface HandOffView {
  /** Workflows. */
  readonly from: string;
  readonly to: string;
  /** Of the one that goes on. */
  readonly version: string;
  readonly mediaMs: number;
}

export interface RecordingView {
  /** Below the recordings folder. */
  readonly file: string;
  /** Media time of its first sample. */
  readonly startMs: number | null;
  readonly rateHz: number | null;
  /** Null while it goes on. */
  readonly durationMs: number | null;
  readonly bytes: number | null;
  /** Null while it is kept. */
  readonly deletedAt: string | null;
}

/** Mean opinion scores (ITU-T G.107) of one way, over the seconds in which they are known. */
interface WayQualityView {
  readonly mosMean: number | null;
  readonly mosLeast: number | null;
}

/** What the measured seconds of a call come to. */
export interface QualitySummaryView {
  readonly seconds: number;
  /** From the caller to the agent. */
  readonly caller: WayQualityView;
  /** From the agent to the caller. */
  readonly agent: WayQualityView;
  readonly talkOverMs: number;
  readonly deadAirMs: number;
  readonly clippedSamples: number;
  readonly concealedFrames: number;
  /** The second with the lowest score of either way. */
  readonly worst: { readonly atMs: number; readonly mos: number } | null;
}

/** Seconds of a call as columns: one value a second, at the media times of `atMs`. */
export interface QualityView {
  /** Of the whole call; null for one of which no second was measured. */
  readonly summary: QualitySummaryView | null;
  readonly atMs: readonly number[];
  readonly measures: Readonly<Record<Measure, readonly (number | null)[]>>;
  /** Media time of the first second that follows; null behind the last. */
  readonly nextMs: number | null;
}

export interface CallDetailView extends CallView {
  readonly turns: readonly TurnView[];
  readonly latencies: readonly LatencyView[];
  /** What providers were used for, by kind and name. */
  readonly costs: readonly CallCostView[];
  readonly slots: readonly SlotValueView[];
  readonly quotes: readonly QuoteView[];
  readonly consents: readonly ConsentView[];
  readonly recordings: readonly RecordingView[];
  /** Proofs of what was deleted of them, oldest first. */
  readonly deletions: readonly DeletionView[];
  /** Nothing of it is forgotten for now. */
  readonly isHeld: boolean;
  readonly handOffs: readonly HandOffView[];
  /** Whether it is known what crossed the wire. */
  readonly hasLadder: boolean;
  /** Null for a call of which no second was measured. */
  readonly quality: QualitySummaryView | null;
}
