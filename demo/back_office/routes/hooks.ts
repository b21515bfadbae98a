import { z } from 'zod';
import { isSignedWebhook } from '../../../src/agent/tools/webhook_signature.ts';
import { OFFICE_LIMITS } from '../limits.ts';
import type { Office } from '../office_routes.ts';
import { Refusal } from '../refusal.ts';

const hook = z.object({ type: z.string().min(1).max(100), data: z.record(z.string(), z.json()) });

/** Signed messages of tools (https://www.standardwebhooks.com): each of them is taken once. */
export function routeHooks({ app, database }: Office, secret: string): void {
  app.register(async scope => {
    // The signature is over the bytes as they came.
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    );
    scope.post(
      '/v1/hooks',
      { config: { isSigned: true }, schema: { hide: true } },
      async (request, reply) => {
        const text = String(request.body ?? '');
        const when = { nowMs: Date.now(), windowMs: OFFICE_LIMITS.hookWindowMs };
        if (!isSignedWebhook(secret, request.headers, text, when))
          throw new Refusal(401, 'bad_signature', 'the signature is wrong, or too old');
        const { type, data } = hook.parse(parsed(text));
        const id = String(request.headers['webhook-id']).slice(0, 200);
        const taken = await database.transaction(tx =>
          tx.query(
            'INSERT INTO hook_messages (id, type, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id',
            [id, type, JSON.stringify(data)],
          ),
        );
        return reply.code(200).send({ id, repeated: taken.length === 0 });
      },
    );
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'no_json', 'the body is no JSON');
  }
}
