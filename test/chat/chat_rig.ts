import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { ChatLimits, ChatParts } from '../../src/chat/chat_parts.ts';
import { ChatSessions } from '../../src/chat/chat_sessions.ts';
import { TrunklineError } from '../../src/config/errors.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createLogger } from '../../src/observe/log.ts';
import { openModels } from '../../src/providers/registry.ts';
import { openChatStore } from '../../src/store/chats.ts';
import { openQueries } from '../../src/store/queries.ts';
import { loadFlow } from '../../src/workflow/load.ts';
import type { Flow } from '../../src/workflow/types.ts';
import { talkFlow } from '../agent/talk_flow.ts';
import type { ModelScript } from '../providers/servers/model_script.ts';
import { type ChatRequest, serveOpenAiChat } from '../providers/servers/openai_chat.ts';
import { startTestStore } from '../store/postgres.ts';

const KEY = 'sk-chats-0123456789';
export const WORKFLOWS = fileURLToPath(new URL('../../workflows', import.meta.url));
const log = createLogger('api', 'silent');

export function after(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, delayMs);
  return () => clearTimeout(timer);
}

/** A model that says what it is told to, over a real socket; answers are used up one after the other. */
async function startModel() {
  const answers: (readonly ModelScript[])[] = [];
  const server = await serveOpenAiChat({
    key: KEY,
    answer: () => {
      const steps = answers.shift();
      return steps === undefined ? { status: 500 } : { steps };
    },
  });
  return {
    answers,
    server,
    /** What the model was asked, without the way that the request took. */
    asked: () => server.requests.flatMap(({ body }) => (body === undefined ? [] : [body as ChatRequest])),
  };
}

/** By this a model goes a way of its workflow. */
export function goOn(way: string): ModelScript {
  return { call: [{ id: 'call_1', name: 'go_on', fragments: [JSON.stringify({ way })] }] };
}

/** Chats over a real database, with a model behind a real socket. */
export async function startChats() {
  const database = await startTestStore();
  const model = await startModel();
  const queries = openQueries({ databaseUrl: database.appUrl, connections: 4, vault: database.vault });
  const config = configSchema.parse({
    providers: {
      llm: [{ kind: 'openai', model: 'a-model', url: `${model.server.url}/v1`, keyEnv: 'MODEL_KEY' }],
    },
  });
  const faults: string[] = [];
  const flows: Record<string, Flow> = { talker: talkFlow() };
  const models = await openModels(config, {
    folder: '/',
    env: { MODEL_KEY: KEY },
    clock: { nowMs: () => performance.now(), after },
    observer: { attempt: () => undefined, switched: () => undefined },
    onUse: () => undefined,
  });
  const counting = Object.assign(Object.create(log) as typeof log, {
    error: ({ fault }: { fault: { code: string } }) => void faults.push(fault.code),
  });
  return {
    database,
    model,
    queries,
    flows,
    /** Codes of what was reported. */
    faults,
    /** A service of its own over the same database, as after a restart; closed with the test. */
    open(t: Test, more: Partial<ChatParts> & { readonly limits?: Partial<ChatLimits> } = {}): ChatSessions {
      const store = openChatStore({
        databaseUrl: database.appUrl,
        connections: 4,
        // Nobody listens: what is not told at once is found in the store.
        redisUrl: 'redis://127.0.0.1:1',
        vault: database.vault,
      });
      const sessions = new ChatSessions({
        store,
        record: queries,
        tenantId: 'acme',
        loadFlow: async name => flows[name] ?? loadFlow(WORKFLOWS, name),
        openModel: async () => models.llm,
        after,
        log: counting,
        nowMs: Date.now,
        ...more,
      });
      t.teardown(async () => {
        await sessions.close();
        await store.close();
      });
      return sessions;
    },
    async end() {
      await models.close();
      await model.server.close();
      await queries.close();
      await database.end();
    },
  };
}

/** Says something and waits for the whole of the answer. */
export async function ask(sessions: ChatSessions, chatId: string, text: string, tenantId = 'acme') {
  const answer = await sessions.say(tenantId, chatId, text);
  return answer.whole;
}

export function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof TrunklineError ? error.code : 'not of the table'),
  );
}
