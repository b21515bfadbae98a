import { createOpenAiLlm } from '../../src/providers/llm/openai_chat.ts';
import type { Llm } from '../../src/providers/types.ts';
import { serveFormModel } from '../../test/providers/servers/form_model.ts';

/** A model that leads conversations, and how often it went wrong on purpose. */
export interface SimulatedModel extends AsyncDisposable {
  readonly llm: Llm;
  readonly misdeeds: ReadonlyMap<string, number>;
}

const KEY = 'key-of-the-scripted-model';

/**
 * `scripted`: a scripted server that does as it is told; `scripted:0.2`: that goes wrong in every fifth answer; anything else is the
 * address of an OpenAI-compatible server up to and with the version, with `#NAME` for its model. @throws Error for what is none of these
 */
export async function openSimulatedModel(wanted: string, seed: number): Promise<SimulatedModel> {
  const [, share] = /^scripted(?::(0(?:\.\d+)?|1))?$/.exec(wanted) ?? [];
  if (!wanted.startsWith('scripted')) return openServer(wanted);
  const server = await serveFormModel({ key: KEY, seed, share: Number(share ?? 0) });
  const llm = createOpenAiLlm({ name: 'scripted', apiKey: KEY, url: `${server.url}/v1`, model: 'scripted' });
  return {
    llm,
    misdeeds: server.misdeeds,
    async [Symbol.asyncDispose]() {
      await llm.close();
      await server.close();
    },
  };
}

function openServer(wanted: string): SimulatedModel {
  const [url = '', model = 'default'] = wanted.split('#');
  if (!/^https?:\/\//.test(url)) throw new Error('--model takes scripted, scripted:SHARE or an address');
  const llm = createOpenAiLlm({ name: 'model', apiKey: process.env.TRUNKLINE_MODEL_KEY, url, model });
  return { llm, misdeeds: new Map(), [Symbol.asyncDispose]: async () => llm.close() };
}
