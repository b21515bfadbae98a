import { createPublicKey, verify } from 'node:crypto';
import { type Asked, type Reply, startApiServer } from './api_server.ts';

interface Event {
  readonly id: string;
  status: 'confirmed' | 'cancelled';
  readonly startMs: number;
  readonly endsMs: number;
  readonly body: unknown;
}

const failure = (code: number, reason: string, message = reason): Reply => ({
  status: code,
  body: { error: { errors: [{ domain: 'global', reason, message }], code, message } },
});

/**
 * Google's token endpoint (https://developers.google.com/identity/protocols/oauth2/service-account#httprest) and Calendar API v3
 * (https://developers.google.com/workspace/calendar/api/v3/reference: freebusy.query, events.get, insert and delete) as they are
 * documented.
 */
export async function startGoogle(account: {
  readonly email: string;
  readonly publicKey: string;
  readonly calendar: string;
}) {
  const events: Event[] = [];
  const claimed: Record<string, unknown>[] = [];
  let token = '';
  let tokens = 0;

  function grant({ body, headers }: Asked): Reply {
    const form = new URLSearchParams(body);
    const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
    const isSigned = verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      createPublicKey(account.publicKey),
      Buffer.from(signature, 'base64url'),
    );
    const given = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const isGranted =
      headers['content-type'] === 'application/x-www-form-urlencoded' &&
      form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer' &&
      given.iss === account.email &&
      given.aud === `${server.url}/token` &&
      given.exp - given.iat <= 3600;
    if (!isSigned || !isGranted)
      return { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } };
    claimed.push(given);
    tokens += 1;
    token = `ya29.${tokens}`;
    return { status: 200, body: { access_token: token, expires_in: 3599, token_type: 'Bearer' } };
  }

  function freeBusy({ body }: Asked): Reply {
    const { timeMin, timeMax, items } = JSON.parse(body);
    const [least, most] = [Date.parse(timeMin), Date.parse(timeMax)];
    if (!(least < most)) return failure(400, 'timeRangeEmpty');
    const calendars = Object.fromEntries(
      (items as { id: string }[]).map(({ id }) => {
        if (id !== account.calendar)
          return [id, { errors: [{ domain: 'global', reason: 'notFound' }], busy: [] }];
        const there = events.filter(
          ({ status, startMs, endsMs }) => status === 'confirmed' && startMs < most && endsMs > least,
        );
        const busy = there.map(({ startMs, endsMs }) => ({
          start: new Date(startMs).toISOString(),
          end: new Date(endsMs).toISOString(),
        }));
        return [id, { busy }];
      }),
    );
    return { status: 200, body: { kind: 'calendar#freeBusy', timeMin, timeMax, calendars } };
  }

  function insert({ body }: Asked): Reply {
    const given = JSON.parse(body);
    if (!/^[a-v0-9]{5,1024}$/.test(given.id ?? ''))
      return failure(400, 'invalid', 'Invalid resource id value.');
    // Deleted ones keep their ids.
    if (events.some(({ id }) => id === given.id))
      return failure(409, 'duplicate', 'The requested identifier already exists.');
    const [startMs, endsMs] = [Date.parse(given.start?.dateTime), Date.parse(given.end?.dateTime)];
    if (!(startMs < endsMs)) return failure(400, 'timeRangeEmpty');
    events.push({ id: given.id, status: 'confirmed', startMs, endsMs, body: given });
    return { status: 200, body: { kind: 'calendar#event', status: 'confirmed', ...given } };
  }

  const server = await startApiServer(asked => {
    const { method, path, headers } = asked;
    if (`${method} ${path}` === 'POST /token') return grant(asked);
    if (token === '' || headers.authorization !== `Bearer ${token}`)
      return failure(401, 'authError', 'Invalid Credentials');
    if (`${method} ${path}` === 'POST /calendar/v3/freeBusy') return freeBusy(asked);
    const base = `/calendar/v3/calendars/${encodeURIComponent(account.calendar)}/events`;
    if (`${method} ${path}` === `POST ${base}`) return insert(asked);
    const found = events.find(({ id }) => path === `${base}/${id}`);
    if (found === undefined) return failure(404, 'notFound', 'Not Found');
    if (method === 'GET') return { status: 200, body: { id: found.id, status: found.status } };
    if (found.status === 'cancelled') return failure(410, 'deleted', 'Resource has been deleted');
    found.status = 'cancelled';
    return { status: 204 };
  });
  return {
    ...server,
    events,
    claimed,
    /** The token is good no more. */
    expire: () => {
      token = '';
    },
    tokens: () => tokens,
  };
}
