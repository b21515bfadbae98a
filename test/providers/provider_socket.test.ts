import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type WebSocket, WebSocketServer } from 'ws';
import { LIMITS } from '../../src/config/limits.ts';
import type { ProviderFault } from '../../src/providers/provider_fault.ts';
import { ProviderSocket, type ProviderSocketOptions } from '../../src/providers/provider_socket.ts';

const KEY = 'key-that-nobody-may-see';

interface End {
  readonly fault: ProviderFault | undefined;
  readonly closeCode: number | undefined;
}

interface Client {
  readonly socket: ProviderSocket;
  readonly texts: string[];
  readonly ended: Promise<End>;
  /** How often the end was told. */
  ends(): number;
}

function dial(url: string, options: Partial<ProviderSocketOptions> = {}): Client {
  const texts: string[] = [];
  const end = Promise.withResolvers<End>();
  let ends = 0;
  const socket = new ProviderSocket({
    name: 'acme',
    code: 'STT_FAILED',
    url,
    headers: { Authorization: `Token ${KEY}` },
    onText: text => texts.push(text),
    onEnd: (fault, closeCode) => {
      ends += 1;
      end.resolve({ fault, closeCode });
    },
    ...options,
  });
  return { socket, texts, ended: end.promise, ends: () => ends };
}

interface Far {
  readonly url: string;
  readonly peer: Promise<WebSocket>;
  readonly sockets: Set<Socket>;
}

async function listen(
  t: Test,
  server: Server | ReturnType<typeof createTcpServer>,
): Promise<Omit<Far, 'peer'>> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise(resolve => server.close(resolve));
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/listen?model=a`, sockets };
}

async function webSocketPeer(t: Test, options: { autoPong?: boolean } = {}): Promise<Far> {
  const http = createServer();
  const peer = Promise.withResolvers<WebSocket>();
  new WebSocketServer({ server: http, ...options }).on('connection', socket => {
    socket.on('error', () => {});
    peer.resolve(socket);
  });
  return { ...(await listen(t, http)), peer: peer.promise };
}

function timers(): number {
  return process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
}

t.test('a handshake that is refused', async t => {
  for (const [status, headers, kind, retryAfterMs] of [
    [401, {}, 'auth', undefined],
    [403, {}, 'auth', undefined],
    [429, { 'Retry-After': '7' }, 'rateLimited', 7_000],
    [400, {}, 'refused', undefined],
    [500, {}, 'unavailable', undefined],
    [503, { 'Retry-After': '1' }, 'unavailable', 1_000],
  ] as const) {
    const { url } = await listen(
      t,
      createServer((_, response) => response.writeHead(status, headers).end('no')).on(
        'upgrade',
        (_, socket) => {
          const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
          socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 2\r\n${lines.join('')}\r\nno`);
        },
      ),
    );
    const before = timers();
    const client = dial(url);
    const { fault } = await client.ended;
    t.match(fault, { code: 'STT_FAILED', kind, retryAfterMs }, `${status}`);
    t.notMatch(String(fault), KEY);
    await client.socket.closed;
    t.equal(client.ends(), 1);
    t.equal(timers(), before, 'no timer is left');
  }
});

t.test('a handshake that is never answered', async t => {
  const { url, sockets } = await listen(
    t,
    createTcpServer(socket => socket.resume()),
  );
  const before = timers();
  const client = dial(url, { connectMs: 100 });
  client.socket.send('waits in vain');
  t.match((await client.ended).fault, { kind: 'timeout' });
  await client.socket.closed;
  while (sockets.size > 0) await pause(5);
  t.equal(timers(), before);
  t.equal(client.ends(), 1);
});

t.test('nobody there, and what is no address at all', async t => {
  const gone = await listen(t, createTcpServer());
  const free = createTcpServer();
  await new Promise<void>(resolve => free.listen(0, '127.0.0.1', resolve));
  const freePort = (free.address() as AddressInfo).port;
  await new Promise(resolve => free.close(resolve));
  t.match((await dial(`ws://127.0.0.1:${freePort}/`).ended).fault, { kind: 'unavailable' });
  const invalid = await dial(`not an address ${KEY}`).ended;
  t.match(invalid.fault, { kind: 'refused' });
  t.notMatch(String(invalid.fault), KEY);
  const header = dial(gone.url, { headers: { Authorization: `${KEY}\r\nX: y` } });
  header.socket.send('nowhere');
  const { fault } = await header.ended;
  t.match(fault, { kind: 'refused' });
  t.notMatch(`${fault} ${fault?.cause}`, KEY);
  await header.socket.closed;
});

t.test('what is sent before the connection is there comes first, as it was then', async t => {
  const { url, peer } = await webSocketPeer(t);
  const client = dial(url);
  const bytes = Buffer.from([1, 2, 3]);
  client.socket.send(bytes);
  bytes.fill(9);
  client.socket.sendJson({ type: 'Hello' });
  const got: string[] = [];
  (await peer).on('message', (data, isBinary) =>
    got.push(isBinary ? (data as Buffer).toString('hex') : String(data)),
  );
  while (got.length < 2) await pause(5);
  t.strictSame(got, ['010203', '{"type":"Hello"}']);
  t.ok(client.socket.isOpen);
  t.ok(client.socket.openedAt !== undefined);
  client.socket.close();
  await client.socket.closed;
});

t.test('a far end that takes TCP but answers no ping', async t => {
  const { url, peer } = await webSocketPeer(t, { autoPong: false });
  const before = timers();
  const client = dial(url, { pingMs: 50 });
  (await peer).on('ping', () => {});
  t.match((await client.ended).fault, { kind: 'timeout' });
  t.notOk(client.socket.isOpen);
  await client.socket.closed;
  t.equal(timers(), before);
});

t.test('one that answers them stays, and a probe shows it', async t => {
  const { url, peer } = await webSocketPeer(t);
  const client = dial(url, { pingMs: 20 });
  const pings: number[] = [];
  (await peer).on('ping', () => pings.push(1));
  while (pings.length < 5) await pause(5);
  t.equal(client.ends(), 0);
  const quiet = dial(url);
  while (!quiet.socket.isOpen) await pause(5);
  await pause(60);
  t.ok(quiet.socket.silentForMs > 50);
  quiet.socket.probe();
  while (quiet.socket.silentForMs > 50) await pause(1);
  client.socket.close();
  quiet.socket.close();
  await Promise.all([client.socket.closed, quiet.socket.closed]);
});

t.test('a far end that takes nothing', async t => {
  const { url, peer, sockets } = await webSocketPeer(t);
  const client = dial(url);
  await peer;
  for (const socket of sockets) socket.pause();
  while (!client.socket.isOpen) await pause(5);
  const piece = new Uint8Array(64 << 10);
  // The kernel takes some megabytes of its own.
  for (let sent = 0; client.ends() === 0 && sent < 64 << 20; sent += piece.length) {
    client.socket.send(piece);
    if (sent % (1 << 20) === 0) await pause(1);
  }
  t.match((await client.ended).fault, { kind: 'timeout', detail: 'acme takes no more' });
  await client.socket.closed;

  const dialling = dial(
    (
      await listen(
        t,
        createTcpServer(socket => socket.resume()),
      )
    ).url,
  );
  for (let sent = 0; sent <= LIMITS.providerQueuedBytes; sent += piece.length) dialling.socket.send(piece);
  t.match(
    (await dialling.ended).fault,
    { detail: 'acme takes no more' },
    'nor does one that is not there yet keep more',
  );
  await dialling.socket.closed;
});

t.test('what makes no sense', async t => {
  const secret = 'Bob Ox';
  for (const [name, kind, send] of [
    [
      'too long a message',
      'protocol',
      (peer: WebSocket) => peer.send('x'.repeat(LIMITS.providerMessageBytes + 1)),
    ],
    ['garbage', 'protocol', (peer: WebSocket) => peer.send(secret)],
    ['bytes', 'protocol', (peer: WebSocket) => peer.send(Buffer.from(secret))],
    [
      'no WebSocket',
      'protocol',
      (peer: WebSocket) => (peer as unknown as { _socket: Socket })._socket.write(secret.repeat(50)),
    ],
  ] as const) {
    const { url, peer } = await webSocketPeer(t);
    const client = dial(url, { onText: text => JSON.parse(text) });
    send(await peer);
    const { fault } = await client.ended;
    t.match(fault, { kind }, name);
    t.notMatch(`${fault} ${fault?.cause}`, secret, 'untrusted text is not passed on');
    await client.socket.closed;
    t.equal(client.ends(), 1);
  }
});

t.test('a failure of the reader itself keeps its cause', async t => {
  const { url, peer } = await webSocketPeer(t);
  const cause = new TypeError('a mistake of ours');
  const client = dial(url, {
    onText: () => {
      throw cause;
    },
  });
  (await peer).send('{}');
  t.equal((await client.ended).fault?.cause, cause);
  await client.socket.closed;
});

t.test('closed by the far end: by its code', async t => {
  for (const [code, reason, kind] of [
    [1000, '', 'unavailable'],
    [1011, 'NET-0001', 'timeout'],
    [1008, 'other', 'unavailable'],
  ] as const) {
    const { url, peer } = await webSocketPeer(t);
    const client = dial(url, {
      faultOfClose: (closeCode, why) => (closeCode === 1011 && why === 'NET-0001' ? 'timeout' : undefined),
    });
    (await peer).close(code, reason);
    const { fault, closeCode } = await client.ended;
    t.match(fault, { kind });
    t.equal(closeCode, code);
    await client.socket.closed;
  }
  const { url, peer } = await webSocketPeer(t);
  const killed = dial(url);
  (await peer).terminate();
  t.match(await killed.ended, { fault: { kind: 'unavailable' }, closeCode: 1006 });
});

t.test('closing in order: what was sent still goes out, nothing comes any more, nothing is left', async t => {
  const { url, peer } = await webSocketPeer(t);
  const before = timers();
  const client = dial(url);
  const far = await peer;
  const got: string[] = [];
  const closed = new Promise<number>(resolve => far.on('close', resolve));
  far.on('message', data => got.push(String(data)));
  while (!client.socket.isOpen) await pause(5);
  client.socket.send('last words');
  client.socket.close();
  far.send('too late');
  t.equal(await closed, 1000);
  t.strictSame(await client.ended, { fault: undefined, closeCode: undefined });
  await client.socket.closed;
  t.strictSame(got, ['last words']);
  t.strictSame(client.texts, []);
  client.socket.close();
  client.socket.send('nobody hears it');
  client.socket.fail('protocol', 'is over anyway');
  t.equal(client.ends(), 1);
  t.equal(timers(), before);
});

t.test('a far end that never says goodbye is left', async t => {
  const { url, peer, sockets } = await webSocketPeer(t);
  const before = timers();
  const client = dial(url, { connectMs: 100 });
  await peer;
  while (!client.socket.isOpen) await pause(5);
  for (const socket of sockets) socket.pause();
  client.socket.close();
  await client.socket.closed;
  t.equal(timers(), before);
});

t.test('closing while it dials', async t => {
  const { url, sockets } = await listen(
    t,
    createTcpServer(socket => socket.resume()),
  );
  const before = timers();
  const client = dial(url);
  client.socket.send('never');
  client.socket.close();
  t.strictSame(await client.ended, { fault: undefined, closeCode: undefined });
  await client.socket.closed;
  while (sockets.size > 0) await pause(5);
  t.equal(timers(), before);
});
