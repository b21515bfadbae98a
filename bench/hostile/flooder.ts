import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Conversation, nested } from './conversation.ts';
import {
  type FloodKind,
  type FloodOrder,
  type FloodReport,
  KNOWN_NUMBER,
  OFFER,
  request,
  scan,
} from './flood.ts';
import { drawFrom, mutate } from './mutate.ts';
import { speechOrReport } from './packets.ts';
import { TORTURE } from './torture.ts';

/** Floods a node on this machine as it is told and prints what came of it. `node flooder.ts ORDER`, as JSON. */
const order: FloodOrder = JSON.parse(process.argv[2] ?? '{}');
const PEER = '127.0.0.1';
const STRANGERS = 100;
const TICK_MS = 5;
const DRIPS = 60;
const DRIP_MS = 100;
const HUGE_BYTES = 200_000;

const draw = drawFrom(0xf100d);
const tally = { sent: 0, answers: 0, cutOff: 0 };

async function socketAt(host: string): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', () => {
    tally.answers += 1;
  });
  // What an ICMP message says of a port that nobody has.
  socket.on('error', () => undefined);
  socket.bind(0, host);
  await once(socket, 'listening');
  return socket;
}

function send(socket: Socket, bytes: string | Buffer, port: number): void {
  tally.sent += 1;
  socket.send(bytes, port, PEER, () => undefined);
}

/** Calls `one` so many times a second, in bursts of 5 ms. */
async function atRate(one: (count: number) => void): Promise<void> {
  const startedMs = performance.now();
  let count = 0;
  for (;;) {
    const elapsedMs = performance.now() - startedMs;
    if (elapsedMs >= order.seconds * 1000) return;
    for (const due = (elapsedMs * order.perSecond) / 1000; count < due; count += 1) one(count);
    await delay(TICK_MS);
  }
}

async function strangers(): Promise<void> {
  const sockets = await Promise.all(
    Array.from({ length: STRANGERS }, (_, index) => socketAt(`127.0.1.${index + 1}`)),
  );
  await atRate(count => {
    const socket = sockets[count % STRANGERS]!;
    const { address, port } = socket.address();
    send(socket, scan(count, address, port), order.port);
  });
  for (const socket of sockets) socket.close();
}

async function peers(): Promise<void> {
  const socket = await socketAt(PEER);
  const { port } = socket.address();
  await atRate(count => send(socket, scan(count, PEER, port), order.port));
  socket.close();
}

async function mutated(): Promise<void> {
  const socket = await socketAt(PEER);
  let conversation = new Conversation('flood', draw);
  await atRate(count => {
    if (conversation.isOver) conversation = new Conversation(`flood${count}`, draw);
    const original = draw(3) === 0 ? TORTURE[draw(TORTURE.length)]! : conversation.next();
    send(socket, mutate(original, TORTURE, draw), order.port);
  });
  socket.close();
}

async function rtp(): Promise<void> {
  const sockets = await Promise.all(['127.0.0.1', '127.0.1.1', '127.0.1.2'].map(socketAt));
  const [low, high] = order.rtpPorts;
  await atRate(count => {
    const packet = speechOrReport(draw, count);
    const bytes = draw(2) === 0 ? packet : mutate(packet, [packet], draw);
    send(sockets[count % sockets.length]!, bytes, low + (count % (high - low + 1)));
  });
  for (const socket of sockets) socket.close();
}

/** Connections that drip, that say too much, that nest too deep, and that say nothing; as many as are let in. */
async function streams(): Promise<void> {
  const endMs = performance.now() + order.seconds * 1000;
  const huge = `${'X-Long: '.padEnd(HUGE_BYTES, 'x')}\r\n`;
  const multipart = request('INVITE', KNOWN_NUMBER, PEER, 'deep', nested(40)).replace(
    'application/sdp',
    'multipart/mixed;boundary=deep-0',
  );
  const says = (index: number): string =>
    [
      `INVITE sip:a@b SIP/2.0\r\n${huge}`,
      multipart,
      '\r\n'.repeat(5000),
      request('INVITE', '1', PEER, '2', OFFER, [`Content-Length: ${'9'.repeat(30)}`]),
    ][index % 4]!;
  const drips = Array.from({ length: DRIPS }, () => drip(endMs));
  for (let index = 0; performance.now() < endMs; index += 1) {
    await burst(says(index), index % 2 === 0 ? PEER : `127.0.1.${1 + (index % 200)}`);
    await delay(1000 / order.perSecond);
  }
  await Promise.all(drips);
}

/** A byte at a time; connects anew when it is cut off. */
async function drip(endMs: number): Promise<void> {
  const text = request('OPTIONS', KNOWN_NUMBER, PEER, 'slow', '');
  while (performance.now() < endMs) {
    const socket = open(PEER);
    for (let at = 0; performance.now() < endMs && !socket.destroyed; at += 1) {
      tally.sent += 1;
      socket.write(text[at % text.length]!);
      await delay(DRIP_MS);
    }
    socket.destroy();
  }
}

async function burst(text: string, from: string): Promise<void> {
  const socket = open(from);
  tally.sent += 1;
  socket.end(text);
  await Promise.race([once(socket, 'close'), delay(1000)]);
  socket.destroy();
}

function open(from: string): ReturnType<typeof connect> {
  const socket = connect({ host: PEER, port: order.port, localAddress: from });
  socket.on('data', () => {
    tally.answers += 1;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    tally.cutOff += 1;
  });
  return socket;
}

const FLOODS: Readonly<Record<FloodKind, () => Promise<void>>> = { strangers, peers, mutated, streams, rtp };
await FLOODS[order.kind]();
const report: FloodReport = tally;
process.stdout.write(`${JSON.stringify(report)}\n`);
