import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import type { ProvidersConfig } from '../../src/config/providers.ts';
import { configSchema } from '../../src/config/schema.ts';
import { openProviders, type Providers } from '../../src/providers/registry.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import type { Llm } from '../../src/providers/types.ts';
import type { Use } from '../../src/providers/use.ts';
import { ROOT } from '../tidy/sources.ts';
import { DeepgramListenServer } from './servers/deepgram_listen.ts';
import { startDeepgramSpeak } from './servers/deepgram_speak.ts';
import { serveOpenAiChat } from './servers/openai_chat.ts';
import { OpenAiTranscriptionsServer } from './servers/openai_transcriptions.ts';
import { scriptedWords } from './servers/scripted_words.ts';
import { ANYTHING, KEY, until, writeAll } from './streaming_stt_rig.ts';

interface Opened extends Providers {
  readonly uses: readonly Use[];
  /** `kind provider outcome`, and `kind from to why`. */
  readonly told: readonly string[];
}

type Listed = { readonly [kind in 'stt' | 'llm' | 'tts']?: readonly object[] } & { keepAnswers?: boolean };

function configOf(listed: Listed) {
  return configSchema.parse({ providers: listed as unknown as ProvidersConfig });
}

/** Closed with the test; nothing of the environment but this is seen. */
async function open(
  t: Test,
  listed: Listed,
  { env = {}, folder = ROOT }: { env?: NodeJS.ProcessEnv; folder?: string } = {},
): Promise<Opened> {
  const uses: Use[] = [];
  const told: string[] = [];
  const providers = await openProviders(configOf(listed), {
    folder,
    env,
    clock: {
      nowMs: () => performance.now(),
      after: (delayMs, action) => {
        const timer = setTimeout(action, delayMs);
        return () => clearTimeout(timer);
      },
    },
    observer: {
      attempt: (kind, provider, outcome) => told.push(`${kind} ${provider} ${outcome}`),
      switched: (kind, from, to, why) => told.push(`${kind} ${from} ${to} ${why}`),
    },
    onUse: use => uses.push(use),
  });
  t.teardown(() => providers.close());
  return { ...providers, uses, told };
}

const faultOf = (t: Test, ...how: [Listed, Parameters<typeof open>[2]?]): Promise<string> =>
  open(t, ...how).then(
    () => 'none',
    (error: { code: string; detail: string }) => `${error.code} ${error.detail}`,
  );

/** Hears whatever is written to it. */
async function ear(t: Test, words: string) {
  const server = await new DeepgramListenServer(KEY).start();
  t.teardown(() => server.close());
  server.script = () => scriptedWords(words);
  return server;
}

async function hear({ stt }: Providers): Promise<string> {
  const session = stt.open({ rateHz: 16_000, expect: ANYTHING });
  writeAll(session, new Int16Array(32_000).fill(1));
  return (await session.finish()).text;
}

const say = ({ tts }: Providers, sentence: string) =>
  wholeSentence(tts, sentence, { rateHz: 16_000, signal: AbortSignal.timeout(20_000) });

async function answerOf(llm: Llm | undefined, text: string): Promise<string> {
  let said = '';
  const request = { messages: [{ role: 'user', text } as const], signal: AbortSignal.timeout(20_000) };
  for await (const delta of llm!.reply(request)) if (delta.type === 'text') said += delta.text;
  return said;
}

t.test('in the order of the file; one without its key is off, and why', async t => {
  const providers = await open(t, {
    stt: [
      { kind: 'assemblyai' },
      { kind: 'deepgram', keyEnv: 'EAR' },
      { kind: 'google' },
      { kind: 'pocketsphinx' },
    ],
    llm: [
      { kind: 'anthropic', model: 'm' },
      { kind: 'openai', model: 'm' },
    ],
    tts: [
      { kind: 'elevenlabs', voice: 'v' },
      { kind: 'openai', keyless: true, name: 'kokoro' },
      { kind: 'flite' },
    ],
  });
  t.same(
    providers.states.map(({ kind, name, service, off }) => [kind, name, service, off]),
    [
      ['stt', 'assemblyai', 'assemblyai', 'no ASSEMBLYAI_API_KEY'],
      ['stt', 'deepgram', 'deepgram', 'no EAR'],
      ['stt', 'google', 'google', 'no GOOGLE_APPLICATION_CREDENTIALS'],
      ['stt', 'pocketsphinx', 'pocketsphinx', undefined],
      ['llm', 'anthropic', 'anthropic', 'no ANTHROPIC_API_KEY'],
      ['llm', 'openai', 'openai', 'no OPENAI_API_KEY'],
      ['tts', 'elevenlabs', 'elevenlabs', 'no ELEVENLABS_API_KEY'],
      ['tts', 'kokoro', 'openai', undefined],
      ['tts', 'flite', 'flite', undefined],
    ],
  );
  t.equal(providers.llm, undefined, 'no model has a key');
  t.equal(providers.stt.name, 'pocketsphinx', 'the only one left answers by itself');
  t.equal(providers.tts.name, 'failover');
  t.same(
    providers.health().map(({ kind, provider, breaker }) => [kind, provider, breaker]),
    [
      ['stt', 'pocketsphinx', null],
      ['tts', 'kokoro', 'closed'],
      ['tts', 'flite', 'closed'],
    ],
    'what is off is not asked, and who is alone has no breaker',
  );
});

t.test('each service looks for its key where its own tools do', async t => {
  const env = Object.fromEntries(
    ['DEEPGRAM', 'ASSEMBLYAI', 'OPENAI', 'ANTHROPIC', 'CARTESIA', 'ELEVENLABS', 'GOOGLE'].map(name => [
      `${name}_API_KEY`,
      'a-key',
    ]),
  );
  const stt = ['deepgram', 'deepgram_flux', 'assemblyai', 'openai_realtime', 'openai_file'];
  const tts = ['cartesia', 'elevenlabs', 'deepgram', 'openai', 'google'];
  const listed = {
    stt: stt.map(kind => ({ kind })),
    llm: ['openai', 'anthropic'].map(kind => ({ kind, model: 'm' })),
    tts: tts.map(kind => ({ kind, voice: 'v' })),
  };
  const { states } = await open(t, listed, { env });
  t.equal(states.length, 12);
  t.same(
    states.filter(({ off }) => off !== undefined),
    [],
  );
});

t.test('keys from files', async t => {
  const account = { type: 'service_account', client_email: 'a@b', project_id: 'p', private_key: 's3cret' };
  const folder = t.testdir({
    good: `${KEY}\n`,
    empty: '\n',
    large: 's3cret'.repeat(1_000),
    two: 's3cret\ns3cret',
    account: JSON.stringify(account),
    folder: {},
  });
  const deepgram = (keyFile: string): Listed => ({
    stt: [{ kind: 'deepgram', keyFile }, { kind: 'pocketsphinx' }],
  });
  const { states } = await open(t, deepgram('good'), { folder });
  t.equal(states[0]?.off, undefined);
  for (const [file, fault] of [
    ['nowhere', "nowhere can't be read (ENOENT)"],
    ['empty', 'empty holds no secret'],
    ['large', 'large is too large for a secret'],
    ['two', 'two holds what is no secret of one line'],
    ['folder', 'folder is no file'],
  ] as const)
    t.equal(
      await faultOf(t, deepgram(file), { folder, env: { DEEPGRAM_API_KEY: KEY } }),
      `CONFIG_INVALID provider deepgram: ${fault}`,
      `${file}: told, though there is a variable`,
    );
  const google = (keyFile: string): Listed => ({
    stt: [{ kind: 'google', keyFile }, { kind: 'pocketsphinx' }],
  });
  for (const [file, fault] of [
    ['good', 'provider google: good is no key file of a Google service account'],
    ['nowhere', "provider google: nowhere can't be read (ENOENT)"],
    ['account', 'that is no key file of a Google service account'],
  ] as const)
    t.equal(await faultOf(t, google(file), { folder }), `CONFIG_INVALID ${fault}`, file);
  const env = { GOOGLE_APPLICATION_CREDENTIALS: 'good' };
  t.match(
    await faultOf(t, { stt: [{ kind: 'google' }, { kind: 'pocketsphinx' }] }, { folder, env }),
    'provider google: good is no key file',
  );
});

t.test('nobody left to hear or to speak is an error that says why', async t => {
  t.equal(
    await faultOf(t, { stt: [{ kind: 'deepgram' }, { kind: 'assemblyai', keyEnv: 'EAR' }] }),
    'CONFIG_INVALID providers.stt: nobody is left to hear: deepgram is off (no DEEPGRAM_API_KEY), ' +
      'assemblyai is off (no EAR); {kind: pocketsphinx} needs no key',
  );
  t.equal(
    await faultOf(t, { tts: [{ kind: 'cartesia', voice: 'v' }] }),
    'CONFIG_INVALID providers.tts: nobody is left to speak: cartesia is off (no CARTESIA_API_KEY); ' +
      '{kind: flite} needs no key',
  );
});

t.test('one alone is asked as it is; of two, the second takes over', async t => {
  const [first, second] = [await ear(t, 'from the first'), await ear(t, 'from the second')];
  const deepgram = (server: { url: string }, name: string) => ({ kind: 'deepgram', name, url: server.url });
  const env = { DEEPGRAM_API_KEY: KEY };
  const alone = await open(t, { stt: [deepgram(first, 'alone')] }, { env });
  t.equal(alone.stt.name, 'alone');
  t.equal(await hear(alone), 'from the first');
  t.same(alone.told, ['stt alone ok'], 'and counted like any other');
  const both = await open(t, { stt: [deepgram(first, 'one'), deepgram(second, 'two')] }, { env });
  t.equal(await hear(both), 'from the first');
  t.same(both.told, ['stt one ok']);
  t.equal(second.requests.length, 0, 'the second is not asked');
  first.fault = () => ({ type: 'status', status: 503 });
  first.killAll();
  await until(() => first.openConnections === 0, 'the first is gone');
  t.equal(await hear(both), 'from the second');
  t.match(both.told.slice(1), ['stt one unavailable', 'stt one two unavailable', 'stt two ok']);
});

t.test('a server of one’s own is asked without a key, and by the key that it gets', async t => {
  const server = await new OpenAiTranscriptionsServer().start();
  t.teardown(() => server.close());
  server.answers.push({ text: 'heard by a server of our own' });
  const listed = { stt: [{ kind: 'openai_file', keyless: true, url: server.url, model: 'some/model' }] };
  t.equal(await hear(await open(t, listed)), 'heard by a server of our own');
});

t.test('prices reach the meter, under the name of the entry', async t => {
  const server = await ear(t, 'hello there');
  const voice = await startDeepgramSpeak({ apiKey: KEY });
  const model = await serveOpenAiChat({
    key: KEY,
    answer: () => ({ steps: [{ say: 'Hello.' }], usage: { input: 1_000, output: 100, cached: 400 } }),
  });
  t.teardown(() => Promise.all([voice.close(), model.close()]));
  const key = { keyEnv: 'SOME_KEY' };
  const providers = await open(
    t,
    {
      stt: [{ kind: 'deepgram', name: 'ear', url: server.url, ...key, price: { usdPerAudioMinute: 6 } }],
      llm: [
        {
          kind: 'openai',
          name: 'mind',
          model: 'm',
          url: `${model.url}/v1`,
          ...key,
          price: { usdPerMillionInputTokens: 2, usdPerMillionCachedTokens: 1, usdPerMillionOutputTokens: 10 },
        },
      ],
      tts: [
        { kind: 'deepgram', name: 'mouth', url: voice.url, ...key, price: { usdPerMillionCharacters: 100 } },
      ],
    },
    { env: { SOME_KEY: KEY } },
  );
  await hear(providers);
  t.equal(await answerOf(providers.llm, 'Hello?'), 'Hello.');
  t.ok((await say(providers, 'Hello.')).pcm.length > 0);
  t.same(
    providers.uses.map(({ kind, provider, costMicroUsd }) => [kind, provider, costMicroUsd]),
    [
      ['stt', 'ear', 200_000],
      ['llm', 'mind', 1_200 + 400 + 1_000],
      ['tts', 'mouth', 600],
    ],
  );
  const [heard, thought, spoken] = providers.uses;
  t.match(
    [heard, thought, spoken],
    [
      { requests: 1, audioMs: 2_000 },
      { inputTokens: 1_000, cachedTokens: 400, outputTokens: 100, isEstimated: false },
      { characters: 6 },
    ],
  );
  t.same(providers.told, ['stt ear ok', 'llm mind ok', 'tts mouth ok']);
});

t.test('answers are kept where that is wanted, and only there', async t => {
  const model = await serveOpenAiChat({ key: KEY, answer: () => ({ steps: [{ say: 'Hello.' }] }) });
  t.teardown(() => model.close());
  const asked = () => model.requests.filter(({ method }) => method === 'POST').length;
  for (const [keepAnswers, requests] of [
    [false, 2],
    [true, 1],
  ] as const) {
    const llm = [{ kind: 'openai', model: 'm', url: `${model.url}/v1` }];
    const providers = await open(t, { llm, keepAnswers }, { env: { OPENAI_API_KEY: KEY } });
    const before = asked();
    for (const _ of [1, 2]) t.equal(await answerOf(providers.llm, 'Hello?'), 'Hello.');
    t.equal(asked() - before, requests);
  }
});

t.test('all are closed with it', async t => {
  const server = await ear(t, 'hello');
  const model = await serveOpenAiChat({ key: KEY, answer: () => ({ steps: [{ say: 'Hello.' }] }) });
  const voice = await startDeepgramSpeak({ apiKey: KEY });
  t.teardown(() => Promise.all([voice.close(), model.close()]));
  const env = { DEEPGRAM_API_KEY: KEY, OPENAI_API_KEY: KEY };
  const stt = [{ kind: 'deepgram', url: server.url }];
  const llm = [{ kind: 'openai', model: 'm', url: `${model.url}/v1` }];
  const tts = [{ kind: 'deepgram', url: voice.url }];
  const providers = await open(t, { stt, llm, tts }, { env });
  await Promise.all([hear(providers), answerOf(providers.llm, 'Hello?'), say(providers, 'Hello.')]);
  const left = () => [server.openConnections, model.connectionsOpen, voice.record.open];
  t.same(left(), [1, 1, 1]);
  await providers.close();
  await until(() => left().every(count => count === 0), 'no connection is left');
});

/** Prints which providers' modules are loaded by a configuration. */
const LOADED = `
import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
const { openProviders } = await import('./src/providers/registry.ts');
const { configSchema } = await import('./src/config/schema.ts');
const config = configSchema.parse({ providers: JSON.parse(process.argv[1]) });
const clock = { nowMs: () => 0, after: () => () => {} };
const observer = { attempt: () => {}, switched: () => {} };
const place = { folder: '.', env: { DEEPGRAM_API_KEY: 'k' }, clock, observer, onUse: () => {} };
const providers = await openProviders(config, place);
await providers.close();
const names = loaded.flatMap(url => /providers\\/((?:stt|llm|tts)\\/\\w+|google\\w+)\\.ts$/.exec(url)?.[1] ?? []);
const packages = loaded.flatMap(url => /node_modules\\/((?:@[\\w-]+\\/)?[\\w-]+)/.exec(url)?.[1] ?? []);
console.log(JSON.stringify([...new Set([...names, ...packages])]));
`;

async function loadedBy(listed: Listed): Promise<ReadonlySet<string>> {
  const script = ['--input-type=module', '--eval', LOADED, '--', JSON.stringify(listed)];
  const { stdout } = await promisify(execFile)(process.execPath, script, { cwd: join(ROOT) });
  return new Set(JSON.parse(stdout) as string[]);
}

t.test('what is not listed, or has no key, is not loaded', async t => {
  const local = await loadedBy({});
  t.ok(local.has('stt/pocketsphinx') && local.has('tts/flite'));
  const paid = [
    ['stt/deepgram', 'stt/deepgram_flux', 'stt/assemblyai', 'stt/openai_realtime', 'stt/openai_file'],
    ['stt/google_stt', 'llm/openai_chat', 'llm/anthropic_messages', 'tts/cartesia', 'tts/elevenlabs'],
    ['tts/deepgram_speak', 'tts/openai_speech', 'tts/google_tts', '@grpc/grpc-js', 'ws'],
  ].flat();
  t.same(
    paid.filter(name => local.has(name)),
    [],
  );
  const some = await loadedBy({
    stt: [{ kind: 'deepgram' }, { kind: 'google' }],
    llm: [{ kind: 'anthropic', model: 'm' }],
    tts: [{ kind: 'deepgram' }],
  });
  t.same(
    [...paid, 'stt/pocketsphinx', 'tts/flite'].filter(name => some.has(name)),
    ['stt/deepgram', 'tts/deepgram_speak', 'ws'],
    'nor is one without its key',
  );
});

t.test('what the documentation says of failover is what is done', async t => {
  const text = readFileSync(join(ROOT, 'src/providers/README.md'), 'utf8');
  const [, section = ''] = text.split('## When one fails');
  const rows = section.split('\n').filter(line => line.startsWith('| '));
  const ms = (...limits: readonly number[]) => limits.map(limit => limit.toLocaleString('en-US'));
  const { sttHedgeLeastMs, sttHedgeMostMs, llmHedgeLeastMs, llmHedgeMostMs, ttsHedgeLeastMs } = LIMITS;
  const { ttsHedgeMostMs, sttFailoverMs, llmFailoverMs, ttsFailoverMs, llmPauseMs, ttsPauseMs } = LIMITS;
  for (const [row, figures] of [
    [
      1,
      ms(sttHedgeLeastMs, sttHedgeMostMs, llmHedgeLeastMs, llmHedgeMostMs, ttsHedgeLeastMs, ttsHedgeMostMs),
    ],
    [2, ms(sttFailoverMs, llmFailoverMs, ttsFailoverMs)],
    [3, ms(llmPauseMs, ttsPauseMs)],
    [4, ms(LIMITS.sttFinalMs, LIMITS.llmFirstByteMs, LIMITS.ttsSentenceMs)],
  ] as const)
    t.same(rows[row]?.match(/\d[\d,]*/g), figures);
  const seconds = [LIMITS.breakerOpenMs, LIMITS.breakerAuthMs, LIMITS.breakerMostMs].map(
    limit => limit / 1000,
  );
  t.match(section, new RegExp(`\\. ${LIMITS.breakerFailures} failures in a row open it`));
  t.same(
    [...section.matchAll(/(\d+) s[,;. ]/g)].map(([, figure]) => Number(figure)),
    seconds,
  );
});
