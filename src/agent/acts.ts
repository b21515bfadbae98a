import type { ActCall, Flow, FlowState } from '../workflow/types.ts';
import type { Acted } from './tools/tool_answer.ts';
import type { ToolDesk } from './tools/tool_desk.ts';

/** Uses tools for the workflow itself. */
export interface ActDesk {
  /** Once for each id, in whichever process. Never rejects. */
  act(act: ActCall, state: FlowState): Promise<Acted>;
  /** What came of it is in the state. */
  told(id: string): void;
}

const UNDONE: Acted = { outcome: 'failed', saves: {} };

/** Where nobody uses tools. */
export const NO_ACTS: ActDesk = { act: async () => UNDONE, told: () => undefined };

/** Without anybody who runs tools nothing is done. */
export function openActs(flow: Flow, desk: ToolDesk | undefined): ActDesk {
  return {
    act: async (act, state) => {
      const tool = flow.tool?.(state, act.tool);
      if (desk === undefined || tool === undefined) return UNDONE;
      return desk.act({ ...act, tool }, state.slots);
    },
    told: id => desk?.toldAct(id),
  };
}
