import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { LegWish } from '../../ipc/messages.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';
import { callIdSchema } from '../schemas.ts';

const number = z.string().regex(/^\+?\d{1,15}$|^[\d*#]{1,15}$/, 'a number as in +15550100');
const trunkName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, _ and -');

const legSchema = z
  .strictObject({
    number: number.optional().describe('Called by a trunk'),
    trunk: trunkName.optional().describe('The first that places calls, when left out'),
    callerNumber: number.optional().describe('Shown to whoever is called, where the trunk allows it'),
    room: z.string().min(1).max(512).optional().describe('Joined as long as somebody is in it'),
    mode: z
      .enum(['bridge', 'listen', 'whisper'])
      .default('bridge')
      .describe('Speaks with all; hears all; or hears all and is heard by bridged legs alone'),
    keepAgent: z
      .boolean()
      .default(true)
      .describe('Otherwise the agent leaves as soon as a bridged leg has answered'),
  })
  .refine(leg => (leg.number === undefined) !== (leg.room === undefined), 'either number or room')
  .meta({ id: 'NewLeg' });

const legId = z.string().min(1).max(64);

/** Who else is in a call: phones and rooms, joined to it and taken out of it while it goes on. */
export function routeLegs(app: App, { legs }: Pick<ControlPlane, 'legs'>): void {
  app.post(
    '/api/calls/:callId/legs',
    {
      schema: {
        tags: ['legs'],
        summary: 'Calls a number or looks into a room, and joins who is there to a call that is up',
        description: 'What becomes of it is told by the events leg.added, leg.answered and leg.removed.',
        params: z.object({ callId: callIdSchema }),
        body: legSchema,
        response: {
          201: z.object({ legId: z.string() }),
          '4xx': failureSchema,
          '5xx': failureSchema,
        },
      },
    },
    async ({ params: { callId }, body: { mode, keepAgent, ...to } }, reply) => {
      const id = randomUUID();
      await legs.add(callId, { legId: id, mode, keepAgent, to: targetOf(to) });
      return reply.code(201).send({ legId: id });
    },
  );
  app.delete(
    '/api/calls/:callId/legs/:legId',
    {
      schema: {
        tags: ['legs'],
        summary:
          'Hangs a leg up, or takes the agent out of the call (legId `agent`); who is left alone is hung up',
        params: z.object({ callId: callIdSchema, legId }),
        response: { 204: z.null(), '4xx': failureSchema, '5xx': failureSchema },
      },
    },
    async ({ params: { callId, legId: id } }, reply) => {
      await legs.drop(callId, id);
      return reply.code(204).send(null);
    },
  );
}

type Target = Omit<z.infer<typeof legSchema>, 'mode' | 'keepAgent'>;

function targetOf({ number: called, room, trunk, callerNumber }: Target): LegWish['to'] {
  if (called === undefined) return { kind: 'room', room: room ?? '' };
  return {
    kind: 'number',
    number: called,
    ...(trunk !== undefined && { trunk }),
    ...(callerNumber !== undefined && { callerNumber }),
  };
}
