import t from 'tap';
import { accessProviders, providerStates } from '../../src/config/provider_access.ts';
import { providersSchema } from '../../src/config/providers.ts';
import { pluginOptions } from '../../src/providers/livekit_plugin/plugin_options.ts';
import { openLlm } from '../../src/providers/llm/kinds.ts';

const PLUGIN = { kind: 'livekit_plugin', name: 'own', package: '@livekit/agents-plugin-openai' };
const parse = (entry: object) => providersSchema.safeParse({ llm: [{ ...PLUGIN, ...entry }] });

t.test('a plugin is named by its package, and by nothing else', async t => {
  for (const name of ['@livekit/agents-plugin-deepgram', 'livekit-plugin', '@a/b.c'])
    t.ok(parse({ package: name }).success, name);
  const wrong = [
    './x',
    '../x',
    '/etc/x',
    'file:///x',
    'node:fs',
    'fs',
    'a/b',
    '@a/b/c',
    '@a',
    '',
    'A',
    '.a',
    'a b',
  ];
  for (const name of [...wrong, 'a'.repeat(215), 'a\\b', '#a', 'data:text/javascript,1', 'https://x'])
    t.notOk(parse({ package: name }).success, name);
  for (const name of ['', 'a.b', '1a', 'a()']) t.notOk(parse({ class: name }).success, name);
});

t.test('a key does not belong into its options', async t => {
  for (const name of ['apiKey', 'api_key', 'apiSecret', 'token', 'password', 'secretAccessKey'])
    t.notOk(parse({ options: { [name]: 'x' } }).success, name);
  t.ok(parse({ options: { model: 'x', keyterm: ['a'], maxTokens: 5 } }).success);
});

t.test('one that is not installed is off, and says what to do; so is one without its key', async t => {
  const states = (entry: object, env: NodeJS.ProcessEnv) => {
    const accesses = accessProviders(parse(entry).data!, { folder: '.', env });
    return [providerStates(accesses).find(({ name }) => name === 'own')!.off, accesses.llm[0]!.key];
  };
  t.strictSame(states({}, {}), [undefined, undefined], 'a server of its own may want no key');
  const missing = '@livekit/agents-plugin-missing';
  t.strictSame(states({ package: missing }, {}), [`npm install ${missing}`, undefined]);
  t.strictSame(states({ keyEnv: 'OWN_KEY' }, {}), ['no OWN_KEY', undefined]);
  t.strictSame(states({ keyEnv: 'OWN_KEY' }, { OWN_KEY: 'secret' }), [undefined, 'secret']);
});

t.test('what the configuration says is what the plugin gets', async t => {
  const entry = parse({ class: 'Other', options: { model: 'x' }, keyEnv: 'OWN_KEY' }).data!.llm[0]!;
  if (entry.kind !== 'livekit_plugin') throw new Error(entry.kind);
  t.strictSame(pluginOptions(entry, 'secret'), {
    name: 'own',
    package: PLUGIN.package,
    options: { model: 'x' },
    className: 'Other',
    apiKey: 'secret',
    keyVariable: 'OWN_KEY',
  });
  const llm = await openLlm(entry, 'secret');
  t.equal(llm.name, 'own');
  await llm.close();
});
