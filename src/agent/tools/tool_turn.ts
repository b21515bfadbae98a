import type { LlmToolCall } from '../../providers/types.ts';
import { keepTurn } from '../../workflow/talk_history.ts';
import { WAY_TOOL } from '../../workflow/tools.ts';
import type { Flow, FlowState, FlowStep, Talk, ToolExchange } from '../../workflow/types.ts';
import { failureText } from './tool_answer.ts';
import type { ToolDesk, ToolInHand } from './tool_desk.ts';

const ONE_AFTER_THE_OTHER = 'first see what the other tools answered, then call it again';

/** A turn of the caller's that a model answers. */
export interface ToolTurnParts {
  readonly flow: Flow;
  /** Runs what the model calls. */
  readonly tools: ToolDesk | undefined;
  /** The history as far as it is known in short. */
  recall(talk: Talk): Talk;
  readonly talk: Talk;
  readonly state: FlowState;
  readonly said: string;
  readonly todayIso: string;
}

/** Calls of one answer, being run. */
export interface CallsInHand {
  readonly inHand: readonly ToolInHand[];
  /** Said when they take long. */
  readonly filler: string | undefined;
  /** For the model, in order. Never rejects. */
  readonly answers: Promise<readonly ToldOutput[]>;
  /** The same as far as it is known by now. */
  soFar(): readonly ToldOutput[];
}

/** What a model is told of one call, by the call's id. */
interface ToldOutput {
  readonly id: string;
  readonly text: string;
}

/** The tools of one turn: what a model calls in it, and where the call stands with what came of that. */
export class ToolTurn {
  readonly #parts: ToolTurnParts;
  /** What came of tools before the caller spoke. */
  readonly #known: ReadonlySet<string>;

  constructor(parts: ToolTurnParts) {
    this.#parts = parts;
    this.#known = new Set((parts.tools?.open ?? []).map(({ id }) => id));
  }

  /** Of which no state knows yet. */
  get untold(): readonly ToolExchange[] {
    return this.#parts.tools?.untold ?? [];
  }

  /** Runs all that one answer calls, at once. */
  run(calls: readonly LlmToolCall[]): CallsInHand {
    const { tools, talk } = this.#parts;
    const { slots } = this.after(this.untold).state;
    const begun = calls.map(call => {
      const isTool = call.name !== WAY_TOOL && tools !== undefined;
      return { id: call.id, run: isTool ? tools.call(call, talk, slots) : undefined };
    });
    const inHand = begun.flatMap(({ run }) => run ?? []);
    const fillers = inHand.map(({ tool }) => talk.toolFillers[tool?.name ?? '']);
    const answers = begun.map(async ({ id, run }) => {
      const text = await (run?.answer ?? failureText('refused', ONE_AFTER_THE_OTHER));
      return { id, text };
    });
    const soFar = () =>
      begun.map(({ id, run }) => {
        const open = tools?.open.find(one => one.id === run?.run);
        return { id, text: open?.text ?? failureText('cancelled') };
      });
    const filler = fillers.find(one => one !== undefined);
    return { inHand, filler, answers: Promise.all(answers), soFar };
  }

  /** Where the call stands with what came of these, in the order in which it was known. */
  after(exchanges: readonly ToolExchange[]): Pick<FlowStep, 'state' | 'effects'> {
    const { flow, recall, state: before, talk, said, todayIso } = this.#parts;
    const effects: FlowStep['effects'][number][] = [];
    const tell = (state: FlowState, exchange: ToolExchange) => {
      const told = flow.tellTool?.(state, exchange, { todayIso });
      effects.push(...(told?.effects ?? []));
      return told?.state ?? state;
    };
    const isKnown = ({ id }: ToolExchange) => this.#known.has(id);
    const known = exchanges.filter(isKnown).reduce(tell, before);
    const heard = keepTurn(flow, known, recall(flow.talk?.(known) ?? talk), { by: 'caller', text: said });
    const state = exchanges.filter(exchange => !isKnown(exchange)).reduce(tell, heard);
    return { state, effects };
  }

  /** The same with all that is there, which is in the state from now on. */
  close(): Pick<FlowStep, 'state' | 'effects'> {
    const { untold } = this;
    const end = this.after(untold);
    this.#parts.tools?.told(untold);
    return end;
  }
}
