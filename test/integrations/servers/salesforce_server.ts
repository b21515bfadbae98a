import { createPublicKey, verify } from 'node:crypto';
import { type Asked, type Reply, startApiServer } from './api_server.ts';

type Rec = Record<string, unknown>;

const failure = (status: number, errorCode: string, message = errorCode): Reply => ({
  status,
  body: [{ message, errorCode }],
});

interface Org {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly publicKey?: string;
}

/**
 * Salesforce's token endpoint (client credentials, RFC 7523 assertions) and REST API v62.0 (sObject rows, rows by external id,
 * query) as they are documented (https://developer.salesforce.com/docs/platform/api-rest/guide). Of SOQL it understands tests for
 * equal strings.
 */
export async function startSalesforce({ clientId, clientSecret, publicKey }: Org) {
  const objects: Record<string, Rec[]> = { Lead: [], Contact: [], Task: [] };
  const claimed: Rec[] = [];
  const API = '/services/data/v62.0';
  let token = '';
  let count = 0;
  const newId = (prefix: string) => {
    count += 1;
    return `${prefix}${String(count).padStart(15 - prefix.length, '0')}AAA`;
  };

  function isGranted(form: URLSearchParams): boolean {
    if (form.get('grant_type') === 'client_credentials')
      return form.get('client_id') === clientId && form.get('client_secret') === clientSecret;
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer' || publicKey === undefined)
      return false;
    const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
    const given = JSON.parse(Buffer.from(claims, 'base64url').toString());
    claimed.push(given);
    const lives = given.exp - Math.floor(Date.now() / 1000);
    return (
      given.iss === clientId &&
      lives > 0 &&
      lives <= 180 &&
      verify(
        'sha256',
        Buffer.from(`${head}.${claims}`),
        createPublicKey(publicKey),
        Buffer.from(signature, 'base64url'),
      )
    );
  }

  function grant({ body }: Asked): Reply {
    if (!isGranted(new URLSearchParams(body)))
      return { status: 400, body: { error: 'invalid_grant', error_description: 'authentication failure' } };
    count += 1;
    token = `00D!${count}`;
    const id = 'https://login.salesforce.com/id/00D/005';
    return {
      status: 200,
      body: {
        access_token: token,
        instance_url: server.url,
        id,
        token_type: 'Bearer',
        issued_at: '1',
        signature: 'x',
      },
    };
  }

  function query(soql: string): Reply {
    const [, object = '', where = ''] = /^SELECT [\w, ]+ FROM (\w+) WHERE (.+) LIMIT \d+$/s.exec(soql) ?? [];
    const rest = where.replaceAll(/(\w+) = '((?:[^'\\]|\\.)*)'/gs, '');
    if (!(object in objects) || !/^( OR )*$/.test(rest)) return failure(400, 'MALFORMED_QUERY');
    const tests = [...where.matchAll(/(\w+) = '((?:[^'\\]|\\.)*)'/gs)];
    const records = objects[object]!.filter(record =>
      tests.some(([, field = '', value = '']) => record[field] === value.replaceAll(/\\(.)/g, '$1')),
    );
    return { status: 200, body: { totalSize: records.length, done: true, records } };
  }

  function upsert(object: string, field: string, value: string, body: string): Reply {
    const rows = objects[object] ?? [];
    const found = rows.filter(row => row[field] === value);
    if (found.length > 1)
      return { status: 300, body: found.map(({ Id }) => `${API}/sobjects/${object}/${String(Id)}`) };
    const given = JSON.parse(body);
    if (given.Id !== undefined || given[field] !== undefined) return failure(400, 'INVALID_FIELD');
    const [row] = found;
    if (row !== undefined) {
      Object.assign(row, given);
      return { status: 200, body: { id: row.Id, success: true, errors: [], created: false } };
    }
    if (given.LastName === undefined) return failure(400, 'REQUIRED_FIELD_MISSING');
    const Id = newId(object === 'Lead' ? '00Q' : '003');
    rows.push({ Id, [field]: value, ...given });
    return { status: 201, body: { id: Id, success: true, errors: [], created: true } };
  }

  const server = await startApiServer(asked => {
    const { method, path, headers, body } = asked;
    if (`${method} ${path}` === 'POST /services/oauth2/token') return grant(asked);
    if (token === '' || headers.authorization !== `Bearer ${token}`)
      return failure(401, 'INVALID_SESSION_ID', 'Session expired or invalid');
    if (`${method} ${path}` === `GET ${API}/query`) return query(asked.query.get('q') ?? '');
    const [object = '', a = '', b] = path.replace(`${API}/sobjects/`, '').split('/').map(decodeURIComponent);
    if (!(object in objects)) return failure(404, 'NOT_FOUND');
    if (method === 'PATCH' && b !== undefined) return upsert(object, a, b, body);
    if (method === 'POST' && a === '') {
      const Id = newId('00T');
      objects[object]!.push({ Id, ...JSON.parse(body) });
      return { status: 201, body: { id: Id, success: true, errors: [] } };
    }
    const at = objects[object]!.findIndex(({ Id }) => Id === a);
    if (method !== 'DELETE' || at < 0) return failure(404, 'ENTITY_IS_DELETED', 'entity is deleted');
    objects[object]!.splice(at, 1);
    return { status: 204 };
  });
  return {
    ...server,
    objects,
    claimed,
    expire: () => {
      token = '';
    },
  };
}
