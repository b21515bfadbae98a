import { z } from 'zod';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';
import { openRecording, sendSound } from '../recording_file.ts';
import {
  callDetailSchema,
  callIdSchema,
  callStateSchema,
  callSummarySchema,
  nextSchema,
  pageQuerySchema,
} from '../schemas.ts';

const callParams = z.object({ callId: callIdSchema });

/** The record of calls, newest first, and what each left behind. */
export function routeCalls(app: App, plane: ControlPlane): void {
  routeCallList(app, plane);
  routeCall(app, plane);
  routeRecording(app, plane);
}

function routeCallList(app: App, { queries }: ControlPlane): void {
  app.get(
    '/api/calls',
    {
      schema: {
        tags: ['calls'],
        summary: 'Calls, newest first',
        querystring: pageQuerySchema.extend({
          state: callStateSchema.optional(),
          from: z.string().min(1).max(64).optional().describe('Number of the calling party'),
          sipCallId: z
            .string()
            .min(1)
            .max(LIMITS.sipCallIdCharacters)
            .optional()
            .describe('Call-ID of the SIP dialog, exactly as the caller sent it'),
        }),
        response: {
          200: z.object({ calls: z.array(callSummarySchema).readonly(), next: nextSchema }),
          '4xx': failureSchema,
          '5xx': failureSchema,
        },
      },
    },
    async ({ query: { limit, cursor, ...filter }, tenantId }) => {
      const { rows, next } = await queries.listCalls(tenantId, { limit, cursor }, filter);
      return { calls: rows, next };
    },
  );
}

function routeCall(app: App, { queries }: ControlPlane): void {
  app.get(
    '/api/calls/:callId',
    {
      schema: {
        tags: ['calls'],
        summary: 'A call with its turns, latencies, costs, slots, consents, quotes, recordings and quality',
        params: callParams,
        response: { 200: callDetailSchema, '4xx': failureSchema, '5xx': failureSchema },
      },
    },
    async ({ params: { callId }, tenantId }) => {
      const call = await queries.getCall(tenantId, callId);
      if (call === undefined) throw new TrunklineError('NOT_FOUND', 'no call has this id');
      const recordings = call.recordings.map(({ startMs, rateHz, durationMs, bytes, deletedAt }, part) => {
        const url = `/api/calls/${callId}/recording?part=${part}`;
        return { url, startMs, rateHz, durationMs, bytes, deletedAt };
      });
      return { ...call, recordings, ladder: call.hasLadder ? `/api/calls/${callId}/ladder` : null };
    },
  );
}

function routeRecording(app: App, { queries, recordingsDir }: ControlPlane): void {
  app.get(
    '/api/calls/:callId/recording',
    {
      schema: {
        tags: ['calls'],
        summary:
          'The recording as stereo WAV (caller left, agent right); takes Range. 410 once it was deleted',
        params: callParams,
        querystring: z.strictObject({
          part: z.coerce
            .number()
            .int()
            .min(0)
            .max(LIMITS.httpPageRows)
            .default(0)
            .describe('Where a call was recorded in parts'),
        }),
        produces: ['audio/wav'],
      },
    },
    async (request, reply) => {
      const {
        params: { callId },
        query: { part },
        tenantId,
      } = request;
      const recordings = await queries.recordingsOf(tenantId, callId);
      const recording = recordings[part];
      if (recording === undefined) throw new TrunklineError('NOT_FOUND', 'the call has no such recording');
      const { deletedAt } = recording;
      if (deletedAt !== null) throw new TrunklineError('RECORDING_DELETED', `on ${deletedAt}`);
      const sound = await openRecording(recordingsDir, tenantId, recording.file);
      reply.header('content-disposition', `attachment; filename="${callId}.wav"`);
      return sendSound(sound, request, reply);
    },
  );
}
