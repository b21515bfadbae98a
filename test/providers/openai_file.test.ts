import t, { type Test } from 'tap';
import { ProviderFault } from '../../src/providers/provider_fault.ts';
import { createOpenAiFileStt, type OpenAiFileSttOptions } from '../../src/providers/stt/openai_file.ts';
import type { Recognition, Stt } from '../../src/providers/types.ts';
import { OpenAiTranscriptionsServer, type TranscriptionsFault } from './servers/openai_transcriptions.ts';

const ANY = { id: 'any', jsgf: '' };
const KEY = 'sk-of-the-test';

async function rig(
  t: Test,
  options: Partial<OpenAiFileSttOptions> = {},
): Promise<{ server: OpenAiTranscriptionsServer; stt: Stt }> {
  const server = await new OpenAiTranscriptionsServer(KEY).start();
  const stt = createOpenAiFileStt({ name: 'openai', apiKey: KEY, url: server.url, ...options });
  t.teardown(async () => {
    await stt.close();
    await server.close();
  });
  return { server, stt };
}

function noise(ms: number, rateHz: number): Int16Array {
  return Int16Array.from({ length: (ms * rateHz) / 1000 }, (_, i) => ((i * 7919) % 20_011) - 10_000);
}

async function say(stt: Stt, ms = 300, hints: readonly string[] = []): Promise<Recognition> {
  const session = stt.open({ rateHz: 16_000, expect: { ...ANY, hints } });
  session.write(noise(ms, 16_000));
  return await session.finish();
}

async function faultOf(promise: Promise<unknown>): Promise<ProviderFault> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ProviderFault) return error;
    throw error;
  }
  throw new Error('went well');
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries === 2000) throw new Error('it never came');
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

t.test('sends all sound at the rate it has', async t => {
  const { server, stt } = await rig(t);
  for (const rateHz of [8000, 16_000] as const) {
    server.answers.push({ text: ' Yes, please.\n' });
    const session = stt.open({ rateHz, expect: ANY });
    const pcm = noise(730, rateHz);
    const reused = new Int16Array(100);
    for (let at = 0; at < pcm.length; at += 100) {
      const piece = pcm.subarray(at, at + 100);
      reused.set(piece);
      session.write(reused.subarray(0, piece.length));
    }
    t.match(await session.finish(), { text: 'yes please', confidence: 0.9 });
    t.equal(server.heard.at(-1)?.rateHz, rateHz);
    t.same(server.heard.at(-1)?.samples, pcm);
  }
});

t.test('says how sure the tokens were', async t => {
  const { server, stt } = await rig(t, { model: 'gpt-4o-mini-transcribe' });
  server.answers.push({ text: 'Monday', logprobs: [Math.log(0.5), Math.log(0.125)] });
  t.match(await say(stt), { text: 'monday', confidence: 0.25 });
});

t.test('says how sure the segments were, and leaves out what is made up', async t => {
  const { server, stt } = await rig(t, { model: 'whisper-1' });
  const segment = { text: ' Monday.', start: 0, end: 3, avg_logprob: Math.log(0.5), no_speech_prob: 0.1 };
  const madeUp = { text: ' Thank you.', start: 3, end: 4, avg_logprob: -1.5, no_speech_prob: 0.9 };
  server.answers.push({ text: 'Monday. Thank you.', segments: [segment, madeUp] });
  const heard = await say(stt);
  t.equal(heard.text, 'monday');
  t.equal(Math.round(heard.confidence * 1000), 500);
  server.answers.push({ text: 'Thank you.', segments: [madeUp] });
  t.match(await say(stt), { text: '', confidence: 0 });
  const other = { ...segment, text: ' Or Tuesday.', start: 3, end: 4, avg_logprob: Math.log(0.0625) };
  server.answers.push({ text: 'Monday. Or Tuesday.', segments: [segment, other] });
  const both = await say(stt);
  t.equal(both.text, 'monday or tuesday');
  t.equal(Math.round(both.confidence * 1000), Math.round(1000 * 2 ** -1.75), 'by their lengths');
});

t.test('tells what to expect as each model wants it, and no more than fits', async t => {
  const hints = ['Grand <b>piano\n', ...Array.from({ length: 300 }, (_, i) => `word number ${i}`)];
  for (const model of ['gpt-transcribe', 'gpt-4o-transcribe', 'whisper-1', 'Systran/faster-whisper-small']) {
    const { server, stt } = await rig(t, { model, language: 'en', prompt: 'A removal' });
    await say(stt, 300, hints);
    const { fields } = server.heard[0]!;
    const values = (name: string) => fields.filter(field => field[0] === name).map(field => field[1]);
    const told =
      model === 'gpt-transcribe' ? ['A removal', ...values('keywords[]')] : values('prompt')[0]?.split(', ');
    t.match(told, ['A removal', 'Grand b piano', 'word number 0']);
    t.ok(JSON.stringify(fields).length < 2_500);
  }
});

t.test("asks a server of one's own without a key", async t => {
  const server = await new OpenAiTranscriptionsServer().start();
  const stt = createOpenAiFileStt({
    name: 'mine',
    url: `${server.url}/`,
    model: 'Systran/faster-whisper-small',
  });
  t.teardown(async () => {
    await stt.close();
    await server.close();
  });
  server.answers.push({ text: 'Hello' });
  t.match(await say(stt), { text: 'hello' });
});

t.test('has a connection when the caller has ended, and keeps it', async t => {
  const { server, stt } = await rig(t);
  const session = stt.open({ rateHz: 16_000, expect: ANY });
  await until(() => server.connections === 1);
  session.write(noise(300, 16_000));
  await until(() => server.open === 1);
  await new Promise(resolve => setTimeout(resolve, 50));
  await session.finish();
  await say(stt);
  await say(stt);
  t.equal(server.connections, 1);
});

t.test('a kept connection that is closed as it is used again costs no utterance', async t => {
  const { server, stt } = await rig(t);
  await say(stt);
  server.dropsKept = true;
  server.answers.push({ text: 'Still there' });
  t.match(await say(stt), { text: 'still there' });
});

t.test('keeps callers apart', async t => {
  const { server, stt } = await rig(t);
  const delays = [60, 30, 0];
  server.delayMs = () => delays.shift() ?? 0;
  server.answers.push({ text: 'one' }, { text: 'two' }, { text: 'three' });
  const finals = [];
  for (let i = 0; i < 3; i++) {
    finals.push(say(stt));
    await until(() => server.heard.length === i + 1);
  }
  t.same(
    (await Promise.all(finals)).map(({ text }) => text),
    ['one', 'two', 'three'],
  );
});

t.test('gives up when told to, with its request', async t => {
  const { server, stt } = await rig(t);
  server.delayMs = () => 60_000;
  const session = stt.open({ rateHz: 16_000, expect: ANY });
  session.write(noise(300, 16_000));
  const final = faultOf(session.finish());
  await until(() => server.heard.length === 1);
  session.cancel();
  t.match(await final, { code: 'STT_FAILED' });
  t.match(await faultOf(session.finish()), { code: 'STT_FAILED' });
  server.delayMs = () => 0;
  server.answers.push({ text: 'yes' });
  t.match(await say(stt), { text: 'yes' });
});

t.test('hears nothing where nothing was said, and little where it was short', async t => {
  const { server, stt } = await rig(t);
  t.match(await stt.open({ rateHz: 8000, expect: ANY }).finish(), { text: '', confidence: 0 });
  t.equal(server.heard.length, 0);
  server.answers.push({ text: 'no' });
  t.match(await say(stt, 20), { text: 'no' }, 'shorter than the service takes');
});

const FAULTS: readonly (readonly [fault: TranscriptionsFault, expected: Partial<ProviderFault>])[] = [
  [{ type: 'status', status: 401 }, { kind: 'auth' }],
  [
    { type: 'status', status: 429, retryAfterS: 7 },
    { kind: 'rateLimited', retryAfterMs: 7000 },
  ],
  [{ type: 'status', status: 500 }, { kind: 'unavailable' }],
  [{ type: 'status', status: 400 }, { kind: 'refused' }],
  [{ type: 'status', status: 302 }, { kind: 'refused' }],
  [{ type: 'silent' }, { kind: 'timeout' }],
  [{ type: 'stalled' }, { kind: 'timeout' }],
  [{ type: 'garbage' }, { kind: 'protocol' }],
  [{ type: 'notAnAnswer' }, { kind: 'protocol' }],
  [{ type: 'long' }, { kind: 'protocol' }],
  [{ type: 'killed' }, { kind: 'unavailable' }],
  [{ type: 'truncated' }, { kind: 'unavailable' }],
];

for (const [fault, expected] of FAULTS) {
  t.test(`tells what went wrong, and goes on: ${JSON.stringify(fault)}`, async t => {
    const { server, stt } = await rig(t, { limits: { finalMs: 1000 } });
    server.fault = fault;
    const told = await faultOf(say(stt));
    t.match(told, expected);
    t.notMatch(JSON.stringify([told.message, told.detail, String(told.cause)]), /secret|sk-of/u);
    server.fault = undefined;
    server.answers.push({ text: 'Yes.' });
    t.match(await say(stt), { text: 'yes' });
  });
}

t.test('a wrong key is a fault, and so is one that is no header', async t => {
  const { stt } = await rig(t, { apiKey: 'sk-wrong' });
  t.match(await faultOf(say(stt)), { kind: 'auth' });
  const { stt: broken } = await rig(t, { apiKey: 'sk-of\nthe-test' });
  const told = await faultOf(say(broken));
  t.match(told, { kind: 'refused', cause: undefined });
  t.notMatch(told.message, /sk-of/u);
});

t.test('nothing is left open', async t => {
  const { server, stt } = await rig(t);
  await say(stt);
  server.delayMs = () => 60_000;
  const final = faultOf(say(stt));
  await until(() => server.heard.length === 2);
  await stt.close();
  t.match(await final, { kind: 'unavailable' });
  t.match(await faultOf(say(stt)), { kind: 'unavailable' });
  await until(() => server.open === 0);
});
