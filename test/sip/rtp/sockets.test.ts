import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { RTP_LIMITS } from '../../../sip/rtp/limits.ts';
import { PortRange } from '../../../sip/rtp/port_range.ts';
import type { OnDatagram, RtpPair } from '../../../sip/rtp/rtp_sockets.ts';
import { BOTH, turn } from './both_sockets.ts';
import { createRandom } from './random.ts';

const HOST = '127.0.0.1';
/** A range of this process's own, below those that the system hands out. */
const LOWEST = 20_000 + (process.pid % 1_000) * 10;

function createRange(lowest: number, highest: number, reuseDelayMs = 0): PortRange {
  return new PortRange({ lowest, highest, reuseDelayMs, random: createRandom(3) });
}

t.test('ports are even, all of the range, and in no order to be guessed', async t => {
  const range = createRange(10_001, 10_201);
  const ports: number[] = [];
  for (let port = range.take(0); port !== undefined; port = range.take(0)) ports.push(port);
  t.same(ports.toSorted(), Array.from({ length: 100 }, (_, i) => 10_002 + 2 * i).toSorted());
  t.not(ports.join(), ports.toSorted().join());
});

t.test('a port rests before it is used again, and the longest free comes first', async t => {
  const range = createRange(10_000, 10_007, 1_000);
  const [a, b, c, d] = [range.take(0)!, range.take(0)!, range.take(0)!, range.take(0)!];
  t.equal(range.take(0), undefined);
  range.giveBack(c, 100);
  range.giveBack(a, 200);
  range.giveBack(a, 300);
  range.giveBack(9, 300);
  t.equal(range.freePorts, 2, 'given back once, and only what is its own');
  t.equal(range.take(1_099), undefined);
  t.equal(range.take(1_100), c);
  t.equal(range.take(1_100), undefined);
  t.equal(range.take(1_200), a);
  t.ok(b !== d);
});

t.test('a range without a pair is an error', async t => {
  for (const [lowest, highest] of [
    [10_001, 10_002],
    [10, 9],
    [0, 0],
    [65_000, 70_000],
    [Number.NaN, 5],
  ] as const) {
    t.throws(() => createRange(lowest, highest), RangeError);
  }
});

const ignore: OnDatagram = () => {};

/** A socket of a far end, and what it got. */
async function openEnd(host = HOST): Promise<{ end: Socket; port: number; got: string[] }> {
  const end = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const got: string[] = [];
  end.on('message', bytes => void got.push(`${bytes}`));
  end.bind(0, host);
  await once(end, 'listening');
  return { end, port: end.address().port, got };
}

for (const [kind, sockets] of BOTH) {
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) await turn(sockets);
  };

  t.test(`${kind}: datagrams go both ways on an even port and the odd one after it`, async t => {
    const heard: string[] = [];
    const note =
      (what: string): OnDatagram =>
      (bytes, host, port) =>
        void heard.push(`${what} ${Buffer.from(bytes)} ${host} ${port}`);
    const nearPort = LOWEST;
    const farPort = LOWEST + 2;
    const near = await sockets.bind({ host: HOST, port: nearPort, onRtp: ignore, onRtcp: ignore });
    const far = await sockets.bind({ host: HOST, port: farPort, onRtp: note('rtp'), onRtcp: note('rtcp') });
    near.sendRtp(Buffer.from('hello there').subarray(0, 5), HOST, farPort);
    near.sendRtcp(Buffer.from('report'), HOST, farPort + 1);
    await until(() => heard.length === 2);
    t.same(heard.toSorted(), [`rtcp report ${HOST} ${nearPort + 1}`, `rtp hello ${HOST} ${nearPort}`]);
    near.sendRtp(new Uint8Array(4), 'not an address', 4_000);
    near.sendRtp(new Uint8Array(4), '::1', 4_000);
    near.sendRtp(new Uint8Array(4), HOST, 0);
    near.sendRtp(new Uint8Array(4), HOST, 99_999);
    near.sendRtp(Buffer.from('after that'), HOST, farPort);
    await until(() => heard.length === 3);
    t.equal(heard[2], `rtp after that ${HOST} ${nearPort}`);
    near.close();
    near.close();
    near.sendRtp(new Uint8Array(4), HOST, farPort);
    near.sendRtcp(new Uint8Array(4), HOST, farPort);
    near.hearOnly(HOST, farPort);
    near.hearAll();
    far.close();
  });

  t.test(`${kind}: ports that are in use, or not here, are told at once, and neither is kept`, async t => {
    const other = createSocket('udp4');
    other.bind(LOWEST + 5, HOST);
    await once(other, 'listening');
    const options = { host: HOST, port: LOWEST + 4, onRtp: ignore, onRtcp: ignore };
    await t.rejects(sockets.bind(options), { code: 'EADDRINUSE' });
    other.close();
    await once(other, 'close');
    const pair = await sockets.bind(options);
    await t.rejects(sockets.bind(options), { code: 'EADDRINUSE' });
    // Programs that are started meanwhile don't hold them either.
    const child = spawn('sleep', ['60']);
    t.teardown(() => child.kill());
    await once(child, 'spawn');
    pair.close();
    await turn(sockets);
    const again = await sockets.bind(options);
    again.close();
    child.kill();
    await once(child, 'exit');
    await t.rejects(sockets.bind({ ...options, host: '192.0.2.77' }), { code: 'EADDRNOTAVAIL' });
  });

  t.test(
    `${kind}: by IPv6, and at all addresses, senders are told as they are written everywhere`,
    async t => {
      for (const [host, from] of [
        ['::1', '::1'],
        ['::', '::1'],
        ['::', HOST],
        ['0.0.0.0', HOST],
      ] as const) {
        const heard: string[] = [];
        const near = await sockets.bind({
          host,
          port: LOWEST + 8,
          onRtp: (bytes, ...source) => heard.push(`${Buffer.from(bytes)} ${source[0]} ${source[1]}`),
          onRtcp: ignore,
        });
        const { end, port, got } = await openEnd(from);
        end.send('hello', LOWEST + 8, from);
        await until(() => heard.length === 1);
        const told = host === '::' && from === HOST ? `::ffff:${HOST}` : from;
        t.same(heard, [`hello ${told} ${port}`]);
        near.sendRtp(Buffer.from('answer'), told, port);
        await until(() => got.length === 1);
        t.same(got, ['answer']);
        near.close();
        end.close();
        await turn(sockets);
      }
    },
  );

  t.test(`${kind}: senders of one port on different hosts are told apart`, async t => {
    for (const [host, before] of [
      ['0.0.0.0', ''],
      ['::', '::ffff:'],
    ] as const) {
      const heard: string[] = [];
      const near = await sockets.bind({
        host,
        port: LOWEST + 18,
        onRtp: (bytes, from) => heard.push(`${Buffer.from(bytes)} of ${from}`),
        onRtcp: ignore,
      });
      const one = await openEnd();
      const other = createSocket('udp4');
      other.bind(one.port, '127.0.0.2');
      await once(other, 'listening');
      for (let i = 0; i < 4; i += 1) {
        const end = i % 2 === 0 ? one.end : other;
        await new Promise(resolve => end.send(`${i}`, LOWEST + 18, HOST, resolve));
      }
      await until(() => heard.length === 4);
      t.same(
        heard,
        [0, 1, 2, 3].map(i => `${i} of ${before}127.0.0.${1 + (i % 2)}`),
      );
      near.close();
      one.end.close();
      other.close();
      await turn(sockets);
    }
  });

  t.test(`${kind}: a far end that is not there yet is heard when it is`, async t => {
    const heard: string[] = [];
    const near = await sockets.bind({
      host: HOST,
      port: LOWEST + 12,
      onRtp: bytes => heard.push(`${Buffer.from(bytes)}`),
      onRtcp: ignore,
    });
    const gone = await openEnd();
    gone.end.close();
    await once(gone.end, 'close');
    near.hearOnly(HOST, gone.port);
    for (let i = 0; i < 5; i += 1) {
      near.sendRtp(Buffer.from('anybody there?'), HOST, gone.port);
      await turn(sockets);
    }
    const back = createSocket('udp4');
    const got: string[] = [];
    back.on('message', bytes => void got.push(`${bytes}`));
    back.bind(gone.port, HOST);
    await once(back, 'listening');
    back.send('here', LOWEST + 12, HOST);
    await until(() => heard.length === 1);
    t.same(heard, ['here']);
    near.sendRtp(Buffer.from('good'), HOST, gone.port);
    await until(() => got.length === 1);
    t.same(got, ['good']);
    near.close();
    back.close();
  });

  t.test(`${kind}: datagrams of no length and of too many bytes are told as such`, async t => {
    const lengths: number[] = [];
    const near = await sockets.bind({
      host: HOST,
      port: LOWEST + 14,
      onRtp: bytes => lengths.push(Math.min(bytes.length, RTP_LIMITS.datagramBytes + 1)),
      onRtcp: ignore,
    });
    const { end } = await openEnd();
    const sent = [0, 1, 172, 1_500, 1_501, 1_502, 9_000, 65_507, 1, 172];
    for (const length of sent) {
      end.send(Buffer.alloc(length, length), LOWEST + 14, HOST);
      await turn(sockets);
    }
    await until(() => lengths.length === sent.length);
    t.same(lengths, [0, 1, 172, 1_500, 1_501, 1_501, 1_501, 1_501, 1, 172]);
    near.close();
    end.close();
  });

  t.test(`${kind}: a pair that is closed by what it hears hears no more`, async t => {
    let heard = 0;
    const pair: RtpPair = await sockets.bind({
      host: HOST,
      port: LOWEST + 16,
      onRtp: () => {
        heard += 1;
        pair.close();
      },
      onRtcp: ignore,
    });
    const { end } = await openEnd();
    for (let i = 0; i < 20; i += 1) end.send('bye', LOWEST + 16, HOST);
    await until(() => heard > 0);
    for (let i = 0; i < 5; i += 1) await turn(sockets);
    t.equal(heard, 1);
    end.close();
  });

  t.test(`${kind}: what strangers send to a pair that hears one end only does not arrive`, async t => {
    for (const host of [HOST, '0.0.0.0']) {
      const heard: string[] = [];
      const near = await sockets.bind({
        host,
        port: LOWEST + 6,
        onRtp: bytes => heard.push(`${Buffer.from(bytes)}`),
        onRtcp: ignore,
      });
      const [far, stranger] = [await openEnd(), await openEnd()];
      const say = async (): Promise<string> => {
        stranger.end.send('stranger', LOWEST + 6, HOST);
        far.end.send('far', LOWEST + 6, HOST);
        near.sendRtp(Buffer.from('hello'), HOST, far.port);
        await until(() => heard.includes('far'));
        return heard.splice(0).join();
      };
      t.equal(await say(), 'stranger,far');
      near.hearOnly(HOST, far.port);
      // A socket of all addresses goes on hearing all.
      t.equal(await say(), host === HOST ? 'far' : 'stranger,far');
      near.hearAll();
      near.hearAll();
      t.equal(await say(), 'stranger,far');
      near.hearOnly('not an address', 4_000);
      near.hearOnly(HOST, 0);
      t.equal(await say(), 'stranger,far', 'what can not be done is not');
      await until(() => far.got.length === 4);
      t.equal(stranger.got.length, 0);
      near.close();
      near.hearOnly(HOST, far.port);
      near.hearAll();
      far.end.close();
      stranger.end.close();
      await turn(sockets);
    }
  });
}
