import { withTurn } from '../talk_history.ts';
import type {
  Flow,
  FlowState,
  FlowStep,
  Heard,
  ModelAnswer,
  Talk,
  TalkTurn,
  ToolExchange,
} from '../types.ts';
import type { RecalledHistory } from './recalled.ts';
import { historyIn, recalled } from './recalled.ts';

type Speech = Extract<Heard, { type: 'speech' }>;

/**
 * All that leads a flow from one state to the next: what was heard, and what a model made of it. Dates are inputs, too, so that the
 * same inputs lead to the same state whenever they are given. Plain data.
 */
export type FlowInput =
  /** What was heard, for the engine by itself. */
  | { readonly op: 'heard'; readonly heard: Heard; readonly todayIso: string }
  /** What a model noted of what was heard, for the engine to judge. */
  | {
      readonly op: 'noted';
      readonly heard: Speech;
      readonly answer: ModelAnswer;
      readonly todayIso: string;
    }
  /** A turn of a form that a model leads is over. */
  | {
      readonly op: 'closed';
      readonly heard: string;
      readonly said: readonly string[];
      readonly isFault: boolean;
      /** What was remembered each time that was asked. */
      readonly recalled: readonly RecalledHistory[];
      /** The state of that form, by its digest, where it is none on the way here. */
      readonly form?: string;
    }
  /** A turn of a talk with a model, as it was heard. */
  | { readonly op: 'turn'; readonly turn: TalkTurn; readonly recalled: RecalledHistory }
  /** What came of a tool that a model called. */
  | { readonly op: 'told'; readonly exchange: ToolExchange; readonly todayIso: string }
  /** The talk with a model is over: by that way, or without a model. */
  | { readonly op: 'left'; readonly way?: string; readonly todayIso: string }
  /** The state itself, where the number of a card was left out of what led to it. */
  | { readonly op: 'state'; readonly state: FlowState };

/** Where inputs led to. */
export interface Outcome {
  readonly state: FlowState;
  /** The last step on the way; undefined where there was none. */
  readonly step: FlowStep | undefined;
  readonly effects: readonly FlowStep['effects'][number][];
}

/** Inputs that a flow can't take in that state. */
class InputRefusal extends Error {}

/**
 * Gives a flow inputs one after the other.
 * @param formState finds the state of a form by its digest
 * @throws InputRefusal; whatever the flow throws
 */
export function applyInputs(
  flow: Flow,
  from: FlowState,
  inputs: readonly FlowInput[],
  formState: (digest: string) => FlowState | undefined,
): Outcome {
  let outcome: Outcome = { state: from, step: undefined, effects: [] };
  const way = [from];
  for (const input of inputs) {
    const { state, step, effects } = applied(flow, outcome.state, input, digest =>
      digest === undefined ? way : [formState(digest)].flatMap(one => one ?? []),
    );
    outcome = { state, step: step ?? outcome.step, effects: [...outcome.effects, ...effects] };
    way.push(state);
  }
  return outcome;
}

type FindForms = (digest: string | undefined) => readonly FlowState[];

function applied(flow: Flow, state: FlowState, input: FlowInput, forms: FindForms): Outcome {
  switch (input.op) {
    case 'heard':
      return outcomeOf(flow.next(state, input.heard, input));
    case 'noted':
      return outcomeOf(judged(flow, state, input));
    case 'closed':
      return { state: closed(flow, state, input, forms(input.form)), step: undefined, effects: [] };
    case 'turn':
      return {
        state: withTurn(state, recalled(historyIn(state), input.recalled), input.turn),
        step: undefined,
        effects: [],
      };
    case 'told': {
      const told = flow.tellTool?.(state, input.exchange, input);
      if (told === undefined) throw new InputRefusal('no tool can be told of here');
      return { ...told, step: undefined };
    }
    case 'left': {
      const step = flow.leaveTalk?.(state, input.way, input);
      if (step === undefined) throw new InputRefusal('no talk can be left here');
      return outcomeOf(step);
    }
    case 'state':
      return { state: input.state, step: undefined, effects: [] };
    default:
      return input satisfies never;
  }
}

function outcomeOf(step: FlowStep): Outcome {
  return { state: step.state, step, effects: step.effects };
}

function judged(
  flow: Flow,
  state: FlowState,
  { heard, answer, todayIso }: Extract<FlowInput, { op: 'noted' }>,
): FlowStep {
  const verdict = flow.form?.(state)?.judge(heard, answer, { todayIso });
  if (verdict === undefined) throw new InputRefusal('no model leads a form here');
  if ('step' in verdict) return verdict.step;
  const why = verdict.type === 'fault' ? verdict.why : verdict.answers.map(({ text }) => text).join('; ');
  throw new InputRefusal(`what the model noted is refused: ${why}`);
}

function closed(
  flow: Flow,
  state: FlowState,
  { heard, said, isFault, recalled: all }: Extract<FlowInput, { op: 'closed' }>,
  forms: readonly FlowState[],
): FlowState {
  const form = forms.map(one => flow.form?.(one)).find(one => one !== undefined);
  if (form === undefined) throw new InputRefusal('no model leads a form here');
  const left = [...all];
  const recall = (talk: Talk): Talk => {
    const known = left.shift();
    return known === undefined ? talk : recalled(talk, known);
  };
  return form.close(state, { heard, said, isFault, recall });
}
