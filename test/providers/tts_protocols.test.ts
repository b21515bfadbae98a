import t, { type Test } from 'tap';
import { accessProviders } from '../../src/config/provider_access.ts';
import { configSchema } from '../../src/config/schema.ts';
import { ProviderFault } from '../../src/providers/provider_fault.ts';
import { createCartesiaTts } from '../../src/providers/tts/cartesia.ts';
import { createDeepgramSpeakTts } from '../../src/providers/tts/deepgram_speak.ts';
import { createElevenLabsTts } from '../../src/providers/tts/elevenlabs.ts';
import { openTts } from '../../src/providers/tts/kinds.ts';
import { createOpenAiSpeechTts } from '../../src/providers/tts/openai_speech.ts';
import type { NetworkTts } from '../../src/providers/tts/speech_protocol.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import { startCartesia } from './servers/cartesia.ts';
import { startDeepgramSpeak } from './servers/deepgram_speak.ts';
import { startElevenLabs } from './servers/elevenlabs.ts';
import { serviceAccount } from './servers/google_account.ts';
import { startGoogleTts } from './servers/google_tts.ts';
import { startOpenAiSpeech } from './servers/openai_speech.ts';
import { startSpeechHost } from './servers/speech_host.ts';
import type { SpeechServer } from './servers/speech_script.ts';
import { KEY, until } from './streaming_tts_rig.ts';

const never = new AbortController().signal;

function speak(tts: NetworkTts, sentence: string, signal = never) {
  return wholeSentence(tts, sentence, { rateHz: 16_000, signal });
}

function closeAfter(t: Test, server: Pick<SpeechServer, 'close'>, tts: NetworkTts): void {
  t.teardown(async () => {
    await tts.close();
    await server.close();
  });
}

/** The kind of fault that a sentence ends in when it is answered with these messages. */
async function kindOfAnswer(
  create: (url: string) => NetworkTts,
  answer: (id: string) => readonly string[],
): Promise<string> {
  const server = await startSpeechHost({
    judge: () => undefined,
    onSocket: (_, socket) => {
      socket.once('message', data => {
        const message = JSON.parse(String(data)) as { readonly context_id?: string };
        for (const text of answer(message.context_id ?? '')) socket.send(text);
      });
    },
  });
  const tts = create(`ws://${server.url}`);
  try {
    await speak(tts, 'A secret sentence.');
    return 'none';
  } catch (error) {
    if (!(error instanceof ProviderFault)) throw error;
    return /secret|hidden/u.test(error.message) ? 'a leak' : error.kind;
  } finally {
    await tts.close();
    await server.close();
  }
}

t.test("a provider's own words for its failures are understood, and not repeated", async t => {
  const cartesia = (url: string) => createCartesiaTts({ url, apiKey: KEY, voice: 'v', stallMs: 500 });
  for (const [status, kind] of [
    [400, 'refused'],
    [401, 'auth'],
    [402, 'refused'],
    [429, 'rateLimited'],
    [500, 'unavailable'],
  ] as const) {
    const error = { type: 'error', done: true, error: 'hidden', title: 'hidden', status_code: status };
    const of = await kindOfAnswer(cartesia, id => [JSON.stringify({ ...error, context_id: id })]);
    t.equal(of, kind, `Cartesia's ${status}`);
    t.equal(await kindOfAnswer(cartesia, () => [JSON.stringify(error)]), kind, 'without a context too');
  }
  const elevenLabs = (url: string) => createElevenLabsTts({ url, apiKey: KEY, voice: 'v', stallMs: 500 });
  for (const [error, kind] of [
    ['invalid_api_key', 'auth'],
    ['quota_exceeded', 'rateLimited'],
    ['system_busy', 'rateLimited'],
    ['internal_server_error', 'unavailable'],
    ['input_invalid', 'refused'],
  ] as const) {
    const answer = JSON.stringify({ message: 'hidden', error, code: 1008 });
    t.equal(await kindOfAnswer(elevenLabs, () => [answer]), kind, `ElevenLabs' ${error}`);
  }
  const deepgram = (url: string) => createDeepgramSpeakTts({ url, apiKey: KEY, stallMs: 500 });
  for (const [code, kind] of [
    ['EXCESSIVE_FLUSH_LIMIT', 'rateLimited'],
    ['DATA-0001', 'refused'],
    ['NET-0001', 'unavailable'],
  ] as const) {
    const answer = JSON.stringify({ type: 'Warning', description: 'hidden', code });
    t.equal(await kindOfAnswer(deepgram, () => [answer]), kind, `Deepgram's ${code}`);
  }
});

t.test('messages of kinds that came later are passed over, those without one are a fault', async t => {
  const cartesia = (url: string) => createCartesiaTts({ url, apiKey: KEY, voice: 'v', stallMs: 300 });
  t.equal(await kindOfAnswer(cartesia, () => ['{"type":"news","x":[1]}']), 'timeout');
  const deepgram = (url: string) => createDeepgramSpeakTts({ url, apiKey: KEY, stallMs: 300 });
  t.equal(await kindOfAnswer(deepgram, () => ['{"type":"News"}']), 'timeout');
  for (const create of [cartesia, deepgram]) {
    for (const text of ['null', '[]', '7', '{}', '{"type":3}', '"done"']) {
      t.equal(await kindOfAnswer(create, () => [text]), 'protocol', text);
    }
  }
  const chunk = (data: unknown) => (id: string) => [
    JSON.stringify({ type: 'chunk', data, context_id: id, done: false, status_code: 206 }),
  ];
  t.equal(await kindOfAnswer(cartesia, chunk('§§§')), 'protocol', 'sound that is not base64');
  t.equal(await kindOfAnswer(cartesia, chunk(null)), 'protocol', 'no sound');
  const ragged = (id: string) => [
    JSON.stringify({
      type: 'timestamps',
      context_id: id,
      word_timestamps: { words: ['A'], start: [], end: [1] },
    }),
    JSON.stringify({ type: 'done', context_id: id }),
  ];
  t.equal(await kindOfAnswer(cartesia, ragged), 'protocol', 'times that are none, and no sound');
});

t.test('Cartesia: sentences side by side share a connection, at either rate', async t => {
  const server = await startCartesia({ apiKey: KEY });
  const tts = createCartesiaTts({ url: server.url, apiKey: KEY, voice: 'v' });
  closeAfter(t, server, tts);
  await Promise.all([
    speak(tts, 'One.'),
    wholeSentence(tts, 'Two.', { rateHz: 8_000, signal: never }),
    speak(tts, 'Three.'),
  ]);
  t.equal(server.record.connections, 1);
});

t.test('ElevenLabs: five sentences on a connection, and a place is free again after a cancel', async t => {
  const server = await startElevenLabs({ apiKey: KEY });
  const tts = createElevenLabsTts({ url: server.url, apiKey: KEY, voice: 'v' });
  closeAfter(t, server, tts);
  await Promise.all(Array.from({ length: 6 }, (_, at) => speak(tts, `Number ${at}.`)));
  t.equal(server.record.connections, 2);
  server.script.firstByteMs = () => 60_000;
  for (let count = 1; count <= 12; count++) {
    const control = new AbortController();
    const spoken = speak(tts, 'Interrupted.', control.signal);
    await until(() => server.record.texts.length === 6 + count, 'asked for');
    control.abort(new Error('interrupted'));
    await t.rejects(spoken, /interrupted/u);
  }
  t.strictSame(server.record.violations, [], 'never more than five at once');
  t.equal(server.record.connections, 2);
});

t.test('Deepgram: no connection gets more flushes than it takes in a minute', async t => {
  const server = await startDeepgramSpeak({ apiKey: KEY });
  const tts = createDeepgramSpeakTts({ url: server.url, apiKey: KEY });
  closeAfter(t, server, tts);
  for (let count = 0; count < 22; count++) await speak(tts, 'Yes.');
  t.strictSame(server.record.violations, []);
  t.equal(server.record.connections, 2);
});

t.test('connections that are not needed any more are closed but for a few', async t => {
  const server = await startDeepgramSpeak({ apiKey: KEY });
  const tts = createDeepgramSpeakTts({ url: server.url, apiKey: KEY });
  closeAfter(t, server, tts);
  await Promise.all(Array.from({ length: 9 }, () => speak(tts, 'Yes.')));
  t.equal(server.record.connections, 9);
  await until(() => server.record.open === 4, 'four are left');
});

t.test('no more connections than the limit; a sentence that finds none fails at once', async t => {
  const server = await startDeepgramSpeak({ apiKey: KEY });
  const tts = createDeepgramSpeakTts({ url: server.url, apiKey: KEY, stallMs: 60_000 });
  closeAfter(t, server, tts);
  server.script.firstByteMs = () => 60_000;
  const control = new AbortController();
  const all = Array.from({ length: 64 }, () => speak(tts, 'Yes.', control.signal).catch(() => {}));
  await t.rejects(speak(tts, 'One more.'), { code: 'TTS_FAILED', kind: 'rateLimited' });
  control.abort();
  await Promise.all(all);
});

t.test('OpenAI: what is no PCM is not spoken, a header is not heard', async t => {
  const server = await startOpenAiSpeech({ apiKey: KEY });
  const tts = createOpenAiSpeechTts({ url: server.url, apiKey: KEY });
  closeAfter(t, server, tts);
  await speak(tts, 'All is well.');
  for (const type of ['audio/mpeg', 'application/json', 'text/plain', 'audio/ogg; codecs=opus']) {
    const other = await startSpeechHost({
      judge: () => undefined,
      onRequest: (_, __, response) => {
        response.writeHead(200, { 'Content-Type': type }).end(Buffer.alloc(9_600, 77));
      },
    });
    const wrong = createOpenAiSpeechTts({ url: `http://${other.url}`, voice: 'v', model: 'm' });
    await t.rejects(speak(wrong, 'Hello.'), { code: 'TTS_FAILED', kind: 'protocol' }, type);
    await wrong.close();
    await other.close();
  }
});

t.test('an answer of an error without an end keeps nobody', async t => {
  const server = await startSpeechHost({
    judge: () => undefined,
    onRequest: (_, __, response) => {
      response.writeHead(500, { 'Content-Type': 'application/json' }).write('{');
    },
  });
  const tts = createOpenAiSpeechTts({ url: `http://${server.url}`, apiKey: KEY });
  closeAfter(t, server, tts);
  await t.rejects(speak(tts, 'Hello.'), { code: 'TTS_FAILED', kind: 'unavailable' });
  await until(() => server.record.open === 0, 'the connection is given up');
});

t.test('Google: by a service account as by an API key, from wherever they are found', async t => {
  const { keyFile, publicKey } = serviceAccount();
  const server = await startGoogleTts({ apiKey: KEY, publicKey });
  t.teardown(() => server.close());
  const folder = t.testdir({
    account: keyFile,
    other: serviceAccount().keyFile,
    key: `${KEY}\n`,
    two: 'a\nb',
  });
  const config = configSchema.parse({});
  const voice = async (where: object, env: NodeJS.ProcessEnv = {}) => {
    const entry = { kind: 'google', voice: 'en-US-Neural2-C', url: server.url, ...where };
    const { providers } = configSchema.parse({ providers: { tts: [entry, { kind: 'flite' }] } });
    const [found] = accessProviders(providers, { folder, env }).tts;
    if (found?.off !== undefined) return found.off;
    const tts = await openTts(found!.entry, found!.key, config);
    const said = speak(tts as NetworkTts, 'Hello.').then(
      ({ pcm }) => (pcm.length > 0 ? 'spoken' : 'nothing'),
      (error: ProviderFault) => error.kind,
    );
    return said.finally(() => tts.close());
  };
  const account = { GOOGLE_APPLICATION_CREDENTIALS: 'account' };
  t.equal(await voice({}, account), 'spoken');
  t.equal(await voice({ keyFile: 'account' }), 'spoken');
  t.equal(await voice({ keyFile: 'other' }), 'auth');
  t.equal(await voice({ keyFile: 'key' }), 'spoken');
  t.equal(await voice({}, { GOOGLE_API_KEY: KEY, GOOGLE_APPLICATION_CREDENTIALS: 'other' }), 'spoken');
  t.equal(await voice({ keyEnv: 'SOME' }, account), 'no SOME', 'who names a variable means it');
  t.equal(await voice({}), 'no GOOGLE_API_KEY');
  for (const file of ['two', 'nowhere'])
    await t.rejects(voice({ keyFile: file }), { code: 'CONFIG_INVALID' }, file);
  await t.rejects(voice({}, { GOOGLE_APPLICATION_CREDENTIALS: 'key' }), { code: 'CONFIG_INVALID' });
});

/** Real services, where there is a key for them. */
const REAL: Readonly<Record<string, (apiKey: string) => NetworkTts>> = {
  CARTESIA_API_KEY: apiKey => createCartesiaTts({ apiKey, voice: 'f786b574-daa5-4673-aa0c-cbe3e8534c02' }),
  ELEVENLABS_API_KEY: apiKey => createElevenLabsTts({ apiKey, voice: '21m00Tcm4TlvDq8ikWAM' }),
  DEEPGRAM_API_KEY: apiKey => createDeepgramSpeakTts({ apiKey }),
  OPENAI_API_KEY: apiKey => createOpenAiSpeechTts({ apiKey }),
};

for (const [variable, create] of Object.entries(REAL)) {
  const apiKey = process.env[variable];
  const skip = apiKey === undefined ? `${variable} is not set` : false;
  t.test(`the real service of ${variable}`, { skip, timeout: 120_000 }, async t => {
    const { TTS_CHECKS } = await import('./tts_conformance.ts');
    const tts = create(apiKey!);
    t.teardown(() => tts.close());
    for (const check of TTS_CHECKS) {
      // Of a real voice no two renderings are of one length.
      if (!check.name.startsWith('serves many')) await t.resolves(check.run(tts), check.name);
    }
    await t.rejects(speak(create('wrong'), 'Hello.'), { code: 'TTS_FAILED', kind: 'auth' });
  });
}
