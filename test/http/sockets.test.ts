import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { API_KEY, startTestPlane } from './test_plane.ts';

/** A control plane on a real port, where requests are not polite. */
async function listen(t: Test, requestMs = 20_000) {
  const { app, end } = await startTestPlane({ plane: { limits: { requestMs } } });
  t.teardown(end);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Sends bytes and gives back all that comes until the server hangs up. */
function send(port: number, ...pieces: (string | Buffer)[]): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    for (const piece of pieces) socket.write(piece);
  });
}

const KEY = `Authorization: Bearer ${API_KEY}\r\n`;
const HEAD = `Host: localhost\r\nConnection: close\r\n${KEY}`;

function bodyOf(answer: string): { error: { code: string } } {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
}

t.test('what is no HTTP', async t => {
  const port = await listen(t);
  const garbage = [
    'hello\r\n\r\n',
    Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]),
    'GET /healthz HTTP/9.9\r\n\r\n',
    'GET /healthz HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n',
    `POST /api/rooms HTTP/1.1\r\n${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
    `POST /api/rooms HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    `POST /api/rooms HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
  ];
  for (const bytes of garbage) {
    const answer = await send(port, bytes);
    t.match(answer, /^HTTP\/1\.1 400 /, JSON.stringify(bytes.toString('latin1')).slice(0, 60));
    t.equal(bodyOf(answer).error.code, 'BAD_REQUEST');
  }
  t.match(await send(port, `GET /healthz HTTP/1.1\r\n${HEAD}\r\n`), /^HTTP\/1\.1 200 /, 'and it goes on');
});

t.test('headers without end', async t => {
  const port = await listen(t);
  const large = `X-Large: ${'x'.repeat(LIMITS.httpHeaderBytes)}\r\n`;
  const answer = await send(port, `GET /healthz HTTP/1.1\r\n${HEAD}${large}\r\n`);
  t.match(answer, /^HTTP\/1\.1 431 /);
  t.equal(bodyOf(answer).error.code, 'HEADERS_TOO_LARGE');
  const url = await send(port, `GET /${'x'.repeat(LIMITS.httpHeaderBytes)} HTTP/1.1\r\n${HEAD}\r\n`);
  t.match(url, /^HTTP\/1\.1 431 /);
});

t.test('bodies without end are not read on', async t => {
  const port = await listen(t);
  const declared = `POST /api/rooms HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 99999999\r\n\r\n`;
  const answer = await send(port, declared, '{');
  t.match(answer, /^HTTP\/1\.1 413 /);
  t.equal(bodyOf(answer).error.code, 'TOO_LARGE');
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const chunked = `POST /api/rooms HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  t.match(await send(port, chunked, ...Array.from({ length: 8 }, () => chunk)), /^HTTP\/1\.1 413 /);
});

t.test('without the key not even the size of a body matters', async t => {
  const port = await listen(t);
  const head =
    'Host: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n';
  t.match(await send(port, `POST /api/rooms HTTP/1.1\r\n${head}\r\n{`), /^HTTP\/1\.1 401 /);
});

t.test('requests that never end are ended', async t => {
  const port = await listen(t, 100);
  const slow = [
    'GET /healthz HT',
    `GET /healthz HTTP/1.1\r\nX-Slow: 1\r\n`,
    `POST /api/rooms HTTP/1.1\r\nHost: a\r\n${KEY}Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{`,
  ];
  for (const start of slow) {
    const answer = await send(port, start);
    t.match(answer, /^HTTP\/1\.1 408 /, JSON.stringify(start).slice(0, 40));
    t.equal(bodyOf(answer).error.code, 'TOO_SLOW');
  }
});

t.test('a correlation id can not split an answer', async t => {
  const port = await listen(t);
  const sly = 'X-Request-Id: abcdefgh%0d%0aSet-Cookie: a=b\r\n';
  const answer = await send(port, `GET /healthz HTTP/1.1\r\n${HEAD}${sly}\r\n`);
  t.match(answer, /^HTTP\/1\.1 200 /);
  t.notMatch(answer, /set-cookie/i);
});

t.test('many connections that hang up in the middle', async t => {
  const port = await listen(t);
  await Promise.all(
    Array.from(
      { length: 200 },
      (_, at) =>
        new Promise<void>(resolve => {
          const socket = connect(port, '127.0.0.1', () => {
            socket.write(`GET /api/calls HTTP/1.1\r\nHost: a\r\n${at % 2 === 0 ? `${KEY}\r\n` : 'X-'}`);
            socket.destroy();
            resolve();
          });
          socket.on('error', () => resolve());
        }),
    ),
  );
  t.match(await send(port, `GET /api/calls HTTP/1.1\r\n${HEAD}\r\n`), /^HTTP\/1\.1 200 /);
});
