import type { Config } from '../config/schema.ts';
import type { Stt } from '../providers/types.ts';
import type { FlowState } from '../workflow/types.ts';
import type { ActDesk } from './acts.ts';
import type { CallRecord } from './call_record.ts';
import type { InterjectionEar } from './interjection.ts';
import type { After, CallAudio, CallRecording, PersonLine } from './ports.ts';
import type { Responder } from './responder.ts';
import type { ConversationState } from './resumption.ts';
import type { StepHistory } from './step_history.ts';
import type { Voice } from './voice.ts';

/** What a conversation works with. */
export interface ConversationParts {
  readonly audio: CallAudio;
  readonly stt: Stt;
  /** For what is said in short over the agent. */
  readonly interjections: InterjectionEar;
  readonly voice: Voice;
  readonly responder: Responder;
  /** Where a conversation with it begins. */
  readonly initial: FlowState;
  readonly record: CallRecord;
  readonly recording: CallRecording;
  /** Left out where no person can be called. */
  readonly people?: PersonLine | undefined;
  /** Left out where the workflow uses no tools by itself. */
  readonly acts?: ActDesk | undefined;
  readonly after: After;
  readonly turn: Config['turn'];
  /** Today where the business is, as YYYY-MM-DD. */
  todayIso(): string;
  /** Another process had this conversation before, and left it so. */
  readonly resumed?: ConversationState | undefined;
  /** Left out where nobody is to do the call's steps once more. */
  readonly history?: Pick<StepHistory, 'stood'> | undefined;
  /** `state` is another, and all that happened is written down. */
  onProgress(): void;
  /** The workflow's state is this from now on. */
  onState?(state: FlowState): void;
  /** Told of what went wrong, once a failure. */
  onFault(error: unknown): void;
}
