import { createHash, timingSafeEqual } from 'node:crypto';
import type { Flow, FlowState, FlowStep, Heard } from './types.ts';

/** Of a name that no workflow gives to a stage of its own. */
const STAGE = '$pin';
const TRIES = 3;
/** Nothing said is a PIN: only keys are, which nobody overhears. */
const NOTHING_SAID = { id: 'pin', jsgf: '#JSGF V1.0;\ngrammar pin;\npublic <pin> = help;\n' } as const;

/**
 * A workflow behind a PIN that the caller keys in first. What was keyed is in no state and no record; after three wrong
 * ones the call ends.
 * @param pin digits
 */
export function pinGate(flow: Flow, pin: string): Flow {
  const expected = digestOf(pin);
  return {
    name: flow.name,
    version: flow.version,
    initial: gateState(flow, 0, false, { type: 'start' }),
    next(state, heard, context): FlowStep {
      if (state.stage !== STAGE) return flow.next(state, heard, context);
      const begun = heard.type === 'start' ? heard : startOf(state);
      if (heard.type === 'keys' && timingSafeEqual(digestOf(heard.digits), expected))
        return flow.next(flow.initial, begun, context);
      return refuse(flow, state, heard, begun);
    },
    concerns: (state, heard) => state.stage !== STAGE && flow.concerns?.(state, heard) === true,
    talk: state => (state.stage === STAGE ? undefined : flow.talk?.(state)),
    ...(flow.tool !== undefined && { tool: flow.tool.bind(flow) }),
    form: state => (state.stage === STAGE ? undefined : flow.form?.(state)),
    // What is behind a PIN is told to nobody who only has the number.
    ...(flow.leaveTalk !== undefined && { leaveTalk: flow.leaveTalk.bind(flow) }),
    ...(flow.tellTool !== undefined && { tellTool: flow.tellTool.bind(flow) }),
    ...(flow.keepTurn !== undefined && { keepTurn: flow.keepTurn.bind(flow) }),
  };
}

type Start = Extract<Heard, { type: 'start' }>;

/** What was known when the call began. */
function startOf({ memory: { begun } }: FlowState): Start {
  return (begun as Start | undefined) ?? { type: 'start' };
}

function refuse(flow: Flow, { memory }: FlowState, heard: Heard, begun: Start): FlowStep {
  const tries = Number(memory.tries) + (heard.type === 'keys' ? 1 : 0);
  const isOver = tries >= TRIES;
  return {
    say: isOver ? ['That was not the PIN. Goodbye.'] : [question(heard)],
    state: gateState(flow, tries, isOver, begun),
    effects: isOver ? [{ type: 'outcome', outcome: 'pin_refused' }] : [],
    expect: NOTHING_SAID,
    patience: 'long',
    minConfidence: 1,
    interruptible: true,
    keysAreSecret: true,
  };
}

function question({ type }: Heard): string {
  if (type === 'start') return 'Please enter your PIN, followed by the pound key.';
  return type === 'keys'
    ? 'That was not the PIN. Please enter it again, followed by the pound key.'
    : 'Please enter your PIN on the keys of your phone, followed by the pound key.';
}

function gateState({ name, version }: Flow, tries: number, done: boolean, begun: Start): FlowState {
  return { workflow: name, version, stage: STAGE, slots: {}, memory: { tries, begun }, done };
}

/** Of one length, whatever was keyed. */
function digestOf(digits: string): Buffer {
  return createHash('sha256').update(digits).digest();
}
