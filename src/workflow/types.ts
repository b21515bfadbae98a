import type { PipelineSettings } from '../config/pipeline.ts';
import type { Expectation } from '../providers/types.ts';
import type { CallMemory } from './engine/memory.ts';
import type { Tool, ToolArguments } from './tools.ts';
import type { Intent } from './understand/intents/types.ts';

export type SlotValue = string | number | boolean;

export interface SlotState {
  readonly value: SlotValue;
  readonly confirmed: boolean;
}

/** What the engine made of the caller's turn: the recogniser's text with its confidence, or a key, or silence. */
export type Heard =
  | {
      readonly type: 'speech';
      readonly text: string;
      readonly confidence: number;
      readonly alternatives: readonly string[];
    }
  | { readonly type: 'keys'; readonly digits: string }
  | { readonly type: 'silence' }
  /** What became of the person whom the last step but for these wanted. */
  | { readonly type: 'person'; readonly became: PersonBecame }
  /** What came of the act of that id; `saves` is what its tool keeps of the answer, by slot, as it came. */
  | {
      readonly type: 'acted';
      readonly id: string;
      readonly outcome: ActOutcome;
      readonly saves: Readonly<Record<string, unknown>>;
    }
  /** The call has just begun, or goes on after a gap. */
  | {
      readonly type: 'start';
      /** What is known of the caller before a word is said; taken by slots that may be given. */
      readonly given?: Readonly<Record<string, SlotValue>>;
      /** A call of theirs that came to no end. */
      readonly earlier?: EarlierCall;
    };

/** Where a call before this one broke off. */
export interface EarlierCall {
  readonly state: FlowState;
  readonly minutesAgo: number;
}

/** `unknown`: nobody knows whether it was done. */
export type ActOutcome = 'done' | 'failed' | 'unknown';

/**
 * A tool that the workflow itself uses: whoever runs the flow does so once the step stands, never for a guess, and tells the flow
 * what came of it. It stands in every step until then; the same id is the same act, also in a checkpoint.
 */
export interface ActCall {
  /** Unlike any other one of the call. */
  readonly id: string;
  readonly tool: string;
  readonly args: ToolArguments;
  /** Said when it takes long. */
  readonly filler?: string;
}

/** Both speak with each other; they did, and the person has gone; they do without this call; or why they never did. */
export type PersonBecame = 'joined' | 'left' | 'taken' | 'busy' | 'declined' | 'noAnswer' | 'failed';

/** Somebody is to be called, and to speak with the caller. */
export interface PersonCall {
  /** Among `people` of the configuration. */
  readonly person: string;
  readonly ringMs: number;
  /** Sentences for them alone, before they hear the caller. */
  readonly whisper: readonly string[];
}

/** A whole conversation's state: plain data, so that a checkpoint is the state. */
export interface FlowState {
  readonly workflow: string;
  readonly version: string;
  readonly stage: string;
  readonly slots: Readonly<Record<string, SlotState>>;
  /** The engine's own bookkeeping (repairs, pending confirmation); plain data. */
  readonly memory: Readonly<Record<string, unknown>>;
  readonly done: boolean;
}

/** Effects are facts for the record; none of them is carried out by the engine. */
export type FlowEffect =
  | {
      readonly type: 'slotSet';
      readonly slot: string;
      readonly value: SlotValue;
      readonly confirmed: boolean;
      readonly sensitive: boolean;
    }
  | { readonly type: 'consent'; readonly kind: 'recording'; readonly granted: boolean }
  | { readonly type: 'quote'; readonly quote: Quote }
  /** Another workflow has taken the call over. */
  | { readonly type: 'handedOver'; readonly from: string; readonly to: string; readonly version: string }
  | { readonly type: 'outcome'; readonly outcome: string }
  /** What the caller wanted beside what was asked, and got. */
  | { readonly type: 'intent'; readonly intent: Intent }
  /** An objection or a question of the workflow's own list was heard, for so many times in this call. */
  | {
      readonly type: 'topic';
      readonly topic: string;
      readonly kind: 'objection' | 'question';
      readonly count: number;
    }
  | { readonly type: 'acted'; readonly tool: string; readonly outcome: ActOutcome }
  /** Somebody is to be told by a tool, soon but not in the call; `id` is unlike any other one's of the call. */
  | {
      readonly type: 'webhook';
      readonly id: string;
      readonly workflow: string;
      readonly tool: string;
      readonly args: ToolArguments;
    }
  /** What a score came to at the end. */
  | { readonly type: 'scored'; readonly score: string; readonly value: number }
  /** The call went where one of the workflow's escalation rules leads; what kind of rule, such as `misses`. */
  | { readonly type: 'escalated'; readonly rule: string };

interface QuoteLine {
  readonly label: string;
  readonly amountCents: number;
}

export interface Quote {
  readonly currency: 'USD';
  readonly lines: readonly QuoteLine[];
  readonly totalCents: number;
  readonly distanceMiles: number;
  readonly booked: boolean;
}

/** What kind of answer a question is to get. */
export type AnswerKind =
  | 'yesNo'
  | 'choice'
  | 'digits'
  | 'spelling'
  | 'email'
  | 'address'
  | 'date'
  /** Anything at all. */
  | 'open';

/** What kind of answer is expected: whoever listens for its end knows by it when something is still missing. */
export interface ExpectedAnswer {
  readonly kind: AnswerKind;
  /** How many digits it has, where they are counted: a telephone number 10, a PIN 4. */
  readonly digits?: number;
}

/** A value on its way to another workflow. */
export interface HandedSlot {
  readonly value: SlotValue;
  /** What the slot was called where it was filled, and its kind there. */
  readonly from: string;
  readonly kind: string;
  readonly sensitive: boolean;
}

/** What one workflow of a call gives to the next one; plain data. */
export interface HandOff {
  readonly from: string;
  readonly to: string;
  /** By the names of the receiver's slots. */
  readonly slots: Readonly<Record<string, HandedSlot>>;
  /** What is the call's own, and no workflow's; with this hand-off counted. */
  readonly kept: CallMemory;
}

/** How the agent is to speak. */
export interface Delivery {
  /** Speed in parts of the voice's own, from 0.5 to 1. */
  readonly tempo: number;
  readonly gainDb: number;
}

export interface FlowStep {
  /** Sentences to say, in order. */
  readonly say: readonly string[];
  readonly state: FlowState;
  readonly effects: readonly FlowEffect[];
  /** What the caller is expected to say next, and how patient endpointing must be. */
  readonly expect: Expectation;
  readonly patience: 'yesNo' | 'short' | 'normal' | 'long';
  /** Left out where the workflow does not know. */
  readonly expects?: ExpectedAnswer;
  /** Words of less confidence are not to be acted on, 0 to 1: how sure it must be depends on what it is about. */
  readonly minConfidence: number;
  /** False for what must be said whole, such as the disclosure's first sentence. */
  readonly interruptible: boolean;
  /** Left out where the voice speaks as it does. */
  readonly delivery?: Delivery;
  /** What is keyed in answer to this is not written down. */
  readonly keysAreSecret?: true;
  /** The call goes on in another workflow. Asked again in this state, the flow takes it that this could not be. */
  readonly handOff?: HandOff;
  /** Somebody is called once all is said; whoever does that tells the flow what became of it, and nothing else is heard. */
  readonly person?: PersonCall;
  /** A tool is to be used; what the caller says meanwhile is heard all the same. */
  readonly act?: ActCall;
}

/** One turn of a conversation that a model leads, as it was heard; or a tool that it called, and what that answered. */
export type TalkTurn =
  | { readonly by: 'caller' | 'agent'; readonly text: string }
  | {
      readonly by: 'tool';
      /** Of the call, unlike any other one's. */
      readonly id: string;
      readonly tool: string;
      readonly argumentsJson: string;
      readonly text: string;
    };

/** What came of a tool that a model called. */
export interface ToolExchange extends Omit<Extract<TalkTurn, { by: 'tool' }>, 'by'> {
  /** Tool and arguments, in short. */
  readonly signature: string;
  /** The Idempotency-Key that it was sent with. */
  readonly key: string;
  /** Nobody knows whether it was done. */
  readonly isUnknown: boolean;
  /** What is to be kept of the answer, by slot, as it came. */
  readonly saves: Readonly<Record<string, unknown>>;
}

/** What a model has to know to lead a conversation for a while. */
export interface Talk {
  readonly instructions: string;
  /** Where it may lead to. */
  readonly ways: readonly { readonly way: string; readonly meaning: string }[];
  /** Said when the model thinks for long. */
  readonly filler: string | undefined;
  /** What it may call, beside its ways. */
  readonly tools: readonly Tool[];
  /** What is said when the tool of that name takes long. */
  readonly toolFillers: Readonly<Record<string, string>>;
  /** The caller's turns that a model answered in this call, this one not counted. */
  readonly turn: number;
  /** Tools of which nobody knows whether they were done: their signatures and keys. */
  readonly unknownTools: readonly { readonly signature: string; readonly key: string }[];
  /** There are words that a model may not say here: whoever speaks them for it has them judged before (`Flow.guard`). */
  readonly isGuarded: boolean;
  /** What was said so far, oldest first. */
  readonly turns: readonly TalkTurn[];
  /** What was said before that, in short. */
  readonly summary: string;
  /** The place of the first of `turns` among all turns that were said with a model; of the first one behind the summary. */
  readonly from: number;
  readonly summarised: number;
  /** Turns that are neither here nor in the summary. */
  readonly forgotten: number;
  /** What turns and summary may take together. */
  readonly budgetTokens: number;
}

/** What a model remembers of a conversation, and of how much nothing is known any more. */
export type TalkHistory = Pick<
  Talk,
  'turns' | 'summary' | 'from' | 'summarised' | 'forgotten' | 'budgetTokens'
>;

/** What a model may call in a form that it leads; `parameters` is a JSON Schema of an object. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** One answer of a model: all that it said, and what it called, as it wrote it. */
export interface ModelAnswer {
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly argumentsJson: string }[];
}

/** What becomes of an answer of a model to a caller's turn in a form. */
export type Verdict =
  /** The engine goes on with what it took of it. `asks`: the slot that the model's words ask for next, as it says. */
  | { readonly type: 'taken'; readonly step: FlowStep; readonly asks: string }
  /** The caller told nothing of what is asked: the question stays open. */
  | { readonly type: 'beside'; readonly step: FlowStep; readonly asks: string }
  /** Nothing of it can be taken: the model is to be told why, by the ids of its calls. */
  | { readonly type: 'refused'; readonly answers: readonly { readonly id: string; readonly text: string }[] }
  /** It is no answer at all: the engine goes by what it hears itself. */
  | { readonly type: 'fault'; readonly why: string };

/** The question of a form that is open. */
export interface OpenQuestion {
  readonly slots: readonly string[];
  /** How the workflow itself asks it. */
  readonly sentences: readonly string[];
  /** It is asked in these words, and no others. */
  readonly isExact: boolean;
}

/**
 * A form in a state in which a model leads it: what the model is told, and what becomes of what it says. Pure. The engine decides:
 * what is not borne out by the caller's words is not written, and what is not about the question is not said.
 */
export interface LedForm {
  /** Instructions and history; neither ways nor tools. */
  readonly talk: Talk;
  readonly tools: readonly ModelTool[];
  /** How sure a recogniser has to be of words that are not to be read back, 0 to 1. */
  readonly sureFrom: number;
  /** What was said last, for the model to know what is answered. */
  readonly said: readonly string[];
  readonly question: OpenQuestion;
  /** The step of the engine by itself, and whether it knows all that was said. */
  hear(
    heard: Heard,
    context: { readonly todayIso: string },
  ): { readonly step: FlowStep; readonly knowsAll: boolean };
  judge(
    heard: Extract<Heard, { type: 'speech' }>,
    answer: ModelAnswer,
    context: { readonly todayIso: string },
  ): Verdict;
  /** What may be said of a model's sentences, which is nothing if they go too far; whether the question is asked in them. */
  screen(sentences: readonly string[]): {
    readonly say: readonly string[];
    readonly asks: boolean;
    readonly isFault: boolean;
  };
  /** The state after a turn in which a model answered; `said` was heard of the agent. */
  close(
    state: FlowState,
    turn: {
      readonly heard: string;
      readonly said: readonly string[];
      readonly isFault: boolean;
      /** The history with what is known of it in short by now. */
      readonly recall: (talk: Talk) => Talk;
    },
  ): FlowState;
}

/** A compiled workflow: `next` is a pure function of state, what was heard, and `today`. */
export interface Flow {
  readonly name: string;
  readonly version: string;
  /** What it says of the sound of its calls. */
  readonly pipeline?: PipelineSettings;
  readonly initial: FlowState;
  next(state: FlowState, heard: Heard, context: { readonly todayIso: string }): FlowStep;
  /** A tool of the workflow that leads in this state. */
  tool?(state: FlowState, name: string): Tool | undefined;
  /** For so long a call may be taken up that broke off in this state; undefined where none is. */
  resumeMinutes?(state: FlowState): number | undefined;
  /** Whether the workflow itself answers this, also where a model leads. */
  concerns?(state: FlowState, heard: Heard): boolean;
  /** Where the caller talks to a model; undefined where the workflow leads by itself. */
  talk?(state: FlowState): Talk | undefined;
  /** Goes on from there: by the way that the model chose, or, without one, as if there were no model. */
  leaveTalk?(state: FlowState, way: string | undefined, context: { readonly todayIso: string }): FlowStep;
  /** What is spoken of a model's sentence: itself, what stands in its place, or nothing. `before` is what it said just before. */
  guard?(state: FlowState, sentence: string, before: string): readonly string[];
  /** The state in which more was said with a model; `withTurn` where it is left out. */
  keepTurn?(state: FlowState, history: TalkHistory, turn: TalkTurn): FlowState;
  /** Keeps what came of a tool: for the model's memory, and in the slots that take it. */
  tellTool?(
    state: FlowState,
    exchange: ToolExchange,
    context: { readonly todayIso: string },
  ): Pick<FlowStep, 'state' | 'effects'>;
  /** The form that a model leads in this state; undefined where the engine leads alone. */
  form?(state: FlowState): LedForm | undefined;
  /** Goes on with a call that another workflow hands over. */
  takeOver?(handOff: HandOff, context: { readonly todayIso: string }): FlowStep;
}
