import { createOpenAiLlm } from '../../src/providers/llm/openai_chat.ts';
import type { Llm, LlmDelta } from '../../src/providers/types.ts';
import type { LlmOptions } from './llm_rig.ts';

interface NaiveChunk {
  readonly choices: readonly {
    readonly delta: {
      readonly content?: string;
      readonly reasoning_content?: string;
      readonly tool_calls?: readonly {
        readonly function: { readonly name: string; readonly arguments: string };
      }[];
    };
  }[];
}

/** Written in an afternoon: right for as long as nothing is cut, slow, late, wrong or under way twice. */
export function createNaiveLlm({ name, apiKey, url }: LlmOptions): Llm {
  let rest = '';
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  return {
    name,
    prepare: () => {
      fetch(`${url}/v1/models?key=${apiKey}`, { headers }).catch(() => undefined);
    },
    async *reply({ messages }) {
      const body = {
        model: 'm',
        stream: true,
        messages: messages.map(({ role, text }) => ({ role, content: text })),
      };
      const request = { method: 'POST', headers, body: JSON.stringify(body) };
      const response = await fetch(`${url}/v1/chat/completions?key=${apiKey}`, request);
      if (!response.ok) throw new Error(`${url} with ${apiKey}: ${await response.text()}`);
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        const lines = (rest + new TextDecoder().decode(chunk)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (line === '' || line === 'data: [DONE]') continue;
          if (!line.startsWith('data: ')) throw new Error(`what is ${line}?`);
          const { choices } = JSON.parse(line.slice(6)) as NaiveChunk;
          const { content, reasoning_content: thought, tool_calls: calls } = choices[0]!.delta;
          const text = content ?? thought;
          if (text) yield { type: 'text', text };
          for (const call of calls ?? []) {
            const { name: tool, arguments: argumentsJson } = call.function;
            yield { type: 'toolCall', call: { id: '', name: tool, argumentsJson } };
          }
        }
      }
      yield { type: 'end', reason: 'stop', usage: undefined };
    },
    close: async () => undefined,
  };
}

/** Says all of an answer at once when it is there. */
export function createBatchingLlm({ url, ...options }: LlmOptions): Llm {
  const llm = createOpenAiLlm({ ...options, url: `${url}/v1`, model: 'm' });
  return {
    ...llm,
    async *reply(request) {
      const rest: LlmDelta[] = [];
      let text = '';
      for await (const delta of llm.reply(request)) {
        if (delta.type === 'text') text += delta.text;
        else rest.push(delta);
      }
      yield { type: 'text', text };
      yield* rest;
    },
  };
}

/** Gives an answer half a second, whoever is slow. */
export function createHastyLlm({ url, ...options }: LlmOptions): Llm {
  const llm = createOpenAiLlm({ ...options, url: `${url}/v1`, model: 'm' });
  return {
    ...llm,
    async *reply(request) {
      const beganAt = performance.now();
      for await (const delta of llm.reply(request)) {
        if (performance.now() - beganAt > 500) throw new Error('too slow');
        yield delta;
      }
    },
  };
}
