import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { PipelineOverrides } from '../../pipeline/policy.ts';
import type { TurnEvent, TurnPolicy } from '../../pipeline/turn/turn_event.ts';
import type { ProviderFigures } from '../ipc/provider_figures.ts';
import type { LineEndReason, LineKind, LineStats } from '../lines/line.ts';
import type { MeasuredSeconds } from '../quality/measures.ts';
import type { LegFact, PersonOrder } from './bridge_legs.ts';

/** What both threads of a media process know of a call from its assignment on. */
export interface CallInfo {
  readonly callId: string;
  readonly tenantId: string;
  readonly slot: number;
  readonly rateHz: PipelineRateHz;
  readonly lineKind: LineKind;
  readonly direction: 'inbound' | 'outbound';
  /** Calling party as given by the line (E.164 or a room identity); personal data. */
  readonly from: string;
  readonly to: string;
  /** Call-ID of the SIP dialog, where the line is one; personal data. */
  readonly sipCallId?: string;
  readonly workflow: string;
  /** What the caller has to key in first. Secret. */
  readonly pin?: string;
  /** Where the line is in a room of LiveKit. */
  readonly room?: string;
  /** By which a phone call came, and what its headers said of it; personal data. */
  readonly trunk?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Wall clock at assignment, milliseconds since the epoch; the only time of day a call carries. */
  readonly assignedAtMs: number;
  /** The call goes on from here: its media process was lost, for the so-manieth time. */
  readonly resume?: { readonly times: number; readonly checkpoint: string | null };
}

/** Audio thread → talk thread, about a call. Plain data only. */
export type ToCall =
  /** The line is up in both directions: greet now. */
  | { readonly type: 'answered'; readonly call: CallInfo }
  | { readonly type: 'turn'; readonly slot: number; readonly event: TurnEvent }
  | { readonly type: 'dtmf'; readonly slot: number; readonly digit: string; readonly atMs: number }
  /** The first frame of a stretch of speech went to the line; `position` counts as in SlotView.speech. */
  | {
      readonly type: 'playoutStarted';
      readonly slot: number;
      readonly position: number;
      readonly atMs: number;
    }
  /** Everything written so far was played. */
  | {
      readonly type: 'playoutDrained';
      readonly slot: number;
      readonly position: number;
      readonly atMs: number;
    }
  /** A fact about a further leg, for the record. */
  | { readonly type: 'leg'; readonly slot: number; readonly fact: LegFact }
  /** The edge has refused to call a person. */
  | { readonly type: 'legRefused'; readonly slot: number; readonly legId: string }
  /** The edge has the checkpoint of that number: whoever goes on with the call knows of it. */
  | { readonly type: 'checkpointKept'; readonly slot: number; readonly number: number }
  /** Others have taken over: the conversation is at its end, and the call goes on. */
  | { readonly type: 'agentLeft'; readonly slot: number }
  /** What the last seconds sounded like, for the record. */
  | { readonly type: 'measured'; readonly slot: number; readonly measured: MeasuredSeconds }
  /** The line is gone; the slot stays until `released`. */
  | {
      readonly type: 'lineEnded';
      readonly slot: number;
      readonly reason: LineEndReason;
      readonly atMs: number;
      readonly stats: LineStats;
    };

/** Audio thread → talk thread. */
export type ToTalk =
  | ToCall
  /** A call of which the spool of a dead process tells is over, or lives on elsewhere. */
  | { readonly type: 'orphanFate'; readonly callId: string; readonly isLost: boolean }
  /** Which versions of workflows new calls begin with is to be read again. */
  | { readonly type: 'workflowsChanged' }
  /** No more calls come: end those that are left, give everything back and end the thread. */
  | { readonly type: 'stop' };

/** Talk thread → audio thread. */
export type ToAudio =
  /** First message: workflows, voice and spool are there, calls may come. */
  | { readonly type: 'ready' }
  | { readonly type: 'policy'; readonly slot: number; readonly policy: TurnPolicy }
  /** What the call's workflow says of its sound. */
  | { readonly type: 'pipeline'; readonly slot: number; readonly overrides: PipelineOverrides }
  /** Cut the agent's speech of that generation now; when it has been cut meanwhile, nothing happens. */
  | { readonly type: 'cut'; readonly slot: number; readonly generation: number }
  /** What the agent was held for, that time, asked for nothing. */
  | { readonly type: 'goOn'; readonly slot: number; readonly hold: number }
  /** Hang up after what is queued has been played (`drain`) or at once. */
  | { readonly type: 'hangUp'; readonly slot: number; readonly drain: boolean }
  /** About a person whom the workflow wants in the call. */
  | { readonly type: 'person'; readonly slot: number; readonly order: PersonOrder }
  /** What another media process needs to go on with the call. */
  | {
      readonly type: 'checkpoint';
      readonly slot: number;
      readonly callId: string;
      readonly checkpoint: string;
      /** Counts those of the call in this process, from 1. */
      readonly number: number;
    }
  /** A call that this process had when it died; what became of it is for the edge to say. */
  | { readonly type: 'orphan'; readonly callId: string }
  /** What the providers do, for whoever looks at the node. */
  | { readonly type: 'providers'; readonly figures: ProviderFigures }
  /** New calls begin with the versions of that change, but for these workflows. */
  | { readonly type: 'workflowsInForce'; readonly seq: number; readonly failed: readonly string[] }
  /** Whether the spool has room for what further calls would tell; until told, it has. */
  | { readonly type: 'spool'; readonly full: boolean }
  /** The talk thread has let go of the slot: it may be zeroed and used again. */
  | { readonly type: 'released'; readonly slot: number };
