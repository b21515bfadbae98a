import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { assertPortsFree, portProblem } from '../../src/supervisor/ports.ts';

const host = '127.0.0.1';

t.test('a busy port is told with its key and who holds it', async t => {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const socket = createSocket('udp4').bind(0, host);
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  const tcp = {
    key: 'http.port',
    host,
    port: (server.address() as AddressInfo).port,
    transport: 'tcp',
  } as const;
  const udp = { key: 'sip.port', host, port: socket.address().port, transport: 'udp' } as const;
  t.match(
    await portProblem(tcp),
    new RegExp(`http\\.port ${tcp.port}/tcp is held by .+ \\(process ${process.pid}\\)`),
  );
  await t.rejects(assertPortsFree([tcp, udp]), {
    code: 'PORT_BUSY',
    detail: new RegExp(`http\\.port ${tcp.port}/tcp.*; sip\\.port ${udp.port}/udp.*process ${process.pid}`),
  });
});

t.test('a port is free again when its holder is gone', async t => {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  t.equal(await portProblem({ key: 'http.port', host, port, transport: 'tcp' }), undefined);
});

t.test('an address of another machine', async t => {
  const problem = await portProblem({ key: 'sip.port', host: '192.0.2.1', port: 5060, transport: 'udp' });
  t.match(problem, /192\.0\.2\.1 is no address of this machine/);
});
