import type { StepHistory } from '../agent/step_history.ts';
import { TrunklineError } from '../config/errors.ts';
import { callFlow } from '../workflow/call_flow.ts';
import { pinGate } from '../workflow/pin_gate.ts';
import type { Flow } from '../workflow/types.ts';
import type { FlowsOfCall } from '../workflow/versions/call_flows.ts';
import type { CallInfo } from './thread_messages.ts';

/** What a call is led by. By what it is led is written down, but for the PIN. */
export function flowOfCall(
  flows: FlowsOfCall,
  { workflow, pin }: CallInfo,
  history: StepHistory,
  onFault: (error: unknown) => void,
): Flow {
  const flow = flows.get(workflow)
    ? history.watch(callFlow(flows, workflow, { onFault }))
    : missingFlow(workflow);
  return pin === undefined ? flow : pinGate(flow, pin);
}

/** A call that was assigned to a workflow which is not there fails at its first word, with an apology. */
function missingFlow(name: string): Flow {
  return {
    name,
    version: '',
    initial: { workflow: name, version: '', stage: '', slots: {}, memory: {}, done: false },
    next: () => {
      throw new TrunklineError('WORKFLOW_UNKNOWN', name);
    },
  };
}
