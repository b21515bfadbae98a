import { type Asked, type Reply, startApiServer } from './api_server.ts';

const DAY_MS = 86_400_000;
const UUID = '([A-Za-z0-9-]+)';

interface Booked {
  readonly uuid: string;
  readonly eventType: string;
  readonly startMs: number;
  readonly email: string;
  status: 'active' | 'canceled';
  readonly body: unknown;
}

const refusal = (status: number, title: string, message: string, details: readonly object[] = []): Reply => ({
  status,
  body: { title, message, ...(details.length > 0 && { details }) },
});
const INVALID = (parameter: string, message: string, code?: string) =>
  refusal(400, 'Invalid Argument', 'The supplied parameters are invalid.', [{ parameter, message, code }]);

/**
 * Calendly's API v2 as it is documented (https://developer.calendly.com/api-docs/calendly-api): users/me,
 * event_type_available_times, invitees, scheduled_events and their cancellation, scheduling_links. It offers nine and fourteen
 * o'clock UTC of every day.
 */
export async function startCalendly(token: string, nowMs: () => number) {
  const booked: Booked[] = [];
  let links = 0;
  const user = 'https://api.calendly.com/users/AAAAAAAAAAAAAAAA';

  const eventOf = ({ uuid, eventType, startMs, status }: Booked) => ({
    uri: `https://api.calendly.com/scheduled_events/${uuid}`,
    name: '30 Minute Meeting',
    status,
    start_time: new Date(startMs).toISOString().replace('Z', '000Z'),
    end_time: new Date(startMs + 1_800_000).toISOString().replace('Z', '000Z'),
    event_type: eventType,
    invitees_counter: { total: 1, active: 1, limit: 1 },
  });
  const isTaken = (startMs: number) => booked.some(one => one.status === 'active' && one.startMs === startMs);

  function available({ query }: Asked): Reply {
    const [eventType, from, to] = ['event_type', 'start_time', 'end_time'].map(name => query.get(name) ?? '');
    const [beginsMs, endsMs] = [Date.parse(from!), Date.parse(to!)];
    if (eventType === '' || Number.isNaN(beginsMs) || Number.isNaN(endsMs))
      return INVALID('start_time', 'is missing');
    if (beginsMs < nowMs()) return INVALID('start_time', 'must be in the future');
    if (endsMs - beginsMs > 31 * DAY_MS)
      return INVALID('end_time', 'date range can be no greater than 31 days');
    const collection: object[] = [];
    for (let dayMs = Math.floor(beginsMs / DAY_MS) * DAY_MS; dayMs < endsMs; dayMs += DAY_MS) {
      for (const hour of [9, 14]) {
        const startMs = dayMs + hour * 3_600_000;
        if (startMs < beginsMs || startMs >= endsMs || isTaken(startMs)) continue;
        const start_time = new Date(startMs).toISOString().replace('.000Z', 'Z');
        collection.push({
          status: 'available',
          invitees_remaining: 1,
          start_time,
          scheduling_url: 'https://calendly.com/x',
        });
      }
    }
    return { status: 200, body: { collection } };
  }

  function invite({ body }: Asked): Reply {
    const { event_type: eventType, start_time, invitee } = JSON.parse(body);
    const startMs = Date.parse(start_time);
    if (!String(start_time).endsWith('Z') || Number.isNaN(startMs))
      return INVALID('start_time', 'must be in UTC');
    if (!/@/.test(invitee?.email ?? '')) return INVALID('invitee.email', "can't be blank");
    if (!invitee?.timezone || !(invitee.name ?? invitee.first_name))
      return INVALID('invitee', 'is not complete');
    if (isTaken(startMs)) return INVALID('start_time', 'This time is no longer available', 'already_filled');
    const uuid = `EV${booked.length + 1}AAAAAAAA`;
    booked.push({ uuid, eventType, startMs, email: invitee.email, status: 'active', body: JSON.parse(body) });
    const event = `https://api.calendly.com/scheduled_events/${uuid}`;
    const resource = {
      uri: `${event}/invitees/IN${booked.length}`,
      event,
      status: 'active',
      email: invitee.email,
      name: invitee.name,
    };
    return { status: 201, body: { resource } };
  }

  function list({ query }: Asked): Reply {
    if (query.get('user') !== user) return refusal(403, 'Permission Denied', 'You do not have permission');
    const [least, most] = ['min_start_time', 'max_start_time'].map(name => Date.parse(query.get(name) ?? ''));
    const found = booked.filter(
      ({ email, startMs, status }) =>
        email === query.get('invitee_email') &&
        status === query.get('status') &&
        startMs >= least! &&
        startMs <= most!,
    );
    return {
      status: 200,
      body: { collection: found.map(eventOf), pagination: { count: found.length, next_page: null } },
    };
  }

  const server = await startApiServer(asked => {
    const { method, path, headers, body } = asked;
    if (headers.authorization !== `Bearer ${token}`)
      return refusal(401, 'Unauthenticated', 'The access token is invalid');
    const route = `${method} ${path}`;
    if (route === 'GET /users/me') return { status: 200, body: { resource: { uri: user, name: 'Robin' } } };
    if (route === 'GET /event_type_available_times') return available(asked);
    if (route === 'POST /invitees') return invite(asked);
    if (route === 'GET /scheduled_events') return list(asked);
    if (route === 'POST /scheduling_links') {
      const { max_event_count, owner, owner_type } = JSON.parse(body);
      if (max_event_count !== 1 || owner_type !== 'EventType') return INVALID('owner_type', 'is not valid');
      links += 1;
      return {
        status: 201,
        body: { resource: { booking_url: `https://calendly.com/d/abc-${links}`, owner, owner_type } },
      };
    }
    const [, uuid, isCancellation] =
      new RegExp(`^/scheduled_events/${UUID}(/cancellation)?$`).exec(path) ?? [];
    const found = booked.find(one => one.uuid === uuid);
    if (found === undefined) return refusal(404, 'Resource Not Found', 'The server could not find it');
    if (isCancellation === undefined) return { status: 200, body: { resource: eventOf(found) } };
    if (found.status === 'canceled') return refusal(403, 'Permission Denied', 'Event is already canceled');
    found.status = 'canceled';
    return { status: 201, body: { resource: { canceled_by: 'Robin', reason: 'x', canceler_type: 'host' } } };
  });
  return { ...server, booked };
}
