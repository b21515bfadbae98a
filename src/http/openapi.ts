import swagger from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { App } from './control_plane.ts';

/** Describes the routes as OpenAPI 3.1 at /openapi.json, made from the schemas that check them. */
export async function describeApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Trunkline',
        description:
          'Control plane of a voice-agent node: calls, quotes, live events, browser rooms, text chats, versions of workflows.',
        version: '1',
      },
      tags: [
        { name: 'calls', description: 'The record of calls' },
        { name: 'events', description: 'What happens now' },
        { name: 'rooms', description: 'Calls from a browser' },
        { name: 'chats', description: 'The same agents by text' },
        { name: 'workflows', description: 'Versions of the agents: written, approved, deployed, taken back' },
        { name: 'node', description: 'Health and figures' },
      ],
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
