import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { parseConfig } from '../../src/config/load.ts';
import { ROOT } from '../tidy/sources.ts';

const parsed = (yaml: string, env: NodeJS.ProcessEnv = {}) =>
  parseConfig(yaml, 'trunkline.yaml', env).providers;

function faultOf(yaml: string, env: NodeJS.ProcessEnv = {}): string {
  try {
    parsed(yaml, env);
  } catch (error) {
    return (error as { detail?: string }).detail ?? String(error);
  }
  return 'none';
}

/** Providers of one kind, each on a line of its own from the third on. */
const listed = (kind: string, ...entries: string[]): string =>
  ['providers:', `  ${kind}:`, ...entries.map(entry => `    - {${entry}}`)].join('\n');

t.test('who says nothing has the local ones and no model', async t => {
  const local = {
    stt: [{ kind: 'pocketsphinx' }],
    llm: [],
    tts: [{ kind: 'flite' }],
    speech: [],
    keepAnswers: false,
  };
  t.same(parsed(''), local);
  t.same(parsed('providers: {}'), local);
});

const WHOLE = {
  stt: [
    'kind: deepgram, name: ear, keyEnv: EAR_KEY, url: "wss://eu.example/v1/listen", model: nova-3, language: multi, price: {usdPerAudioMinute: 0.0077}',
    'kind: deepgram_flux, keyFile: secrets/deepgram',
    'kind: assemblyai',
    'kind: openai_realtime, language: en-GB',
    'kind: openai_file, url: "http://127.0.0.1:8000/v1", keyless: true',
    'kind: google, location: eu, language: en-US',
    'kind: sherpa_onnx, modelDir: models/streaming, threads: 1',
    'kind: pocketsphinx',
  ],
  llm: [
    'kind: openai, model: gpt-5-mini, maxTokensField: max_completion_tokens, takesTemperature: false, asksForUsage: true, settings: {reasoning_effort: minimal}',
    'kind: anthropic, model: claude-haiku, price: {usdPerMillionInputTokens: 1, usdPerMillionCachedTokens: 0.1, usdPerMillionOutputTokens: 5}',
  ],
  tts: [
    'kind: cartesia, voice: a-voice',
    'kind: elevenlabs, voice: a-voice',
    'kind: deepgram, price: {usdPerMillionCharacters: 30}',
    'kind: openai, keyless: true, url: "http://127.0.0.1:8880/v1", voice: af_sky, instructions: Speak calmly.',
    'kind: google, voice: en-US-Neural2-F',
    'kind: flite',
  ],
  speech: [
    'kind: openai_realtime, model: gpt-realtime, voice: marin, language: en, transcription: gpt-4o-mini-transcribe, settings: {reasoning: {effort: minimal}}, price: {usdPerMillionInputTokens: 4, usdPerMillionCachedTokens: 0.4, usdPerMillionOutputTokens: 16, usdPerMillionInputAudioTokens: 32, usdPerMillionCachedAudioTokens: 0.4, usdPerMillionOutputAudioTokens: 64, usdPerAudioMinute: 0.003}',
    'kind: openai_realtime, name: own, keyless: true, url: "ws://127.0.0.1:8000/v1/realtime"',
  ],
} as const;

t.test('every kind, with every key, in the order of the file', async t => {
  for (const kind of ['stt', 'llm', 'tts', 'speech'] as const) {
    const kinds = parsed(listed(kind, ...WHOLE[kind]))[kind].map(entry => entry.kind);
    t.same(
      kinds,
      WHOLE[kind].map(entry => /kind: (\w+)/.exec(entry)?.[1]),
    );
  }
  t.match(parsed(listed('stt', WHOLE.stt[0])).stt[0], {
    kind: 'deepgram',
    name: 'ear',
    keyEnv: 'EAR_KEY',
    url: 'wss://eu.example/v1/listen',
    language: 'multi',
    price: { usdPerAudioMinute: 0.0077 },
  });
  t.match(parsed(listed('llm', WHOLE.llm[0])).llm[0], {
    settings: { reasoning_effort: 'minimal' },
    keyless: false,
    price: {},
  });
});

t.test('what is wrong is told with its line and its key', async t => {
  const cases: readonly (readonly [kind: string, entries: readonly string[], fault: RegExp])[] = [
    [
      'stt',
      ['kind: assemblyai', 'kind: deepgram, modle: nova-3'],
      /^trunkline\.yaml:4: unknown key providers\.stt\.1\.modle$/,
    ],
    [
      'stt',
      ['kind: pocketsphinx, keyEnv: KEY'],
      /^trunkline\.yaml:3: unknown key providers\.stt\.0\.keyEnv$/,
    ],
    ['stt', ['kind: google, keyless: true'], /unknown key providers\.stt\.0\.keyless/],
    ['tts', ['kind: flite', 'kind: nobody'], /^trunkline\.yaml:4: providers\.tts\.1\.kind: /],
    ['tts', ['voice: x'], /^trunkline\.yaml:3: providers\.tts\.0\.kind: /],
    ['llm', ['kind: openai'], /^trunkline\.yaml:3: providers\.llm\.0\.model: expected string/],
    ['tts', ['kind: cartesia'], /providers\.tts\.0\.voice: expected string/],
    [
      'stt',
      ['kind: deepgram, price: {usdPerMinute: 1}'],
      /unknown key providers\.stt\.0\.price\.usdPerMinute/,
    ],
    ['stt', ['kind: deepgram, price: {usdPerAudioMinute: -1}'], /price\.usdPerAudioMinute: /],
    ['stt', ['kind: deepgram, language: "en us"'], /language: a language tag/],
    ['stt', ['kind: deepgram, name: "My Ear"'], /name: lower-case letters/],
    ['stt', ['kind: deepgram, keyEnv: "a-b"'], /keyEnv: the name of a variable/],
    ['stt', ['kind: deepgram, keyEnv: TRUNKLINE_KEY'], /keyEnv: not a name of the configuration/],
    [
      'llm',
      ['kind: openai, model: m, keyEnv: A, keyFile: b'],
      /^trunkline\.yaml:3: providers\.llm\.0: not both/,
    ],
  ];
  for (const [kind, entries, fault] of cases)
    t.match(faultOf(listed(kind, ...entries)), fault, entries.join(' | '));
  t.match(faultOf('providers:\n  sst: []'), /^trunkline\.yaml:2: unknown key providers\.sst$/);
});

t.test('somebody has to hear and to speak, and nobody is there twice', async t => {
  t.match(faultOf('providers: {stt: []}'), /^trunkline\.yaml:1: providers\.stt: /);
  t.match(faultOf('providers: {tts: []}'), /providers\.tts: /);
  t.equal(faultOf('providers: {llm: []}'), 'none');
  const twice = 'trunkline.yaml:2: providers.stt: each name once; give a second one of a kind a name';
  t.equal(faultOf(listed('stt', 'kind: deepgram', 'kind: deepgram')), twice);
  t.equal(faultOf(listed('stt', 'kind: deepgram', 'kind: assemblyai, name: deepgram')), twice);
  t.same(
    parsed(listed('stt', 'kind: deepgram', 'kind: deepgram, name: spare')).stt.map(({ kind }) => kind),
    ['deepgram', 'deepgram'],
  );
  const many = Array.from({ length: LIMITS.providersOfAKind + 1 }, (_, at) => `kind: deepgram, name: d${at}`);
  t.match(faultOf(listed('stt', ...many)), /providers\.stt: /);
  t.equal(faultOf(listed('stt', ...many.slice(1))), 'none');
});

t.test('addresses have their scheme and carry no key, which is not told either', async t => {
  const addressed = (kind: string, entry: string, url: string) =>
    faultOf(listed(kind, `${entry}, url: "${url}"`));
  for (const url of ['https://x.example', 'x.example', 'ws:', 'file:///etc/passwd', ''])
    t.match(
      addressed('stt', 'kind: deepgram', url),
      /^trunkline\.yaml:3: providers\.stt\.0\.url: an address of/,
      url,
    );
  t.match(
    addressed('llm', 'kind: openai, model: m', 'wss://x.example'),
    /url: an address of the right scheme/,
  );
  t.match(
    addressed('stt', 'kind: deepgram', `wss://x.example/${'a'.repeat(500)}`),
    /providers\.stt\.0\.url: /,
  );
  for (const url of [
    'https://user:s3cret@x.example/v1',
    'https://s3cret@x.example/v1',
    'https://x.example/v1?api_key=s3cret',
    'https://x.example/v1?access_token=s3cret',
    'https://x.example/v1#s3cret',
  ]) {
    const fault = addressed('llm', 'kind: openai, model: m', url);
    t.match(fault, /^trunkline\.yaml:3: providers\.llm\.0\.url: a key does not belong/, url);
    t.notMatch(fault, /s3cret/);
  }
  t.equal(addressed('llm', 'kind: openai, model: m', 'https://x.example/v1?api-version=2025'), 'none');
  t.match(addressed('stt', 'kind: deepgram', 'wss://x.example?model=x'), /url: an address without a query$/);
  t.equal(addressed('llm', 'kind: openai, model: m', 'http://[::1]:11434/v1'), 'none');
});

t.test('the environment goes over the file, and is named where it is wrong', async t => {
  const env = { TRUNKLINE_PROVIDERS__STT: '[{kind: deepgram}, {kind: pocketsphinx}]' };
  t.same(
    parsed(listed('stt', 'kind: assemblyai'), env).stt.map(({ kind }) => kind),
    ['deepgram', 'pocketsphinx'],
  );
  t.equal(parsed('', { TRUNKLINE_PROVIDERS__KEEP_ANSWERS: 'true' }).keepAnswers, true);
  t.match(
    faultOf('', { TRUNKLINE_PROVIDERS__STT: '[{kind: nobody}]' }),
    /^TRUNKLINE_PROVIDERS__STT: providers\.stt\.0\.kind: /,
  );
});

t.test('the examples in trunkline.yaml are valid, and show every kind and key', async t => {
  const [, section = ''] = readFileSync(join(ROOT, 'trunkline.yaml'), 'utf8').split('\nproviders:\n');
  const examples = section
    .split('\n')
    .flatMap(line => /^ {2}# ((?:stt|llm|tts|speech):| {2}.*)$/.exec(line)?.[1] ?? []);
  const shown = parsed(['providers:', ...examples.map(line => `  ${line}`)].join('\n'));
  for (const kind of ['stt', 'llm', 'tts', 'speech'] as const) {
    const every = parsed(listed(kind, ...WHOLE[kind]))[kind];
    t.same(new Set(shown[kind].map(entry => entry.kind)), new Set(every.map(entry => entry.kind)));
  }
  const keys = Object.values(WHOLE).flatMap(list => list.flatMap(entry => [...entry.matchAll(/(\w+): /g)]));
  for (const [, key = ''] of keys) t.match(section, new RegExp(`\\b${key}\\b`), key);
});
