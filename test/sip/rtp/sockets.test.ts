import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { PortRange } from '../../../sip/rtp/port_range.ts';
import { type OnDatagram, SocketPair } from '../../../sip/rtp/socket_pair.ts';
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

t.test('datagrams go both ways on an even port and the odd one after it', async t => {
  const heard: string[] = [];
  let allHeard: () => void = ignore as () => void;
  const done = new Promise<void>(resolve => {
    allHeard = resolve;
  });
  const note =
    (kind: string): OnDatagram =>
    (bytes, host, port) => {
      heard.push(`${kind} ${Buffer.from(bytes)} ${host} ${port}`);
      if (heard.length === 2) allHeard();
    };
  const nearPort = LOWEST;
  const farPort = LOWEST + 2;
  const near = await SocketPair.bind({ host: HOST, port: nearPort, onRtp: ignore, onRtcp: ignore });
  const far = await SocketPair.bind({ host: HOST, port: farPort, onRtp: note('rtp'), onRtcp: note('rtcp') });
  near.sendRtp(Buffer.from('hello there').subarray(0, 5), HOST, farPort);
  near.sendRtcp(Buffer.from('report'), HOST, farPort + 1);
  await done;
  t.same(heard.toSorted(), [`rtcp report ${HOST} ${nearPort + 1}`, `rtp hello ${HOST} ${nearPort}`]);
  near.sendRtp(new Uint8Array(4), 'not an address', 4_000);
  near.sendRtp(new Uint8Array(4), HOST, 0);
  near.sendRtp(new Uint8Array(4), HOST, 99_999);
  near.close();
  near.close();
  near.sendRtp(new Uint8Array(4), HOST, farPort);
  far.close();
});

t.test(
  'ports that another program uses, or that are not here, are told at once, and neither is kept',
  async t => {
    const other = createSocket('udp4');
    other.bind(LOWEST + 5, HOST);
    await once(other, 'listening');
    const options = { host: HOST, port: LOWEST + 4, onRtp: ignore, onRtcp: ignore };
    await t.rejects(SocketPair.bind(options), { code: 'EADDRINUSE' });
    other.close();
    await once(other, 'close');
    const pair = await SocketPair.bind(options);
    await t.rejects(SocketPair.bind(options), { code: 'EADDRINUSE' });
    pair.close();
    await t.rejects(SocketPair.bind({ ...options, host: '192.0.2.77' }), { code: 'EADDRNOTAVAIL' });
  },
);

t.test(
  'what strangers send to a pair that hears one end only does not arrive, until it hears all again',
  async t => {
    for (const host of [HOST, '0.0.0.0']) {
      const heard: string[] = [];
      const near = await SocketPair.bind({
        host,
        port: LOWEST + 6,
        onRtp: bytes => heard.push(`${Buffer.from(bytes)}`),
        onRtcp: ignore,
      });
      const ends = [createSocket('udp4'), createSocket('udp4')] as const;
      const answers = ends.map(() => 0);
      for (const [i, end] of ends.entries()) {
        end.bind(0, HOST);
        end.on('message', () => {
          answers[i]! += 1;
        });
        await once(end, 'listening');
      }
      const [far, stranger] = ends;
      const say = async (): Promise<string> => {
        stranger.send('stranger', LOWEST + 6, HOST);
        far.send('far', LOWEST + 6, HOST);
        near.sendRtp(Buffer.from('hello'), HOST, far.address().port);
        while (!heard.includes('far')) await new Promise(resolve => setImmediate(resolve));
        return heard.splice(0).join();
      };
      t.equal(await say(), 'stranger,far');
      near.hearOnly(HOST, far.address().port);
      // A socket of all addresses goes on hearing all.
      t.equal(await say(), host === HOST ? 'far' : 'stranger,far');
      near.hearAll();
      near.hearAll();
      t.equal(await say(), 'stranger,far');
      near.hearOnly('not an address', 4_000);
      near.hearOnly(HOST, 0);
      t.equal(await say(), 'stranger,far', 'what can not be done is not');
      while (answers[0]! < 4) await new Promise(resolve => setImmediate(resolve));
      t.same(answers, [4, 0]);
      near.close();
      near.hearOnly(HOST, far.address().port);
      near.hearAll();
      for (const end of ends) end.close();
    }
  },
);
