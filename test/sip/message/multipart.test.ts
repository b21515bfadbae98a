import t from 'tap';
import { SIP_LIMITS } from '../../../sip/limits.ts';
import { mediaType, readParts } from '../../../sip/message/multipart.ts';
import { parseDatagram } from '../../../sip/message/parse.ts';
import { tortureBytes } from './torture_files.ts';

const TYPE = 'multipart/mixed;boundary=b';

function partsOf(lines: readonly string[], type = TYPE) {
  return readParts(type, Buffer.from(lines.join('\r\n')))?.map(({ type: one, content }) => [
    one,
    content.toString(),
  ]);
}

t.test('a body that is no multipart is its own part', async t => {
  t.same(partsOf(['v=0', ''], 'Application/SDP ; x=y'), [['application/sdp', 'v=0\r\n']]);
  t.equal(mediaType(''), '');
});

t.test('mpart01: text, and the bytes of a signature', async t => {
  const result = parseDatagram(tortureBytes('mpart01'));
  if (result.outcome !== 'message') throw new Error('not read');
  const { headers, body } = result.message;
  const parts = readParts(headers.get('content-type') ?? '', body) ?? [];
  t.match(parts, [
    { type: 'text/plain', content: Buffer.from('Hello') },
    { type: 'application/octet-stream' },
  ]);
  t.equal(parts[1]?.headers.get('content-transfer-encoding'), 'binary');
  t.equal(parts[1]?.content.length, 342);
});

t.test('preamble, epilogue, padding, folding, a quoted boundary, one that only begins alike', async t => {
  t.same(
    partsOf(
      [
        'before',
        '--a b  ',
        'Content-Type: application/sdp;',
        ' x=y',
        '',
        'v=0',
        '--a bc',
        's=-',
        '',
        '--a b',
        '',
        'plain',
        '--a b',
        '--a b--',
        'after',
      ],
      'multipart/mixed; boundary="a b"',
    ),
    [
      ['application/sdp', 'v=0\r\n--a bc\r\ns=-\r\n'],
      ['text/plain', 'plain'],
      ['text/plain', ''],
    ],
  );
});

t.test('multipart inside multipart', async t => {
  const inner = ['--i', 'content-type: application/sdp', '', 'v=0', '--i--'];
  const nested = [
    '--b',
    'Content-Type: multipart/alternative;boundary=i',
    '',
    ...inner,
    '--b',
    '',
    'x',
    '--b--',
  ];
  t.same(partsOf(nested), [
    ['application/sdp', 'v=0'],
    ['text/plain', 'x'],
  ]);
});

t.test('what cannot be read', async t => {
  for (const lines of [
    [''],
    ['--b'],
    ['--b', '', 'x'],
    ['--b', '', 'x', '--b'],
    ['x--b', '', 'x', '--b--'],
    ['--b', 'no colon', '', 'x', '--b--'],
    ['--b', 'A: \0', '', 'x', '--b--'],
  ])
    t.equal(partsOf(lines), undefined, lines.join('|'));
  t.equal(partsOf(['--b', '', 'x', '--b--'], 'multipart/mixed'), undefined, 'no boundary');
  t.equal(partsOf(['--b', '', 'x', '--b--'], `multipart/mixed;boundary=${'b'.repeat(71)}`), undefined);
  const many = Array.from({ length: SIP_LIMITS.bodyParts + 1 }, () => ['--b', '', 'x']).flat();
  t.equal(partsOf([...many, '--b--']), undefined);
  t.equal(partsOf([...many.slice(3), '--b--'])?.length, SIP_LIMITS.bodyParts);
});

t.test('no deeper than the limit', async t => {
  const nest = (depth: number): string[] =>
    depth === 0
      ? [`--b${depth}`, '', 'x', `--b${depth}--`]
      : [
          `--b${depth}`,
          `Content-Type: multipart/mixed;boundary=b${depth - 1}`,
          '',
          ...nest(depth - 1),
          `--b${depth}--`,
        ];
  const deep = (depth: number) => partsOf(nest(depth), `multipart/mixed;boundary=b${depth}`);
  t.same(deep(SIP_LIMITS.bodyDepth - 1), [['text/plain', 'x']]);
  t.equal(deep(SIP_LIMITS.bodyDepth), undefined);
});
