import t from 'tap';
import type { LadderEntry, SipEntry } from '../../src/ladder/entries.ts';
import { drawLadder } from '../../src/ladder/show/picture.ts';
import { writeLadder } from '../../src/ladder/show/text.ts';
import { viewLadder } from '../../src/ladder/show/view.ts';
import { START_MS, wireCall } from './wire_call.ts';

const ENDS = {
  local: { address: '192.0.2.10', port: 5060 },
  remote: { address: '2001:db8::7', port: 5066 },
};

function sipEntry(text: string, more: Partial<SipEntry> = {}): SipEntry {
  return {
    kind: 'sip',
    atMs: START_MS,
    direction: 'in',
    protocol: 'UDP',
    ...ENDS,
    text,
    cutBytes: 0,
    ...more,
  };
}

/** Texts of a picture by the reader's own eyes: what stands between tags, entities resolved. Throws where it is no XML. */
function textsOf(svg: string): string[] {
  const open: string[] = [];
  const texts: string[] = [];
  for (const [whole, close, name = '', attributes = '', empty] of svg.matchAll(
    /<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<>]*")*)\s*(\/?)>|[^<]+|</g,
  )) {
    if (name === '') {
      if (whole.includes('<') || /&(?!(?:amp|lt|gt|quot|#39);)/.test(whole))
        throw new Error(`no XML: ${whole}`);
      if (open.at(-1) === 'text') texts.push(whole);
    } else if (close === '/') {
      if (open.pop() !== name) throw new Error(`closes what is not open: ${name}`);
    } else {
      if (/\son|href|style|javascript/i.test(attributes)) throw new Error(`not harmless: ${attributes}`);
      if (empty === '') open.push(name);
    }
  }
  if (open.length > 0) throw new Error('not closed');
  if (/[^\P{Cc}\n]/u.test(svg)) throw new Error('a control character');
  return texts.map(text =>
    text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&'),
  );
}

t.test('a call in a view', async t => {
  const { columns, steps, startMs } = viewLadder(wireCall());
  t.equal(startMs, START_MS);
  t.same(columns, ['203.0.113.7:5066', '192.0.2.10:5060', '192.0.2.10:10001', '203.0.113.8:40001']);
  t.same(
    steps.map(({ kind, title, isRepeated }) => `${kind}: ${title}${isRepeated ? ' again' : ''}`),
    [
      'request: INVITE sip:+00000299@192.0.2.10:5060',
      'failure: 401 Unauthorized (INVITE)',
      'request: ACK sip:+00000299@192.0.2.10:5060',
      'request: INVITE sip:+00000299@192.0.2.10:5060',
      'provisional: 100 Trying (INVITE)',
      'request: INVITE sip:+00000299@192.0.2.10:5060 again',
      'provisional: 100 Trying (INVITE) again',
      'success: 200 OK (INVITE)',
      'request: ACK sip:+00000299@192.0.2.10:5060',
      'report: sender report',
      'report: sender report',
      'request: INFO sip:+00000299@192.0.2.10:5060',
      'success: 200 OK (INFO)',
      'request: INVITE sip:+00000299@192.0.2.10:5060',
      'failure: 488 Not Acceptable Here (INVITE)',
      'request: BYE sip:+00000299@192.0.2.10:5060',
      'success: 200 OK (BYE)',
    ],
  );
  t.same(steps[7]?.notes, ['audio 192.0.2.10:10000 PCMU, telephone-event sendrecv']);
  t.same(steps[9]?.notes, ['hears 0x01020304: 0.0 % lost, 0 in all, jitter 3.3 ms']);
  t.same(
    steps[10]?.notes,
    ['hears 0xa1b2c3d4: 5.1 % lost, 13 in all, jitter 3.3 ms, round trip 40 ms'],
    '290 ms after ours, 250 of them held back by the far end',
  );
  t.same(steps[13]?.notes, ['audio 203.0.113.8:40000 PCMU, PCMA, G722, telephone-event sendonly']);
  t.match(steps[10], { from: '203.0.113.8:40001', to: '192.0.2.10:10001', protocol: 'RTCP' });
});

t.test('what cannot be read is shown all the same', async t => {
  const { steps } = viewLadder([
    sipEntry('BYE masked\r\nCSeq: x\r\n\r\n'),
    sipEntry('SIP/2.0 200 OK\r\n\r\n', { direction: 'out', cutBytes: 12 }),
    sipEntry(
      'INVITE sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: 1\r\n' +
        'CSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n',
    ),
    { kind: 'rtcp', atMs: START_MS, direction: 'in', ...ENDS, clockHz: 8000, bytes: '' },
    { kind: 'gap', atMs: START_MS, count: 7 },
  ]);
  t.match(steps, [
    { title: 'BYE masked', notes: ['not readable'] },
    { title: 'SIP/2.0 200 OK', kind: 'failure', notes: ['not readable', '12 bytes of it not kept'] },
    { kind: 'request', notes: [/^SDP /] },
    { kind: 'report', title: 'not readable' },
    { kind: 'gap', title: '7 more, not kept' },
  ]);
  t.same(viewLadder([]), { startMs: 0, columns: [], steps: [] });
});

t.test('the same in text', async t => {
  const text = writeLadder(viewLadder(wireCall()));
  t.match(text, 'Begins 2026-01-05T12:00:00.000Z');
  t.match(
    text,
    '\n    0.531  203.0.113.7:5066 ──UDP──▶ 192.0.2.10:5060  INVITE sip:+00000299@192.0.2.10:5060 (sent again)\n',
  );
  t.match(
    text,
    '\n           · audio 192.0.2.10:10000 PCMU, telephone-event sendrecv\n           SIP/2.0 200 OK\n',
  );
  t.match(text, '\n    5.951  203.0.113.8:40001 ──RTCP──▶ 192.0.2.10:10001  sender report\n');
  t.notMatch(text, /\r| $/m);
});

t.test('the same as a picture', async t => {
  const svg = drawLadder(viewLadder(wireCall()));
  const texts = textsOf(svg);
  for (const shown of [
    '203.0.113.7:5066',
    '+12.002',
    'INVITE sip:+00000299@192.0.2.10:5060 (again)',
    '488 Not Acceptable Here (INVITE)',
    'Reason: Q.850;cause=16;text="Normal call clearing"',
    'hears 0xa1b2c3d4: 5.1 % lost, 13 in all, jitter 3.3 ms, round trip 40 ms',
  ])
    t.ok(texts.includes(shown), shown);
  t.equal(svg.match(/<path /g)?.length, 17, 'an arrow for each');
});

t.test('no text becomes markup, and none leads a reader astray', async t => {
  const evil =
    '</text><script>alert(1)</script>"\'&<a href="javascript:x">]]>\x1b[2J\x00\x85\u202e\ud800\ufeff';
  const printed = evil.replace(/[^\P{Cc}\t]/gu, '');
  const entries: LadderEntry[] = [
    sipEntry(`${evil}\r\n\r\n`, { remote: { address: evil, port: 1 } }),
    sipEntry(
      `SIP/2.0 200 ${printed}\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:h>;tag=1\r\nTo: <sip:h>\r\n` +
        `Call-ID: <b>\r\nCSeq: 1 INVITE\r\nReason: ${printed}\r\n\r\n`,
      { direction: 'out' },
    ),
    sipEntry(`${'long '.repeat(3_000)}\r\n\r\n`),
  ];
  const view = viewLadder(entries);
  const texts = textsOf(drawLadder(view));
  t.ok(
    texts.some(text => text.startsWith('</text><script>')),
    'it is shown as text',
  );
  const text = writeLadder(view);
  t.notMatch(text, /[^\P{C}\n]/u, 'no control, direction mark or half a character');
  t.match(text, '\\u{1b}[2J\\u{0}\\u{85}\\u{202e}');
});

t.test('columns keep apart, whatever meets whom', async t => {
  const ends = ['192.0.2.1', '2001:db8:1111:2222:3333:4444:5555:6666', '198.51.100.3', '192.0.2.10'];
  const entries = ends.map(address =>
    sipEntry('OPTIONS sip:h SIP/2.0\r\n\r\n', { remote: { address, port: 5060 }, protocol: 'TCP' }),
  );
  const svg = drawLadder(viewLadder(entries));
  const places = [...svg.matchAll(/<text x="([\d.]+)" y="34" [^>]*>([^<]+)/g)].map(([, x, name = '']) => {
    const half = (name.length * 12 * 0.6) / 2;
    return { left: Number(x) - half, right: Number(x) + half };
  });
  t.equal(places.length, 4);
  for (const [at, { right }] of places.entries())
    t.ok(right < (places[at + 1]?.left ?? Number.POSITIVE_INFINITY), `column ${at}`);
  t.ok((places.at(-1)?.right ?? 0) < Number(/width="(\d+)"/.exec(svg)?.[1]));
  t.ok(textsOf(svg).includes('OPTIONS sip:h SIP/2.0 TCP'), 'its way is told where it is not UDP');
});
