import type { After } from '../agent/ports.ts';
import type { ToolRunner } from '../agent/tools/tool_runner.ts';
import type { Logger } from '../observe/log.ts';
import type { Llm } from '../providers/types.ts';
import type { ChatStore } from '../store/chats.ts';
import type { KeptStates } from '../store/kept_states.ts';
import type { Queries } from '../store/queries.ts';
import type { RecordingConsent } from '../workflow/engine/draft.ts';
import type { Flow } from '../workflow/types.ts';
import type { VersionsOfCall } from '../workflow/versions/call_flows.ts';

/** What chats work with. */
export interface ChatParts {
  readonly store: ChatStore;
  /** Chats and calls that broke off; without it none is taken up. */
  readonly states?: Pick<KeptStates, 'claim'>;
  readonly record: Pick<Queries, 'getCall'>;
  /** Whose idle chats are ended here. */
  readonly tenantId: string;
  /**
   * A workflow as the chat has it: in the versions named, where it has begun.
   * @throws TrunklineError WORKFLOW_UNKNOWN or WORKFLOW_INVALID
   */
  loadFlow(name: string, chatId: string, versions?: VersionsOfCall): Promise<ChatFlow>;
  /** Of the configuration, with which flows are made; ask by default. */
  readonly recordingConsent?: RecordingConsent;
  /** Asked before each answer that a model is to give; undefined where none is configured. */
  openModel(): Promise<Llm | undefined>;
  /** For models that call some. */
  readonly tools?: ToolRunner | undefined;
  readonly after: After;
  readonly log: Logger;
  /** Wall clock, milliseconds since the epoch. */
  nowMs(): number;
  /** Lower in tests. */
  readonly limits?: Partial<ChatLimits>;
}

export interface ChatFlow extends Flow {
  /** It is a version that not all chats begin with. */
  readonly isTried?: boolean;
  /** Of all workflows that the chat may come to. */
  readonly versions?: VersionsOfCall;
}

export interface ChatLimits {
  readonly open: number;
  readonly idleMs: number;
  readonly leftMs: number;
  readonly idleLookMs: number;
  readonly closeMs: number;
}

/** Who writes, and what they go on with; who says neither begins anew. */
export interface ChatParty {
  /** A telephone number, or as the business knows them otherwise; personal data. */
  readonly from?: string | undefined;
  /** A chat or call of theirs that broke off. */
  readonly earlier?: string | undefined;
}

/** What the agent said, all of it, and where the chat stands after that. */
export interface Said {
  readonly said: readonly string[];
  readonly stage: string;
  /** The chat is over. */
  readonly done: boolean;
}

/** An answer that has begun. It is finished and written down whether or not anybody reads it. */
export interface ChatAnswer {
  /** One after the other, as they come; ends where the answer ends, however it does. To be read once. */
  readonly sentences: AsyncIterable<string>;
  /** Once it is in the record. @throws TrunklineError STORE_UNAVAILABLE and the like: then nothing has happened */
  readonly whole: Promise<Said>;
}

export interface ChatView {
  readonly chatId: string;
  readonly workflow: string;
  readonly stage: string;
  readonly open: boolean;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly endReason: string | null;
  readonly outcome: string | null;
  readonly turns: readonly {
    readonly turn: number;
    readonly by: 'agent' | 'caller';
    readonly text: string;
  }[];
}
