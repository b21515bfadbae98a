import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { pipelinePolicy } from '../../pipeline/policy.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { nodeConfig, ownPorts } from '../../src/supervisor/node_config.ts';
import { ROOT } from '../tidy/sources.ts';

function configured(t: Test, yaml: string, without: Parameters<typeof nodeConfig>[2] = []) {
  const file = join(t.testdir(), 'trunkline.yaml');
  writeFileSync(file, yaml);
  return nodeConfig(ROOT, file, without);
}

t.test('trunkline.yaml shows every key with its default', async t => {
  const file = join(ROOT, 'trunkline.yaml');
  t.same(parseConfig(readFileSync(file, 'utf8'), file, {}), configSchema.parse({}));
  const shown = readFileSync(file, 'utf8');
  const keysOf = (value: object): string[] =>
    Object.entries(value).flatMap(([key, inner]) =>
      typeof inner === 'object' && !Array.isArray(inner) ? [key].concat(keysOf(inner)) : [key],
    );
  for (const key of keysOf(configSchema.parse({}))) t.match(shown, new RegExp(`^ *${key}:`, 'm'), key);
});

t.test('and beside pipeline what its stages are told where nothing is said', async t => {
  const file = readFileSync(join(ROOT, 'trunkline.yaml'), 'utf8');
  const shown = [...file.matchAll(/^# {3}([a-zA-Z]+: .*)$/gm)].map(([, line]) => line).join('\n');
  t.same(parse(shown), pipelinePolicy());
});

t.test('what is left out is not listened for', async t => {
  const keys = (config: Parameters<typeof ownPorts>[0]) => [...new Set(ownPorts(config).map(use => use.key))];
  t.same(keys(configured(t, '')), [
    'http.port',
    'redis.port',
    'postgres.port',
    'livekit.port',
    'livekit.rtcTcpPort',
    'sip.port',
    'livekit.sip.port',
  ]);
  t.same(keys(configured(t, '', ['livekit-sip'])).includes('livekit.sip.port'), false);
  t.same(keys(configured(t, '', ['sip', 'livekit'])), ['http.port', 'redis.port', 'postgres.port']);
  t.same(keys(configured(t, 'postgres: {url: "postgres://x/y"}\nredis: {url: "redis://x"}', ['livekit'])), [
    'http.port',
    'sip.port',
  ]);
  const { sip, livekit } = configured(t, '', ['livekit']);
  t.equal(livekit.sip.enabled, false, 'no SIP service without LiveKit');
  t.equal(sip.enabled, true, 'the phone needs none');
});

t.test('ports that would collide are a fault of the configuration', async t => {
  const faults: [string, RegExp][] = [
    ['http: {port: 6380}', /http\.port and redis\.port/],
    ['livekit: {rtcPorts: [11000, 11500]}', /livekit\.rtcPorts and sip\.rtpPorts/],
    ['sip: {port: 10500}', /sip\.port and sip\.rtpPorts/],
    ['sip: {port: 5070}', /sip\.port and livekit\.sip\.port/],
    ['livekit: {sip: {rtpPorts: [11900, 12100]}}', /sip\.rtpPorts and livekit\.sip\.rtpPorts/],
  ];
  for (const [yaml, words] of faults) {
    t.throws(() => configured(t, yaml), { code: 'CONFIG_INVALID', detail: words }, yaml);
  }
});

t.test('a trunk whose password is nowhere is told at once, with no word of it', async t => {
  const trunk = (place: string): string =>
    `trunks: [{name: provider, inboundDigest: {user: a, realm: b, ${place}}}]`;
  t.throws(() => configured(t, trunk('passwordEnv: NOT_SET_ANYWHERE')), {
    code: 'CONFIG_INVALID',
    detail: 'trunk provider: NOT_SET_ANYWHERE holds no secret',
  });
  t.throws(() => configured(t, trunk('passwordFile: nope')), {
    code: 'CONFIG_INVALID',
    detail: /^trunk provider: nope can't be read/,
  });
});

t.test('the SIP service shares the Redis of a LiveKit elsewhere', async t => {
  const yaml = 'livekit: {url: "ws://other:7880"}';
  t.throws(() => configured(t, yaml), { code: 'CONFIG_INVALID', detail: /redis\.url/ });
  t.doesNotThrow(() => configured(t, yaml, ['livekit-sip']));
  t.doesNotThrow(() => configured(t, `${yaml}\nredis: {url: "redis://other"}`));
});

t.test('a file that was asked for has to be there', async t => {
  t.throws(() => nodeConfig(ROOT, join(t.testdir(), 'nope.yaml'), []), {
    code: 'CONFIG_INVALID',
    detail: /nope\.yaml/,
  });
});

t.test('what can not be read as a configuration is refused, whatever it is', async t => {
  const folder = t.testdir({ 'large.yaml': 'x'.repeat(LIMITS.configFileBytes + 1) });
  for (const [file, words] of [
    [folder, /can't be read \(EISDIR\)/],
    [join(folder, 'large.yaml'), /larger than/],
    ['/dev/zero', /larger than/],
  ] as const)
    t.throws(() => loadConfig(file, {}), { code: 'CONFIG_INVALID', detail: words }, file);
});

t.test('a fault is told with its line, or with the variable that brought it', async t => {
  const detail = (yaml: string, env: NodeJS.ProcessEnv = {}): string => {
    try {
      parseConfig(yaml, 'trunkline.yaml', env);
      return 'no fault';
    } catch (error) {
      return (error as { detail: string }).detail;
    }
  };
  t.equal(
    detail('http:\n  host: 127.0.0.1\n  port: many'),
    'trunkline.yaml:3: http.port: expected number, received string',
  );
  t.match(detail('http:\n  port: [1'), /^trunkline\.yaml:\d: [^:]+$/, 'no second place');
  for (const text of ['text', '[1, 2]', '3', '\0\ufffd'])
    t.match(detail(text), /^trunkline\.yaml\b.*/, JSON.stringify(text));
  t.equal(detail('text'), 'trunkline.yaml holds no keys with values');
  t.match(detail('http:\n  prot: 1'), /^trunkline\.yaml:2: unknown key http\.prot$/);
  t.match(
    detail('http:\n  port: 1', { TRUNKLINE_HTTP__PORT: 'many' }),
    /^TRUNKLINE_HTTP__PORT: http\.port: /,
  );
  t.match(detail('', { TRUNKLINE_SIP__NUMBERS: '["12"]' }), /^TRUNKLINE_SIP__NUMBERS: sip\.numbers\.0: /);
  t.match(
    detail('', { TRUNKLINE_TURN__END_OF_TURN_PAUSE_MS__YES_NO: '1' }),
    /^TRUNKLINE_TURN__END_OF_TURN_PAUSE_MS__/,
  );
  t.match(detail('', { TRUNKLINE_HTP__PORT: '1' }), /^TRUNKLINE_HTP.*: unknown key htp$/);
});
