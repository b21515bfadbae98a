import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { parseConfig } from '../../src/config/load.ts';
import { parseNetwork } from '../../src/config/network.ts';
import { ROOT } from '../tidy/sources.ts';

function faultOf(yaml: string, env: NodeJS.ProcessEnv = {}): string {
  try {
    parseConfig(yaml, 'trunkline.yaml', env);
  } catch (error) {
    return (error as { detail?: string }).detail ?? String(error);
  }
  return 'none';
}

/** A trunk of these lines, which begin at line 3 of the file. */
function trunkWith(...lines: string[]): string {
  return ['trunks:', '  - name: a', ...lines.map(line => `    ${line}`)].join('\n');
}

t.test('the example in trunkline.yaml is a valid trunk', async t => {
  const [text = ''] = readFileSync(join(ROOT, 'trunkline.yaml'), 'utf8').split('\ntrunks: []');
  const example = text.split('\n').filter(line => /^# {3}/.test(line));
  t.ok(example.length > 15);
  const yaml = `trunks:\n${example.map(line => line.slice(1)).join('\n')}`;
  t.match(parseConfig(yaml, 'trunkline.yaml', {}).trunks, [
    {
      name: 'provider',
      directions: ['inbound', 'outbound'],
      numbering: { nationalPrefix: '0', countryCode: '49' },
      outboundDigest: { user: '4930123', realm: '' },
      attributes: { 'X-Customer': 'customer' },
      dispatch: [{ workflow: 'piano_removal', pinEnv: 'PIANO_PIN' }],
    },
  ]);
});

t.test('a trunk has safe defaults', async t => {
  t.same(parseConfig(trunkWith(), 'trunkline.yaml', {}).trunks, [
    {
      name: 'a',
      directions: ['inbound'],
      allowedAddresses: [],
      numbering: {
        stripDigits: 0,
        addPrefix: '',
        internationalPrefix: '00',
        nationalPrefix: '',
        countryCode: '',
      },
      numbers: [],
      attributes: {},
      maxCalls: 32,
      maxCallsPerSecond: 10,
      codecs: ['G722', 'PCMU', 'PCMA'],
      outboundProxy: '',
      gateways: [],
      transferBy: 'bridge',
      transferHost: '',
      optionsEveryS: 60,
      dispatch: [],
      pipeline: {},
    },
  ]);
});

t.test('faults are told with their line', async t => {
  const faults: [yaml: string, fault: RegExp][] = [
    [trunkWith('maxcalls: 3'), /^trunkline\.yaml:3: unknown key trunks\.0\.maxcalls$/],
    [trunkWith('numbering:', '  prefix: 3'), /^trunkline\.yaml:4: unknown key trunks\.0\.numbering\.prefix$/],
    [trunkWith('password: x'), /^trunkline\.yaml:3: unknown key trunks\.0\.password$/],
    [trunkWith('codecs: [PCMU, G729]'), /^trunkline\.yaml:3: trunks\.0\.codecs\.1/],
    [trunkWith('codecs: [PCMU, PCMU]'), /each codec once/],
    [trunkWith('allowedAddresses:', '  - 192.0.2.0/24', '  - 192.0.2.0/33'), /^trunkline\.yaml:5: .*network/],
    [trunkWith('numbers: ["555-0100"]'), /^trunkline\.yaml:3: trunks\.0\.numbers\.0: a number or pattern/],
    [trunkWith('numbers: [15550100]'), /expected string/],
    [trunkWith('gateways: ["sip:user@host"]'), /a SIP URI without a user/],
    [trunkWith('gateways: ["sip:host\\r\\nX: y"]'), /a SIP URI without a user/],
    [trunkWith('gateways: ["sip:host:70000"]'), /a port from 1 to 65535/],
    [trunkWith('outboundProxy: "sip:host:0;transport=tcp"'), /a port from 1 to 65535/],
    [trunkWith('optionsEveryS: 3'), /0, or 5 and more/],
    [trunkWith('register: {registrar: "sip:a"}'), /^trunkline\.yaml:3: trunks\.0\.register\.addressOfRecord/],
    [trunkWith('register: {registrar: "sip:u@a", addressOfRecord: "sip:u@a"}'), /a SIP URI without a user/],
    [trunkWith('register: {registrar: "sip:a", addressOfRecord: "sip:a"}'), /a SIP URI with a user/],
    [
      trunkWith('register: {registrar: "sip:a", addressOfRecord: "sip:u@a", contactUser: "a@b"}'),
      /letters, digits and/,
    ],
    [trunkWith('register: {registrar: "sip:a", addressOfRecord: "sip:u@a", expiresS: 1}'), /expiresS/],
    [trunkWith('attributes: {"X Y": z}'), /^trunkline\.yaml:3: /],
    [trunkWith('attributes: {X-Y: "a b"}'), /letters, digits and _ only/],
    [
      trunkWith('directions: [outbound]'),
      /^trunkline\.yaml:2: trunks\.0\.gateways: an outbound trunk needs a target/,
    ],
    [`${trunkWith()}\n  - name: a`, /^trunkline\.yaml:3: trunks\.1\.name: a second trunk called a/],
    ['trunks:\n  - name: a\n  - 7', /^trunkline\.yaml:3: trunks\.1: expected object/],
    ['trunks: [{}]', /trunks\.0\.name/],
  ];
  for (const [yaml, fault] of faults) t.match(faultOf(yaml), fault, yaml);
  const many = Array.from({ length: LIMITS.trunks + 1 }, (_, n) => `  - name: t${n}`).join('\n');
  t.match(faultOf(`trunks:\n${many}`), /expected array to have <=|Too big/);
});

t.test('passwords do not belong into the file', async t => {
  const digest = (more: string): string => faultOf(trunkWith(`outboundDigest: {user: u${more}}`));
  t.equal(digest(', passwordEnv: CARRIER'), 'none');
  t.equal(digest(', passwordFile: secrets/carrier'), 'none');
  t.match(digest(', password: hunter2'), /unknown key trunks\.0\.outboundDigest\.password/);
  t.notMatch(digest(', password: hunter2'), /hunter2/);
  t.match(digest(''), /either passwordEnv or passwordFile/);
  t.match(digest(', passwordEnv: A, passwordFile: b'), /either passwordEnv or passwordFile/);
  t.match(digest(', passwordEnv: TRUNKLINE_SECRET'), /not a name of the configuration/);
  t.match(digest(', passwordEnv: "$(id)"'), /the name of an environment variable/);
  const pin = (more: string): string =>
    faultOf(trunkWith(`dispatch: [{numbers: ["*"], workflow: w, ${more}}]`));
  t.equal(pin('pinFile: p'), 'none');
  t.match(pin('pinEnv: A, pinFile: b'), /not both/);
  t.match(pin('pin: 1234'), /unknown key/);
});

t.test('who lets everybody call has to ask for credentials', async t => {
  for (const everybody of ['0.0.0.0/0', '::/0', '10.0.0.0/0']) {
    const yaml = trunkWith(`allowedAddresses: ["192.0.2.1", "${everybody}"]`);
    t.match(faultOf(yaml), /^trunkline\.yaml:3: .*needs inboundDigest/, everybody);
    t.equal(faultOf(`${yaml}\n    inboundDigest: {user: u, realm: r, passwordEnv: P}`), 'none');
  }
  t.match(faultOf(trunkWith('inboundDigest: {user: u, passwordEnv: P}')), /trunks\.0\.inboundDigest\.realm/);
  t.match(faultOf(trunkWith('inboundDigest: {user: u, realm: r}')), /either passwordEnv or passwordFile/);
  const [trunk] = parseConfig(
    trunkWith('inboundDigest: {user: u, realm: r, passwordEnv: P}'),
    'x',
    {},
  ).trunks;
  t.same(trunk?.inboundDigest?.algorithms, ['SHA-256', 'MD5']);
});

t.test('the environment can set trunks', async t => {
  const env = { TRUNKLINE_TRUNKS: '[{name: b, allowedAddresses: ["192.0.2.1"]}]' };
  t.match(parseConfig('', 'trunkline.yaml', env).trunks, [{ name: 'b' }]);
  t.match(faultOf('', { TRUNKLINE_TRUNKS: '[{name: B}]' }), /^TRUNKLINE_TRUNKS: trunks\.0\.name/);
});

t.test('networks', async t => {
  t.same(parseNetwork('192.0.2.1'), { address: '192.0.2.1', family: 'ipv4', prefixBits: 32 });
  t.same(parseNetwork('2001:db8::/32'), { address: '2001:db8::', family: 'ipv6', prefixBits: 32 });
  t.same(parseNetwork('::1')?.prefixBits, 128);
  for (const text of [
    '',
    '192.0.2',
    '192.0.2.0/',
    '192.0.2.0/33',
    '::/129',
    'fe80::1%eth0',
    '192.0.2.0/-1',
    'a.b',
    '192.0.2.1 ',
  ])
    t.equal(parseNetwork(text), undefined, text);
});
