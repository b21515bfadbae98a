import type { AuditLog } from '../store/audit_log.ts';
import type { App } from './control_plane.ts';
import { operatorHeaders } from './version_schemas.ts';

/** What each route gives away of people. Who reads them is written down first. */
export const AUDITED: Readonly<Record<string, readonly string[]>> = {
  '/api/calls': ['from', 'to', 'sipCallId', 'attributes'],
  '/api/calls/:callId': ['from', 'to', 'sipCallId', 'attributes', 'turns', 'slots'],
  '/api/calls/:callId/recording': ['recording'],
  '/api/calls/:callId/history': ['history'],
  '/api/calls/:callId/ladder': ['ladder'],
  '/api/calls/:callId/ladder.txt': ['ladder'],
  '/api/calls/:callId/ladder.svg': ['ladder'],
  '/api/calls/:callId/ladder.pcap': ['ladder'],
  '/api/chats/:chatId': ['turns'],
  '/api/events': ['events'],
  '/api/holds': ['why'],
};

/** Nobody is given what could not be written down: then the request fails as where the database is away. */
export function auditReads(app: App, audit: Pick<AuditLog, 'append'>): void {
  app.addHook('preHandler', async request => {
    const { method, params, headers, routeOptions, tenantId, id } = request;
    const fields = AUDITED[routeOptions.url ?? ''];
    if (fields === undefined || (method !== 'GET' && method !== 'HEAD')) return;
    const { callId, chatId } = params as { readonly callId?: string; readonly chatId?: string };
    const named = operatorHeaders.safeParse(headers);
    await audit.append(tenantId, {
      who: named.success ? named.data['trunkline-operator'] : null,
      action: `${method} ${routeOptions.url}`,
      callId: callId ?? chatId ?? null,
      fields,
      requestId: id,
    });
  });
}
