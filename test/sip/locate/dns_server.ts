import { createSocket } from 'node:dgram';
import type { Test } from 'tap';

const TYPES = { A: 1, AAAA: 28, SRV: 33, NAPTR: 35 } as const;

/** Answers of a name server: `A a.example` → data of its records, or what it does instead of an answer. */
export type Zone = Readonly<Record<string, readonly Buffer[] | 'refuse' | 'garbage' | 'silence'>>;

function nameBytes(name: string): Buffer {
  const labels = name.split('.').filter(label => label !== '');
  return Buffer.concat([
    ...labels.flatMap(label => [Buffer.from([label.length]), Buffer.from(label)]),
    Buffer.of(0),
  ]);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
}

function words(...values: number[]): Buffer {
  return Buffer.from(values.flatMap(value => [value >> 8, value & 255]));
}

export function aRecord(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

export function srvRecord(priority: number, weight: number, port: number, name: string): Buffer {
  return Buffer.concat([words(priority, weight, port), nameBytes(name)]);
}

export function naptrRecord(order: number, preference: number, service: string, name: string): Buffer {
  return Buffer.concat([words(order, preference), text('s'), text(service), text(''), nameBytes(name)]);
}

function questionOf(query: Buffer): { key: string; end: number; type: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  const [word = String(type)] = Object.entries(TYPES).find(([, number]) => number === type) ?? [];
  return { key: `${word} ${labels.join('.').toLowerCase()}`, end: at + 5, type };
}

/** Response (RFC 1035 §4.1) with records of 300 s; without any, that the name is not there (code 3). */
function answerTo(query: Buffer, zone: Zone): Buffer | undefined {
  const { key, end, type } = questionOf(query);
  const found = zone[key] ?? [];
  if (found === 'silence') return undefined;
  if (found === 'garbage') return Buffer.concat([query.subarray(0, 2), Buffer.alloc(40, 0xff)]);
  const code = found === 'refuse' ? 5 : found.length === 0 ? 3 : 0;
  const records = found === 'refuse' ? [] : found;
  const head = Buffer.concat([query.subarray(0, 2), words(0x8180 | code, 1, records.length, 0, 0)]);
  const written = records.map(data => Buffer.concat([words(0xc00c, type, 1, 0, 300, data.length), data]));
  return Buffer.concat([head, query.subarray(12, end), ...written]);
}

/** A name server on the loopback; returns `address:port`. */
export async function nameServer(t: Test, zone: Zone): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { address, port }) => {
    const answer = answerTo(query, zone);
    if (answer !== undefined) socket.send(answer, port, address);
  });
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise<void>(resolve => socket.close(() => resolve())));
  return `127.0.0.1:${socket.address().port}`;
}
