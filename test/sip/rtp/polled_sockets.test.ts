import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { DatagramBatch } from '../../../sip/rtp/datagram_batch.ts';
import { RTP_LIMITS } from '../../../sip/rtp/limits.ts';
import { PolledSocket } from '../../../sip/rtp/polled_socket.ts';
import { PolledSockets } from '../../../sip/rtp/polled_sockets.ts';
import type { OnDatagram } from '../../../sip/rtp/rtp_sockets.ts';
import { loadUdpCalls, type UdpCalls } from '../../../sip/rtp/udp_calls.ts';

const HOST = '127.0.0.1';
/** A range of this process's own, below those that the system hands out. */
const LOWEST = 15_000 + (process.pid % 50) * 100;
const ignore: OnDatagram = () => {};

const polled = PolledSockets.open();
const calls = loadUdpCalls();

t.test('they are there on Linux, and nowhere else', async t => {
  t.equal(polled !== undefined, process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch));
  for (const [key, value] of [
    ['platform', 'darwin'],
    ['arch', 'riscv64'],
  ] as const) {
    const own = Object.getOwnPropertyDescriptor(process, key)!;
    Object.defineProperty(process, key, { ...own, value });
    try {
      t.equal(PolledSockets.open(), undefined, value);
    } finally {
      Object.defineProperty(process, key, own);
    }
  }
});

if (polled !== undefined && calls !== undefined) {
  t.test('a packet counts as come when the system got it', async t => {
    const agesMs: number[] = [];
    const onRtp: OnDatagram = (_bytes, _host, _port, ageMs) => void agesMs.push(ageMs);
    const pair = await polled.bind({ host: HOST, port: LOWEST, onRtp, onRtcp: ignore });
    const end = createSocket('udp4');
    const fromMs = performance.now();
    await new Promise(resolve => end.send('early', LOWEST, HOST, resolve));
    const sentMs = performance.now();
    await delay(40);
    await new Promise(resolve => end.send('late', LOWEST, HOST, resolve));
    const beforeMs = performance.now();
    polled.poll();
    const untilMs = performance.now();
    t.equal(agesMs.length, 2);
    t.ok(agesMs[0]! >= beforeMs - sentMs && agesMs[0]! <= untilMs - fromMs, `${agesMs[0]} ms`);
    t.ok(agesMs[0]! - agesMs[1]! >= 39, `${agesMs[0]! - agesMs[1]!} ms between the two`);
    pair.close();
    end.close();
  });

  t.test('a clock that somebody sets makes no packet old or of the future', async t => {
    for (const [shiftS, isKnown] of [
      [0, true],
      [-3_600, false],
      [3_600, false],
    ] as const) {
      const shifted: UdpCalls = {
        ...calls,
        clock_gettime: (clock, into) => {
          const result = calls.clock_gettime(clock, into);
          into[0]! += shiftS;
          return result;
        },
      };
      const agesMs: number[] = [];
      const onDatagram: OnDatagram = (_bytes, _host, _port, ageMs) => void agesMs.push(ageMs);
      const socket = new PolledSocket(shifted, new DatagramBatch(shifted), HOST, 0, onDatagram);
      socket.sendTo(Uint8Array.of(1), HOST, socket.port!);
      t.equal(socket.read(), 1);
      t.equal(agesMs[0]! > 0, isKnown, `${shiftS} s`);
      socket.close();
    }
  });

  t.test('of a flood each socket’s share is read in a tick, in order, and others are heard', async t => {
    const heard: number[] = [];
    let others = 0;
    const pairs = [];
    for (let i = 0; i < 24; i += 1) {
      const onRtp: OnDatagram = bytes => {
        if (i === 0) heard.push(bytes[0]!);
        else others += 1;
      };
      pairs.push(await polled.bind({ host: HOST, port: LOWEST + 2 + 2 * i, onRtp, onRtcp: ignore }));
    }
    const [first, ...rest] = pairs;
    for (let i = 0; i < 200; i += 1) rest[0]!.sendRtp(Uint8Array.of(i), HOST, LOWEST + 2);
    for (let i = 1; i < pairs.length; i += 1) first!.sendRtp(Uint8Array.of(i), HOST, LOWEST + 2 + 2 * i);
    polled.poll();
    t.same(
      heard,
      Array.from({ length: RTP_LIMITS.polledPacketsOfSocket }, (_, i) => i),
    );
    t.equal(others, pairs.length - 1);
    polled.poll();
    t.same(
      heard,
      Array.from({ length: 200 }, (_, i) => i),
      'the rest in the next',
    );

    others = 0;
    for (let i = 1; i < pairs.length; i += 1)
      for (let packet = 0; packet < 150; packet += 1)
        first!.sendRtp(Uint8Array.of(i), HOST, LOWEST + 2 + 2 * i);
    polled.poll();
    const most = RTP_LIMITS.polledPackets + 8 * pairs.length;
    t.ok(others > RTP_LIMITS.polledPackets && others <= most, `${others} packets of all`);
    for (let i = 0; i < 3; i += 1) polled.poll();
    t.equal(others, 150 * (pairs.length - 1));
    for (const pair of pairs) pair.close();
  });

  t.test('packets cost no memory', async t => {
    let bytesHeard = 0;
    const onRtp: OnDatagram = (bytes, host, port, ageMs) => {
      if (host === HOST && port > 0 && ageMs >= 0) bytesHeard += bytes.length;
    };
    const near = await polled.bind({ host: HOST, port: LOWEST + 60, onRtp, onRtcp: ignore });
    const far = await polled.bind({ host: HOST, port: LOWEST + 62, onRtp: ignore, onRtcp: ignore });
    const packet = new Uint8Array(172);
    const run = (packets: number): void => {
      for (let i = 0; i < packets; i += 1) {
        far.sendRtp(packet, HOST, LOWEST + 60);
        polled.poll();
      }
    };
    run(5_000);
    const grown = Array.from({ length: 9 }, () => {
      const before = process.memoryUsage().heapUsed;
      run(2_000);
      return (process.memoryUsage().heapUsed - before) / 2_000;
    });
    // A round may shrink by a collection, or come before its code was optimised; the age is boxed.
    const [, least = Infinity] = grown.filter(growth => growth >= 0).toSorted((a, b) => a - b);
    t.ok(least < 32, `${least} bytes a packet`);
    t.equal(bytesHeard, 172 * (5_000 + 9 * 2_000));
    near.close();
    far.close();
  });

  t.test('an end that can’t be had leaves no socket behind', async t => {
    const other = createSocket('udp4');
    other.bind(LOWEST + 71, HOST);
    await once(other, 'listening');
    const options = { host: HOST, port: LOWEST + 70, onRtp: ignore, onRtcp: ignore };
    const before = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 3; i += 1) await t.rejects(polled.bind(options), { code: 'EADDRINUSE' });
    await t.rejects(polled.bind({ ...options, host: 'no address' }), { code: 'EINVAL' });
    t.equal(readdirSync('/proc/self/fd').length, before);
    other.close();
  });
}
