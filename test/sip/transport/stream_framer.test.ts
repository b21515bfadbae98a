import t from 'tap';
import { SIP_LIMITS } from '../../../sip/limits.ts';
import type { ParseOutcome } from '../../../sip/message/outcome.ts';
import { serialize } from '../../../sip/message/serialize.ts';
import { StreamFramer } from '../../../sip/transport/stream_framer.ts';
import { tortureBytes } from '../message/torture_files.ts';
import { requestOf } from './requests.ts';

class Heard {
  readonly outcomes: ParseOutcome[] = [];
  keepAlives = 0;
  lost: string | undefined;
  readonly framer = new StreamFramer({
    message: outcome => this.outcomes.push(outcome),
    keepAlive: () => this.keepAlives++,
    lost: detail => {
      this.lost = detail;
    },
  });

  push(...chunks: (string | Buffer)[]): this {
    for (const chunk of chunks) this.framer.push(Buffer.from(chunk));
    return this;
  }

  get methods(): string[] {
    return this.outcomes.map(one =>
      one.outcome === 'message' && one.message.kind === 'request' ? one.message.method : one.outcome,
    );
  }

  get statuses(): number[] {
    return this.outcomes.map(one => (one.outcome === 'rejected' ? one.status : 0));
  }
}

const WITH_BODY = serialize(requestOf('MESSAGE', { body: Buffer.from('hello\r\n\r\nthere') }));
const EMPTY = serialize(requestOf('OPTIONS'));
const STREAM = Buffer.concat([
  WITH_BODY,
  EMPTY,
  Buffer.from('\r\n\r\n'),
  WITH_BODY,
  Buffer.from('\r\n'),
  EMPTY,
]);

t.test('messages are cut the same however the bytes arrive', async t => {
  for (const size of [1, 2, 3, 7, 100, 1_000, STREAM.length]) {
    const heard = new Heard();
    for (let at = 0; at < STREAM.length; at += size) heard.push(STREAM.subarray(at, at + size));
    t.same(heard.methods, ['MESSAGE', 'OPTIONS', 'MESSAGE', 'OPTIONS'], `in chunks of ${size}`);
    t.match(heard.outcomes[2], { message: { body: Buffer.from('hello\r\n\r\nthere') } });
    t.equal(heard.keepAlives, 1);
    t.equal(heard.lost, undefined);
    t.notOk(heard.framer.isInMessage);
  }
});

t.test('a double empty line is a keep-alive, a single one is nothing', async t => {
  t.equal(new Heard().push('\r\n\r\n').keepAlives, 1);
  t.equal(new Heard().push('\r\n\r\n\r\n\r\n').keepAlives, 2);
  t.equal(new Heard().push('\r\n').keepAlives, 0);
});

t.test('both messages of dblreq are seen on a stream', async t => {
  t.same(new Heard().push(tortureBytes('dblreq')).methods, ['REGISTER', 'INVITE']);
});

t.test('what ends the stream, and what is answered before', async t => {
  const head = (line: string) => EMPTY.toString().replace('Content-Length: 0', line);
  for (const [bytes, status] of [
    [head('X: y'), 400],
    [head('Content-Length: -1'), 400],
    [head('Content-Length: five'), 400],
    [head('Content-Length: 1\r\nContent-Length: 2'), 400],
    [head('Content-Length: 99999999999999999999'), 400],
    [head(`Content-Length: ${SIP_LIMITS.bodyBytes + 1}`), 413],
    [head(`X: ${'y'.repeat(SIP_LIMITS.headBytes)}\r\nl: 0`), 513],
    [tortureBytes('ncl'), 400],
    [tortureBytes('mcl01'), 400],
  ] as const) {
    const heard = new Heard().push(bytes, EMPTY);
    t.same(heard.statuses, [status], bytes.slice(-60).toString());
    t.ok(heard.lost);
  }
  t.ok(new Heard().push('GET / HTTP/1.1\r\nHost: x\r\n\r\n').lost, 'another protocol');
  t.ok(new Heard().push('SIP/2.0 200 OK\r\nl: x\r\n\r\n').lost, 'a response without a length');
});

t.test('a head that never ends is given up at its limit', async t => {
  const heard = new Heard().push(
    'OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n',
  );
  for (let sent = 0; sent <= SIP_LIMITS.headBytes && heard.lost === undefined; sent += 100)
    heard.push(`X: ${'y'.repeat(96)}\r\n`);
  t.same(heard.statuses, [513]);
  t.ok(heard.lost);
  heard.push(EMPTY);
  t.equal(heard.outcomes.length, 1, 'nothing is read behind it');
});

t.test('a bad request with a good length does not end the stream', async t => {
  const bad = WITH_BODY.toString().replace('CSeq: 1 MESSAGE', 'CSeq: x');
  const heard = new Heard().push(bad, EMPTY);
  t.same(heard.methods, ['rejected', 'OPTIONS']);
  t.equal(heard.lost, undefined);
});

t.test('clerr: a body that does not come is waited for', async t => {
  const heard = new Heard().push(tortureBytes('clerr'));
  t.same(heard.outcomes, []);
  t.ok(heard.framer.isInMessage);
});

t.test('one chunk far larger than a message', async t => {
  const heard = new Heard().push(Buffer.concat(Array<Buffer>(1_000).fill(WITH_BODY)));
  t.equal(heard.methods.length, 1_000);
});
