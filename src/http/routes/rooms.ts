import { z } from 'zod';
import { TrunklineError } from '../../config/errors.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';

const workflowName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, _ and -');

/** Calls from a browser: a room with an agent. */
export function routeRooms(app: App, { rooms, workflows, node }: ControlPlane): void {
  app.post(
    '/api/rooms',
    {
      schema: {
        tags: ['rooms'],
        summary: 'A room for one browser; the agent joins when the browser does',
        body: z.strictObject({ workflow: workflowName.optional() }),
        response: {
          201: z.object({
            room: z.string(),
            url: z.string().describe('WebSocket URL of the LiveKit server'),
            token: z.string().describe('To join this room, once'),
            identity: z.string(),
            workflow: z.string(),
            expiresAt: z.iso.datetime().describe('The token is no good for joining after this'),
          }),
          '4xx': failureSchema,
          '5xx': failureSchema,
        },
      },
    },
    async ({ body }, reply) => {
      if (rooms === undefined) throw new TrunklineError('ROOMS_DISABLED', 'livekit.enabled is false');
      const workflow = body.workflow ?? workflows.default;
      if (!workflows.names().includes(workflow)) {
        throw new TrunklineError('WORKFLOW_UNKNOWN', workflow);
      }
      if (node.draining) throw new TrunklineError('DRAINING', 'no new calls are taken');
      if (!node.hasFreeSlot()) throw new TrunklineError('CAPACITY', 'no media process takes a call');
      return reply.code(201).send({ ...(await rooms.make(workflow)), workflow });
    },
  );
}
