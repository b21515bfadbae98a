import { Readable } from 'node:stream';
import { z } from 'zod';
import type { ChatAnswer } from '../../chat/chat_parts.ts';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { Logger } from '../../observe/log.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema, toldFailure } from '../failures.ts';
import { callIdSchema, chatSchema, saidSchema } from '../schemas.ts';

const params = z.object({ chatId: callIdSchema });
const failures = { '4xx': failureSchema, '5xx': failureSchema };
const EVENT_STREAM = 'text/event-stream';
/** Sent as it is made. */
const streamSchema: z.ZodType<string | Readable> = z.string();

/** The agents that answer calls, by text. */
export function routeChats(app: App, plane: ControlPlane): void {
  routeBeginning(app, plane);
  routeMessages(app, plane);
  routeChat(app, plane);
}

function routeBeginning(app: App, { chats, workflows, node }: ControlPlane): void {
  app.post(
    '/api/chats',
    {
      schema: {
        tags: ['chats'],
        summary: 'Begins a chat; the agent speaks first',
        body: z.strictObject({
          workflow: z.string().min(1).max(64).optional(),
          from: z
            .string()
            .min(1)
            .max(64)
            .optional()
            .describe(
              'Who writes: a number, or whatever they are known by; case and punctuation make no difference',
            ),
          earlier: callIdSchema
            .optional()
            .describe('A chat or call of theirs that broke off, to be gone on with'),
        }),
        response: { 201: saidSchema.extend({ chatId: callIdSchema, workflow: z.string() }), ...failures },
      },
    },
    async ({ body, tenantId }, reply) => {
      if (node.draining) throw new TrunklineError('DRAINING', 'no new chats are taken');
      const workflow = body.workflow ?? workflows.default;
      return reply.code(201).send({ ...(await chats.start(tenantId, workflow, body)), workflow });
    },
  );
}

function routeMessages(app: App, { chats, log }: ControlPlane): void {
  app.post(
    '/api/chats/:chatId/messages',
    {
      schema: {
        tags: ['chats'],
        summary: 'Says something; the answer comes whole or, by Accept: text/event-stream, as it is made',
        description:
          'As a stream: an event `sentence` with `{text}` for each, then `done` with the whole answer, or `error`. What is ' +
          'not `done` has not happened. Whoever leaves before the end finds the answer in the transcript.',
        params,
        body: z.strictObject({ text: z.string().min(1).max(LIMITS.heardCharacters) }),
        response: {
          200: {
            description: 'The answer',
            content: {
              'application/json': { schema: saidSchema },
              [EVENT_STREAM]: { schema: streamSchema },
            },
          },
          ...failures,
        },
      },
    },
    async ({ params: { chatId }, body: { text }, headers, tenantId, id }, reply) => {
      const answer = await chats.say(tenantId, chatId, text);
      if (!wantsStream(headers.accept)) return reply.send(await answer.whole);
      reply
        .type(`${EVENT_STREAM}; charset=utf-8`)
        .header('cache-control', 'no-store, no-transform')
        .header('x-accel-buffering', 'no');
      return reply.send(Readable.from(events(answer, log, id)));
    },
  );
}

function routeChat(app: App, { chats }: ControlPlane): void {
  app.get(
    '/api/chats/:chatId',
    {
      schema: {
        tags: ['chats'],
        summary: 'What was said so far, and whether the chat is open',
        params,
        response: { 200: chatSchema, ...failures },
      },
    },
    async ({ params: { chatId }, tenantId }) => chats.show(tenantId, chatId),
  );
  app.delete(
    '/api/chats/:chatId',
    {
      schema: {
        tags: ['chats'],
        summary: 'Ends a chat',
        params,
        response: { 204: z.null(), ...failures },
      },
    },
    async ({ params: { chatId }, tenantId }, reply) => {
      await chats.end(tenantId, chatId);
      return reply.code(204).send(null);
    },
  );
}

/** True where a stream is named among what is taken (RFC 9110 §12.5.1), and not with a weight of nothing. */
function wantsStream(accept = ''): boolean {
  return accept.split(',').some(range => {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase());
    return type === EVENT_STREAM && !parameters.some(parameter => /^q=0(\.0*)?$/u.test(parameter));
  });
}

/** An answer as text/event-stream (https://html.spec.whatwg.org/multipage/server-sent-events). */
async function* events(answer: ChatAnswer, log: Logger, requestId: string): AsyncGenerator<string> {
  for await (const text of answer.sentences) yield event('sentence', { text });
  try {
    yield event('done', await answer.whole);
  } catch (error) {
    yield event('error', toldFailure(log, error, requestId).body);
  }
}

function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
