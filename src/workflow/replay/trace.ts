import { withTurn } from '../talk_history.ts';
import type { Flow, FlowState, FlowStep, LedForm, Talk, TalkHistory, TalkTurn } from '../types.ts';
import type { FlowInput } from './inputs.ts';
import { historyIn, type RecalledHistory, recallOf } from './recalled.ts';

/** An input that led to a state. */
interface Led {
  readonly from: FlowState;
  readonly input: FlowInput;
  readonly step: FlowStep | undefined;
  readonly effects: FlowStep['effects'];
  /** Of the form that was closed, which need not be where it led from. */
  readonly form?: FlowState;
}

/** How a flow came from one state to another. */
export interface Path {
  readonly from: FlowState;
  readonly inputs: readonly FlowInput[];
  /** The last step on it; undefined where there was none. */
  readonly step: FlowStep | undefined;
  readonly effects: readonly FlowStep['effects'][number][];
}

/**
 * Remembers of each state by what a flow was led to it, until the state itself is forgotten: guesses that come to nothing leave
 * nothing behind. Whoever knows which states were really reached asks for the way there.
 */
export class FlowTrace {
  readonly #led = new WeakMap<FlowState, Led>();

  /** The same flow, watched. */
  watch<F extends Flow>(flow: F): F {
    const [leaveTalk, tellTool] = [flow.leaveTalk?.bind(flow), flow.tellTool?.bind(flow)];
    const form = flow.form?.bind(flow);
    return {
      ...flow,
      next: (state, heard, context) =>
        this.#step(flow.next(state, heard, context), state, { op: 'heard', heard, ...dated(context) }),
      keepTurn: (state: FlowState, history: TalkHistory, turn: TalkTurn) => {
        const recall = recallOf(historyIn(state), history);
        return this.#state(withTurn(state, history, turn), state, { op: 'turn', turn, recalled: recall });
      },
      ...(leaveTalk && {
        leaveTalk: (state, way, context) =>
          this.#step(leaveTalk(state, way, context), state, {
            op: 'left',
            ...(way !== undefined && { way }),
            ...dated(context),
          }),
      }),
      ...(tellTool && {
        tellTool: (state, exchange, context) => {
          const told = tellTool(state, exchange, context);
          const led = this.#made(told.state, {
            from: state,
            input: { op: 'told', exchange, ...dated(context) },
            step: undefined,
            effects: told.effects,
          });
          return { ...told, state: led };
        },
      }),
      ...(form && {
        form: state => {
          const led = form(state);
          return led && this.#form(led, state);
        },
      }),
    };
  }

  /**
   * By what the flow came to a state from the last one before it that was asked for; undefined where it was there already, or
   * nothing is known of it.
   * @param formDigest tells the state of a form by its digest
   */
  pathTo(state: FlowState, formDigest: (form: FlowState) => string): Path | undefined {
    const way: Led[] = [];
    let from = state;
    for (let led = this.#led.get(from); led !== undefined; led = this.#led.get(from)) {
      way.unshift(led);
      this.#led.delete(from);
      from = led.from;
    }
    if (way.length === 0) return undefined;
    const passed = new Set(way.map(led => led.from));
    return {
      from,
      inputs: way.map(({ input, form }) =>
        input.op === 'closed' && form !== undefined && !passed.has(form)
          ? { ...input, form: formDigest(form) }
          : input,
      ),
      step: way.findLast(({ step }) => step !== undefined)?.step,
      effects: way.flatMap(({ effects }) => effects),
    };
  }

  #form(form: LedForm, state: FlowState): LedForm {
    return {
      ...form,
      hear: (heard, context) => {
        const { step, knowsAll } = form.hear(heard, context);
        return { step: this.#step(step, state, { op: 'heard', heard, ...dated(context) }), knowsAll };
      },
      judge: (heard, answer, context) => {
        const verdict = form.judge(heard, answer, context);
        if (!('step' in verdict)) return verdict;
        const input = { op: 'noted', heard, answer, ...dated(context) } as const;
        return { ...verdict, step: this.#step(verdict.step, state, input) };
      },
      close: (end, turn) => {
        const { heard, said, isFault } = turn;
        const recalls: RecalledHistory[] = [];
        const recall = (talk: Talk): Talk => {
          const known = turn.recall(talk);
          recalls.push(recallOf(talk, known));
          return known;
        };
        const closed = form.close(end, { heard, said, isFault, recall });
        const input = { op: 'closed', heard, said, isFault, recalled: recalls } as const;
        return this.#made(closed, { from: end, input, step: undefined, effects: [], form: state });
      },
    };
  }

  #step(step: FlowStep, from: FlowState, input: FlowInput): FlowStep {
    const traced = { ...step, state: { ...step.state } };
    this.#led.set(traced.state, { from, input, step: traced, effects: step.effects });
    return traced;
  }

  #state(state: FlowState, from: FlowState, input: FlowInput): FlowState {
    return this.#made(state, { from, input, step: undefined, effects: [] });
  }

  /** An object of its own, whatever the flow gave: one state may be reached in several ways. */
  #made(state: FlowState, led: Led): FlowState {
    const made = { ...state };
    this.#led.set(made, led);
    return made;
  }
}

function dated({ todayIso }: { readonly todayIso: string }): { readonly todayIso: string } {
  return { todayIso };
}
