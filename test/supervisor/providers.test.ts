import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { nodePaths } from '../../src/config/paths.ts';
import { accessProviders, providerStates } from '../../src/config/provider_access.ts';
import { configSchema } from '../../src/config/schema.ts';
import { nodeConfig } from '../../src/supervisor/node_config.ts';
import { providerRows, providerWarning, talkingWorkflows } from '../../src/supervisor/provider_lines.ts';
import { summaryLines } from '../../src/supervisor/summary.ts';
import { ROOT } from '../tidy/sources.ts';
import { nodeEnvironment, startNode } from './node_rig.ts';

function statesOf(providers: object, env: NodeJS.ProcessEnv = {}) {
  return providerStates(accessProviders(configSchema.parse({ providers }).providers, { folder: ROOT, env }));
}

const LOCAL = { stt: [{ kind: 'pocketsphinx' }] };
const MODEL = { llm: [{ kind: 'openai', model: 'm', keyless: true }] };

function configured(t: Test, yaml: string) {
  const file = join(t.testdir(), 'trunkline.yaml');
  writeFileSync(file, yaml);
  return nodeConfig(ROOT, file, []);
}

t.test('a key file that is named has to be there at the start; a variable need not be set', async t => {
  t.throws(() => configured(t, 'providers: {llm: [{kind: openai, model: m, keyFile: nope}]}'), {
    code: 'CONFIG_INVALID',
    detail: "provider openai: nope can't be read (ENOENT)",
  });
  t.doesNotThrow(() =>
    configured(t, 'providers: {llm: [{kind: openai, model: m, keyEnv: NOT_SET_ANYWHERE}]}'),
  );
  t.throws(() => configured(t, 'providers: {stt: [{kind: deepgram, keyEnv: NOT_SET_ANYWHERE}]}'), {
    code: 'CONFIG_INVALID',
    detail: /^providers\.stt: nobody is left to hear: deepgram is off \(no NOT_SET_ANYWHERE\)/,
  });
});

t.test('who hears, thinks and speaks is shown, and who is off and why', async t => {
  t.same(providerRows(statesOf({})), [
    ['hears', 'pocketsphinx'],
    ['thinks', 'nobody (providers.llm is empty)'],
    ['speaks', 'flite'],
  ]);
  const listed = {
    stt: [{ kind: 'deepgram' }, { kind: 'pocketsphinx' }],
    llm: [
      { kind: 'anthropic', model: 'm' },
      { kind: 'openai', name: 'vllm', model: 'm', keyless: true },
    ],
    tts: [{ kind: 'elevenlabs', voice: 'v', keyEnv: 'VOICE_KEY' }, { kind: 'flite' }],
    speech: [{ kind: 'openai_realtime' }],
  };
  const states = statesOf(listed, { VOICE_KEY: 's3cret' });
  const config = configSchema.parse({});
  const paths = nodePaths(ROOT, config);
  const keys = { apiKeyFile: join(paths.keys, 'api.key') } as Parameters<typeof summaryLines>[0]['keys'];
  const url = {
    postgres: { ...config.postgres, url: 'postgres://a' },
    redis: { ...config.redis, url: 'redis://b' },
  };
  const lines = summaryLines({ config: { ...config, ...url }, paths, keys }, states);
  t.ok(lines.includes('  hears     deepgram (off: no DEEPGRAM_API_KEY), pocketsphinx'));
  t.ok(lines.includes('  thinks    anthropic (off: no ANTHROPIC_API_KEY), vllm'));
  t.ok(lines.includes('  speaks    elevenlabs, flite'));
  t.ok(lines.includes('  converses openai_realtime (off: no OPENAI_API_KEY)'));
  t.notMatch(lines.join('\n'), /s3cret/);
  t.notOk(
    lines.some(line => line.startsWith('  uses')),
    'nobody misses what was not asked for',
  );
  const accounts = [
    { adapter: 'calendly', account: 'default', off: undefined },
    { adapter: 'salesforce', account: 'sales', off: 'no SALESFORCE_CLIENT_SECRET' },
  ] as const;
  const used = summaryLines({ config: { ...config, ...url }, paths, keys }, states, accounts);
  t.ok(used.includes('  uses      calendly, salesforce.sales (off: no SALESFORCE_CLIENT_SECRET)'));
});

t.test('a workflow that wants more than the providers can do is told once', async t => {
  const talking = await talkingWorkflows(join(ROOT, 'workflows'));
  t.same(talking, ['receptionist']);
  const warningOf = (providers: object, settings: object = {}, env: NodeJS.ProcessEnv = {}) =>
    providerWarning(configSchema.parse(settings), statesOf(providers, env), talking);
  const answering = { workflows: { default: 'receptionist' } };
  const deaf = /^receptionist lets callers speak freely, and pocketsphinx, .* understands grammars only$/;
  t.match(warningOf({ ...LOCAL, ...MODEL }), deaf);
  t.equal(
    warningOf({ ...LOCAL, speech: [{ kind: 'openai_realtime', keyless: true }] }, answering),
    undefined,
    'whoever hears and speaks needs neither',
  );
  t.match(
    warningOf({ stt: [{ kind: 'deepgram' }, ...LOCAL.stt], ...MODEL }),
    deaf,
    'what is off does not hear',
  );
  const key = { DEEPGRAM_API_KEY: 'k' };
  t.equal(warningOf({ stt: [{ kind: 'deepgram' }, ...LOCAL.stt], ...MODEL }, {}, key), undefined);
  t.equal(warningOf({ stt: [{ kind: 'deepgram' }], ...MODEL }, {}, key), undefined);
  t.equal(providerWarning(configSchema.parse({}), statesOf({ ...LOCAL, ...MODEL }), []), undefined);
  const mindless = /^receptionist is led by a model, and none is asked/;
  t.match(warningOf(LOCAL, answering), mindless);
  t.match(warningOf({ llm: [{ kind: 'anthropic', model: 'm' }] }, answering), mindless);
  t.match(warningOf(LOCAL, { workflows: { byNumber: { '+15550101': 'receptionist' } } }), mindless);
  const trunks = [{ name: 'a', dispatch: [{ numbers: ['*'], workflow: 'receptionist' }] }];
  t.match(warningOf(LOCAL, { trunks }), mindless);
  t.equal(warningOf(LOCAL), undefined, 'nobody is sent there');
});

t.test('--check tells it, too, and what is wrong with a workflow', async t => {
  const plain = await nodeEnvironment(t);
  const workflows = join(plain.TRUNKLINE_DATA_DIR ?? '', '../workflows');
  cpSync(join(ROOT, 'workflows'), workflows, { recursive: true });
  const env = {
    ...plain,
    TRUNKLINE_WORKFLOWS__DIR: workflows,
    TRUNKLINE_WORKFLOWS__DEFAULT: 'receptionist',
    TRUNKLINE_PROVIDERS__STT: '[{kind: deepgram}, {kind: pocketsphinx}]',
  };
  const check = async (more: Readonly<Record<string, string>> = {}) => {
    const { ended, lines } = startNode(t, { ...env, ...more }, ['--check', '--without', 'livekit']);
    await ended;
    return lines;
  };
  t.match((await check()).slice(-4), [
    '✓ hears: deepgram (off: no DEEPGRAM_API_KEY), pocketsphinx',
    '✓ thinks: nobody (providers.llm is empty)',
    '✓ speaks: flite',
    /^! receptionist is led by a model/,
  ]);
  const refused = await check({ TRUNKLINE_PROVIDERS__LLM: '[{kind: openai, model: m, keyFile: nope}]' });
  t.match(refused, [/^✗ .*: provider openai: nope can't be read \(ENOENT\)/]);
  writeFileSync(join(workflows, 'broken.yaml'), 'name: broken\n');
  t.match((await check()).join('\n'), /^✗ .*broken\.yaml/m);
});
