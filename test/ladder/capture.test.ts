import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { LadderEntry, SipEntry } from '../../src/ladder/entries.ts';
import { captureLadder } from '../../src/ladder/show/capture.ts';
import { findProgram } from '../../src/supervisor/find_program.ts';
import { START_MS, wireCall } from './wire_call.ts';

interface Packet {
  readonly atUs: number;
  readonly version: number;
  readonly protocol: number;
  readonly source: string;
  readonly destination: string;
  readonly ports: readonly [number, number];
  /** TCP's. */
  readonly sequence: number;
  readonly acknowledged: number;
  readonly payload: string;
}

/** One's complement sum of 16-bit words; 0xffff over a packet whose checksum is right (RFC 1071). */
function sum(bytes: Buffer): number {
  const words = Array.from({ length: Math.ceil(bytes.length / 2) }, (_, at) => {
    return (bytes[at * 2]! << 8) | (bytes[at * 2 + 1] ?? 0);
  });
  return words.reduce((total, word) => ((total + word) & 0xffff) + ((total + word) >>> 16), 0);
}

/** Reads a capture by the formats' own documents; throws where a length or checksum is wrong. */
function readCapture(file: Buffer): Packet[] {
  if (file.readUInt32LE(0) !== 0xa1b2c3d4 || file.readUInt32LE(20) !== 101)
    throw new Error('no capture of IP');
  const packets: Packet[] = [];
  for (let at = 24; at < file.length; ) {
    const length = file.readUInt32LE(at + 8);
    if (file.readUInt32LE(at + 12) !== length) throw new Error('cut');
    const atUs = file.readUInt32LE(at) * 1e6 + file.readUInt32LE(at + 4);
    packets.push(readPacket(file.subarray(at + 16, at + 16 + length), atUs));
    at += 16 + length;
  }
  return packets;
}

function readPacket(bytes: Buffer, atUs: number): Packet {
  const version = bytes[0]! >> 4;
  const isFour = version === 4;
  const head = isFour ? 20 : 40;
  const said = isFour ? bytes.readUInt16BE(2) : 40 + bytes.readUInt16BE(4);
  if (said !== bytes.length || (isFour && sum(bytes.subarray(0, 20)) !== 0xffff))
    throw new Error('a bad IP header');
  const protocol = isFour ? bytes[9]! : bytes[6]!;
  const addresses = isFour ? bytes.subarray(12, 20) : bytes.subarray(8, 40);
  const segment = bytes.subarray(head);
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt32BE(segment.length, 0);
  pseudo[7] = protocol;
  if (sum(Buffer.concat([addresses, pseudo, segment])) !== 0xffff) throw new Error('a bad checksum');
  const half = addresses.length / 2;
  const nameOf = (address: Buffer) => (isFour ? [...address].join('.') : address.toString('hex'));
  return {
    atUs,
    version,
    protocol,
    source: nameOf(addresses.subarray(0, half)),
    destination: nameOf(addresses.subarray(half)),
    ports: [segment.readUInt16BE(0), segment.readUInt16BE(2)],
    sequence: protocol === 6 ? segment.readUInt32BE(4) : 0,
    acknowledged: protocol === 6 ? segment.readUInt32BE(8) : 0,
    payload: segment.subarray(protocol === 6 ? (segment[12]! >> 4) * 4 : 8).toString(),
  };
}

function message(text: string, more: Partial<SipEntry>): SipEntry {
  return {
    kind: 'sip',
    atMs: START_MS + 0.25,
    direction: 'in',
    protocol: 'TCP',
    local: { address: '192.0.2.10', port: 5060 },
    remote: { address: '203.0.113.7', port: 49_152 },
    text,
    cutBytes: 0,
    ...more,
  };
}

t.test('each message in a datagram of its own', async t => {
  const entries = wireCall();
  const packets = readCapture(captureLadder(entries));
  t.equal(packets.length, entries.length);
  const [invite, challenge] = packets;
  t.match(invite, {
    atUs: START_MS * 1000,
    version: 4,
    protocol: 17,
    source: '203.0.113.7',
    destination: '192.0.2.10',
    ports: [5066, 5060],
    payload: /^INVITE sip:\+00000299@192\.0\.2\.10:5060 SIP\/2\.0\r\n.*a=sendrecv\r\n$/s,
  });
  t.match(challenge, { source: '192.0.2.10', ports: [5060, 5066], payload: /^SIP\/2\.0 401 / });
  t.match(packets[10], { source: '203.0.113.8', ports: [40_001, 10_001] });
});

t.test('messages of a stream follow one another in sequence', async t => {
  const packets = readCapture(
    captureLadder([
      message('one', {}),
      message('twenty', { direction: 'out' }),
      message('three', { remote: { address: '203.0.113.7', port: 49_153 } }),
      message('four', {}),
    ]),
  );
  t.same(
    packets.map(({ protocol, sequence, acknowledged, payload }) => [
      protocol,
      sequence,
      acknowledged,
      payload,
    ]),
    [
      [6, 1, 1, 'one'],
      [6, 1, 4, 'twenty'],
      [6, 1, 1, 'three'],
      [6, 4, 7, 'four'],
    ],
  );
  t.equal(packets[0]?.atUs, START_MS * 1000 + 250);
});

t.test('addresses of all kinds', async t => {
  const from = (address: string, local = address) =>
    message('', { protocol: 'UDP', remote: { address, port: 1 }, local: { address: local, port: 2 } });
  const packets = readCapture(
    captureLadder([
      from('2001:db8::1'),
      from('::'),
      from('1:2:3:4:5:6:7:8'),
      from('::ffff:192.0.2.1'),
      from('fe80::1%eth0'),
      from('2001:db8::1', '192.0.2.10'),
      from('sip.example.com'),
      { kind: 'gap', atMs: START_MS, count: 3 },
    ]),
  );
  t.same(
    packets.map(({ source }) => source),
    [
      '20010db8000000000000000000000001',
      '0'.repeat(32),
      '00010002000300040005000600070008',
      '00000000000000000000ffffc0000201',
      'fe800000000000000000000000000001',
      '20010db8000000000000000000000001',
      '0.0.0.0',
    ],
  );
  t.equal(packets[5]?.destination, '00000000000000000000ffffc000020a');
});

t.test('a checksum that comes out as none is written as its other zero (RFC 768)', async t => {
  const capture = (port: number) => {
    return captureLadder([message('hello', { protocol: 'UDP', remote: { address: '203.0.113.7', port } })]);
  };
  const checksum = (file: Buffer) => file.readUInt16BE(24 + 16 + 20 + 6);
  // A word that is the checksum of all others makes it zero.
  const file = capture(checksum(capture(0)));
  t.equal(checksum(file), 0xffff);
  t.equal(readCapture(file).length, 1);
});

t.test('the largest message fits', async t => {
  const text = 'é'.repeat(20_000);
  const entries: LadderEntry[] = [message(text, { protocol: 'UDP' }), message(text, {})];
  t.same(
    readCapture(captureLadder(entries)).map(({ payload }) => payload),
    [text, text],
  );
});

const tshark = findProgram('tshark');

t.test('Wireshark reads it', { skip: tshark === undefined && 'needs tshark' }, async t => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-capture-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'call.pcap');
  const entries = wireCall();
  const stream = entries.flatMap(entry =>
    entry.kind === 'sip' ? [{ ...entry, protocol: 'TCP' as const }] : [],
  );
  for (const [ladder, protocols] of [
    [entries, /^(SIP|SIP\/SDP|S?RTCP)$/],
    [stream, /^(SIP|SIP\/SDP)$/],
  ] as const) {
    writeFileSync(file, captureLadder(ladder));
    const checks = ['ip.check_checksum', 'udp.check_checksum', 'tcp.check_checksum'];
    const options = checks.flatMap(check => ['-o', `${check}:TRUE`]);
    const statuses = ['ip.checksum.status', 'udp.checksum.status', 'tcp.checksum.status'];
    const fields = ['_ws.col.Protocol', '_ws.malformed', 'tcp.analysis.flags', ...statuses];
    const columns = fields.flatMap(name => ['-e', name]);
    const { stdout } = spawnSync(tshark ?? '', ['-r', file, ...options, '-T', 'fields', ...columns], {
      encoding: 'utf8',
    });
    const rows = stdout.trimEnd().split('\n');
    t.equal(rows.length, ladder.length);
    for (const row of rows) {
      const [protocol, malformed, flags, ...checked] = row.split('\t');
      t.match(protocol, protocols);
      t.same([malformed, flags], ['', '']);
      t.same(checked.filter(status => status !== '').join(), '1,1', 'both checksums are good');
    }
  }
});
