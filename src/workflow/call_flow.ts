import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Flow, FlowState, FlowStep, HandOff, LedForm } from './types.ts';

interface CallFlowOptions {
  /** Told of hand-offs that can't be made; the caller is told by the workflow that wanted them. */
  readonly onFault: (error: unknown) => void;
  /** False where nobody can be called: who is wanted is not reached. */
  readonly hasPhone?: boolean;
  /** False where nobody uses tools for the workflow: all of them fail. */
  readonly hasActs?: boolean;
}

type Context = Parameters<Flow['next']>[2];

/**
 * One call's workflow and all that it may be handed on to, as one flow that begins with the workflow named: whichever the
 * state is of leads. Pure as they are: a step that hands the call over is nothing but a step until it stands.
 * @throws TrunklineError WORKFLOW_UNKNOWN
 */
export function callFlow(
  flows: Pick<ReadonlyMap<string, Flow>, 'get'>,
  name: string,
  { onFault, hasPhone = true, hasActs = true }: CallFlowOptions,
): Flow {
  const first = flows.get(name);
  if (first === undefined) throw new TrunklineError('WORKFLOW_UNKNOWN', name);
  const leading = (state: FlowState): Flow => flows.get(state.workflow) ?? first;
  /** Follows a step to the workflow that goes on with the call. */
  const arrived = (from: Flow, step: FlowStep, context: Context): FlowStep => {
    const { handOff, person, act } = step;
    if (person !== undefined && !hasPhone) {
      const unreached = from.next(step.state, { type: 'person', became: 'failed' }, context);
      return arrived(from, joined(step, unreached), context);
    }
    if (act !== undefined && !hasActs) {
      const undone = { type: 'acted', id: act.id, outcome: 'failed', saves: {} } as const;
      return arrived(from, joined(step, from.next(step.state, undone, context)), context);
    }
    if (handOff === undefined) return step;
    const to = flows.get(handOff.to);
    try {
      return arrived(to ?? from, joined(step, takenOver(to, handOff, context)), context);
    } catch (error) {
      onFault(error);
      return joined(step, from.next(step.state, { type: 'start' }, context));
    }
  };
  const { version, pipeline, initial } = first;
  return {
    name,
    version,
    ...(pipeline !== undefined && { pipeline }),
    initial,
    next(state, heard, context) {
      // A call that broke off in another workflow is gone on with in that one.
      const earlier = heard.type === 'start' ? heard.earlier?.state.workflow : undefined;
      const taken = earlier !== undefined && isEqual(state, initial) ? flows.get(earlier) : undefined;
      const flow = taken ?? leading(state);
      return arrived(flow, flow.next(taken?.initial ?? state, heard, context), context);
    },
    concerns: (state, heard) => leading(state).concerns?.(state, heard) === true,
    talk: state => leading(state).talk?.(state),
    guard: (state, sentence, before) => leading(state).guard?.(state, sentence, before) ?? [sentence],
    tool: (state, tool) => leading(state).tool?.(state, tool),
    resumeMinutes: state => leading(state).resumeMinutes?.(state),
    form(state) {
      const flow = leading(state);
      const form = flow.form?.(state);
      return form && { ...form, ...arriving(form, (step, context) => arrived(flow, step, context)) };
    },
    tellTool(state, exchange, context) {
      const told = leading(state).tellTool?.(state, exchange, context);
      return told ?? { state, effects: [] };
    },
    leaveTalk(state, way, context) {
      const flow = leading(state);
      const step = flow.leaveTalk?.(state, way, context) ?? flow.next(state, { type: 'start' }, context);
      return arrived(flow, step, context);
    },
  };
}

/** Also where one of them was written down in between. */
function isEqual(state: FlowState, other: FlowState): boolean {
  return state === other || JSON.stringify(state) === JSON.stringify(other);
}

/** A form whose steps go on in other workflows where they lead there. */
function arriving(
  form: LedForm,
  arrived: (step: FlowStep, context: Context) => FlowStep,
): Pick<LedForm, 'hear' | 'judge'> {
  return {
    hear(heard, context) {
      const { step, knowsAll } = form.hear(heard, context);
      return { step: arrived(step, context), knowsAll };
    },
    judge(heard, answer, context) {
      const verdict = form.judge(heard, answer, context);
      return 'step' in verdict ? { ...verdict, step: arrived(verdict.step, context) } : verdict;
    },
  };
}

/** @throws TrunklineError WORKFLOW_UNKNOWN or WORKFLOW_INVALID, or what the other workflow throws */
function takenOver(to: Flow | undefined, handOff: HandOff, context: Context): FlowStep {
  if (to?.takeOver === undefined) throw new TrunklineError('WORKFLOW_UNKNOWN', handOff.to);
  if (handOff.kept.handOffs > LIMITS.handOffs)
    throw new TrunklineError('WORKFLOW_INVALID', `a call is handed over more than ${LIMITS.handOffs} times`);
  return to.takeOver(handOff, context);
}

/** Two steps as the caller hears them: one. */
function joined(before: FlowStep, after: FlowStep): FlowStep {
  const say = [...before.say, ...after.say];
  return {
    ...after,
    say,
    state: { ...after.state, memory: { ...after.state.memory, said: say } },
    effects: [...before.effects, ...after.effects],
    interruptible: before.interruptible && after.interruptible,
  };
}
