import { ModelResponder } from '../../../src/agent/model/model_responder.ts';
import { type KeptTools, ToolDesk, type ToolJournal } from '../../../src/agent/tools/tool_desk.ts';
import { ToolReceivers } from '../../../src/agent/tools/tool_receivers.ts';
import type { Llm, LlmDelta } from '../../../src/providers/types.ts';
import { understood } from '../fakes.ts';
import { Rig, settle } from '../rig.ts';
import { ScriptedLlm } from '../scripted_llm.ts';
import { toolFlow } from './tool_flow.ts';
import { startToolServer, until } from './tool_server.ts';

let calls = 0;

/** By this a model calls a tool. */
export function called(name: string, args: unknown): LlmDelta {
  calls += 1;
  const argumentsJson = typeof args === 'string' ? args : JSON.stringify(args);
  return { type: 'toolCall', call: { id: `call_${calls}`, name, argumentsJson } };
}

interface Options {
  readonly llm?: Llm;
  readonly kept?: KeptTools;
  readonly written?: () => Promise<void>;
  readonly flow?: Parameters<typeof toolFlow>[1];
}

/** A conversation with a model that calls the tools of a shop behind a real socket. Time is the rig's but on that socket. */
export async function startToolRig(t: { teardown(done: () => unknown): void }, options: Options = {}) {
  const server = await startToolServer();
  const tools = new ToolReceivers({ folder: '/', env: { SHOP_KEY: 'hunter2' } }, () => undefined);
  const flow = toolFlow(server.url, { retries: false, ...options.flow });
  const llm = new ScriptedLlm();
  const journal: string[] = [];
  let desk!: ToolDesk;
  const rig = new Rig(
    () => ({}),
    ({ timers, faults }) => {
      const written: ToolJournal = {
        async begun({ tool, argumentsJson }) {
          journal.push(`begun ${tool.name} ${argumentsJson}`);
          await options.written?.();
        },
        ended: ({ tool, outcome }) =>
          journal.push(`ended ${tool} ${outcome.status}${'why' in outcome ? ` ${outcome.why}` : ''}`),
        refused: ({ tool, why }) => journal.push(`refused ${tool} ${why}`),
      };
      desk = new ToolDesk({
        callId: 'call-1',
        tools,
        journal: written,
        after: timers.after,
        kept: options.kept,
      });
      return {
        responder: new ModelResponder({
          flow,
          llm: options.llm ?? llm,
          tools: desk,
          after: timers.after,
          onFault: error => faults.push(error),
        }),
        initial: flow.initial,
      };
    },
  );
  t.teardown(async () => {
    await tools.close();
    await server.close();
  });
  await rig.answer();
  await rig.listen();
  return {
    server,
    rig,
    llm,
    flow,
    journal,
    get desk() {
      return desk;
    },
    /** The caller says something; the turn is over. */
    async say(text: string) {
      rig.stt.finals.push(understood(text));
      await rig.speak();
    },
    /** Until the shop was asked so many times. */
    asked: (count: number) => until(() => server.asked.length >= count, `${count} requests`),
    /** Until the model was asked so many times. */
    async thought(count: number) {
      await until(() => llm.requests.length >= count, `${count} questions to the model`);
      await settle();
    },
    ended: (count: number) =>
      until(() => journal.filter(line => line.startsWith('ended')).length >= count, `${count} ends`),
    /** What the model was told of its tools when it was asked last. */
    told() {
      const messages = llm.requests.at(-1)?.messages ?? [];
      return messages.flatMap(message => (message.role === 'tool' ? [JSON.parse(message.text)] : []));
    },
  };
}
