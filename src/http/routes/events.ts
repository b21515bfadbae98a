import { z } from 'zod';
import type { App } from '../control_plane.ts';
import { type EventFeed, lastEventIdSchema } from '../event_feed.ts';
import { callIdSchema } from '../schemas.ts';

/** Live events as Server-Sent Events; `Last-Event-ID` resumes without a gap. */
export function routeEvents(app: App, feed: EventFeed): void {
  app.get(
    '/api/events',
    {
      // A stream has no end to measure, and nothing of it to tell before it is read.
      config: { endless: true },
      exposeHeadRoute: false,
      schema: {
        tags: ['events'],
        summary: 'Events of calls as they are committed (text/event-stream)',
        querystring: z.strictObject({ callId: callIdSchema.optional() }),
        headers: z.object({ 'last-event-id': lastEventIdSchema.optional() }),
        produces: ['text/event-stream'],
      },
    },
    async ({ query, headers }, reply) => {
      const reader = await feed.open(headers['last-event-id'], query.callId);
      return reply
        .type('text/event-stream; charset=utf-8')
        .header('cache-control', 'no-store, no-transform')
        .header('x-accel-buffering', 'no')
        .send(reader);
    },
  );
}
