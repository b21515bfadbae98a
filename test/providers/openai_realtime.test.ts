import t, { type Test } from 'tap';
import { ProviderFault } from '../../src/providers/provider_fault.ts';
import {
  createOpenAiRealtimeStt,
  type OpenAiRealtimeSttOptions,
} from '../../src/providers/stt/openai_realtime.ts';
import type { Stt } from '../../src/providers/types.ts';
import { OpenAiRealtimeServer, type RealtimeFault } from './servers/openai_realtime.ts';

const ANY = { id: 'any', jsgf: '' };
const KEY = 'sk-of-the-test';

async function rig(
  t: Test,
  options: Partial<OpenAiRealtimeSttOptions> = {},
): Promise<{ server: OpenAiRealtimeServer; stt: Stt }> {
  const server = await new OpenAiRealtimeServer(KEY).start();
  const stt = createOpenAiRealtimeStt({ name: 'openai', apiKey: KEY, url: server.url, ...options });
  t.teardown(async () => {
    await stt.close();
    await server.close();
  });
  return { server, stt };
}

function tone(ms: number, rateHz: number): Int16Array {
  return Int16Array.from({ length: (ms * rateHz) / 1000 }, (_, i) => {
    return Math.round(10_000 * Math.sin((2 * Math.PI * 440 * i) / rateHz));
  });
}

async function say(stt: Stt, ms = 500, hints: readonly string[] = []): Promise<string> {
  const session = stt.open({ rateHz: 16_000, expect: { ...ANY, hints } });
  session.write(tone(ms, 16_000));
  return (await session.finish()).text;
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

t.test('sends sound at 24 kHz, all of it, whatever the caller comes with', async t => {
  const { server, stt } = await rig(t);
  for (const rateHz of [8000, 16_000] as const) {
    server.answers.push({ text: 'Yes, please.' });
    const session = stt.open({ rateHz, expect: ANY });
    const pcm = tone(730, rateHz);
    for (let at = 0; at < pcm.length; at += 77) session.write(pcm.subarray(at, at + 77));
    const { text, confidence } = await session.finish();
    t.equal(text, 'yes please');
    t.equal(confidence, 0.9);
    const { samples } = server.heard.at(-1)!;
    t.equal(samples.length, 730 * 24, `${rateHz} Hz`);
    const expected = tone(730, 24_000);
    const worst = samples.reduce((most, sample, at) => {
      const isEdge = at < 500 || at > samples.length - 500;
      return isEdge ? most : Math.max(most, Math.abs(sample - expected[at]!));
    }, 0);
    t.ok(worst < 50, `the tone stays what it is (${worst})`);
  }
});

t.test('tells partials while the caller speaks', async t => {
  const { server, stt } = await rig(t);
  server.answers.push({ text: 'Next Thursday, at three.', deltas: ['Next', ' Thursday,', ' at tree.'] });
  const partials: string[] = [];
  const session = stt.open({ rateHz: 8000, expect: ANY, onPartial: text => partials.push(text) });
  session.write(tone(230, 8000));
  await until(() => partials.length === 2);
  t.same(partials, ['next', 'next thursday']);
  session.write(tone(50, 8000));
  t.equal((await session.finish()).text, 'next thursday at three');
  t.equal(partials.length, 2, 'what comes after the end is the final');
});

t.test('puts together what the model divides', async t => {
  const { server, stt } = await rig(t);
  server.answers.push({ firstItem: 'Take the piano.', text: 'To the second floor.' });
  t.equal(await say(stt), 'take the piano to the second floor');
});

t.test('says how sure the tokens were', async t => {
  const { server, stt } = await rig(t, { model: 'gpt-4o-transcribe', language: 'en', prompt: 'A removal' });
  server.answers.push({ text: 'Monday', logprobs: [Math.log(0.5), Math.log(0.125)] });
  const session = stt.open({ rateHz: 16_000, expect: { ...ANY, hints: ['Bösendorfer'] } });
  session.write(tone(300, 16_000));
  t.match(await session.finish(), { text: 'monday', confidence: 0.25 });
  t.match(server.heard[0]?.session.audio.input.transcription, {
    language: 'en',
    prompt: 'A removal, Bösendorfer',
  });
});

t.test('tells what to expect as each model wants it, and no more than fits', async t => {
  for (const model of ['gpt-live-transcribe', 'gpt-transcribe', 'gpt-realtime-whisper', 'whisper-1']) {
    const { server, stt } = await rig(t, { model, language: 'en' });
    const hints = ['Grand <b>piano\n', ...Array.from({ length: 300 }, (_, i) => `word number ${i}`)];
    await say(stt, 300, hints);
    const sent = server.heard[0]!.session.audio.input.transcription;
    const told = model === 'whisper-1' ? String(sent.prompt).split(', ') : sent.keywords;
    if (model === 'gpt-realtime-whisper') t.equal(told, undefined);
    else {
      t.match(told, ['Grand b piano', 'word number 0']);
      t.ok(JSON.stringify(told).length < 1_500);
    }
  }
});

t.test('uses a connection again, got ready ahead, and tells it what is new', async t => {
  const { server, stt } = await rig(t);
  stt.prepare(ANY);
  stt.prepare(ANY);
  await until(() => server.connections === 1);
  server.answers.push({ text: 'one', late: 'one more' }, { text: 'two' }, { text: 'three' });
  t.equal(await say(stt), 'one');
  t.equal(await say(stt, 500, ['piano']), 'two');
  t.equal(await say(stt), 'three');
  t.equal(server.handshakes, 1);
  t.same(
    server.heard.map(({ session }) => session.audio.input.transcription.keywords),
    [[], ['piano'], []],
  );
});

t.test('a model that takes earlier turns into account hears one caller a connection', async t => {
  const { server, stt } = await rig(t, { model: 'gpt-transcribe' });
  server.answers.push({ text: 'one' }, { text: 'two' });
  await say(stt);
  await say(stt);
  t.same(
    server.heard.map(({ connection }) => connection),
    [1, 2],
  );
});

t.test('keeps callers apart', async t => {
  const { server, stt } = await rig(t);
  // The first that is committed takes the longest.
  const delays = [60, 30, 0];
  server.delayMs = () => delays.shift() ?? 0;
  server.answers.push({ text: 'one' }, { text: 'two' }, { text: 'three' });
  const sessions = [];
  for (let i = 0; i < 3; i++) {
    const session = stt.open({ rateHz: 16_000, expect: ANY });
    session.write(tone(200, 16_000));
    sessions.push(session);
    await until(() => server.connections === i + 1 && server.answers.length === 2 - i);
  }
  const finals = await Promise.all(sessions.map(session => session.finish()));
  t.same(
    finals.map(({ text }) => text),
    ['one', 'two', 'three'],
  );
});

t.test('what a given-up utterance has to tell is heard in no other', async t => {
  const { server, stt } = await rig(t);
  server.answers.push({ text: 'secret number', deltas: ['secret', ' number'] }, { text: 'yes' });
  const given = stt.open({ rateHz: 16_000, expect: ANY });
  given.write(tone(500, 16_000));
  await until(() => server.answers.length === 1);
  given.cancel();
  given.cancel();
  t.match(await faultOf(given.finish()), { code: 'STT_FAILED' });
  const partials: string[] = [];
  const next = stt.open({ rateHz: 16_000, expect: ANY, onPartial: text => partials.push(text) });
  next.write(tone(500, 16_000));
  t.equal((await next.finish()).text, 'yes');
  t.same(partials, []);
  t.equal(server.heard[0]?.connection, 2);
});

t.test('hears nothing where nothing was said, and little where it was short', async t => {
  const { server, stt } = await rig(t);
  t.match(await stt.open({ rateHz: 8000, expect: ANY }).finish(), { text: '', confidence: 0 });
  server.answers.push({ text: 'no' });
  t.equal(await say(stt, 20), 'no', 'shorter than the service takes');
  t.equal(server.handshakes, 1, 'on the same connection');
  server.answers.push({ text: '…' });
  t.match(await faultlessly(stt), { text: '', confidence: 0 });
});

async function faultlessly(stt: Stt): Promise<unknown> {
  const session = stt.open({ rateHz: 16_000, expect: ANY });
  session.write(tone(300, 16_000));
  const final = await session.finish();
  session.write(tone(300, 16_000));
  return final;
}

const FAULTS: readonly (readonly [fault: RealtimeFault, expected: Partial<ProviderFault>])[] = [
  [{ type: 'status', status: 401 }, { kind: 'auth' }],
  [
    { type: 'status', status: 429, retryAfterS: 7 },
    { kind: 'rateLimited', retryAfterMs: 7000 },
  ],
  [{ type: 'status', status: 500 }, { kind: 'unavailable' }],
  [{ type: 'status', status: 404 }, { kind: 'refused' }],
  [{ type: 'error', error: { type: 'server_error', code: null } }, { kind: 'unavailable' }],
  [{ type: 'error', error: { type: 'invalid_request_error', code: 'invalid_api_key' } }, { kind: 'auth' }],
  [{ type: 'error', error: { type: 'tokens', code: 'rate_limit_exceeded' } }, { kind: 'rateLimited' }],
  [{ type: 'failed', error: { type: 'server_error', code: null } }, { kind: 'unavailable' }],
  [{ type: 'failed', error: { type: 'invalid_request_error', code: 'audio' } }, { kind: 'refused' }],
  [{ type: 'silent' }, { kind: 'timeout', detail: 'openai was silent for 100 ms' }],
  [{ type: 'garbage' }, { kind: 'protocol' }],
  [{ type: 'notAnEvent' }, { kind: 'protocol' }],
  [{ type: 'killed' }, { kind: 'unavailable' }],
  [{ type: 'killedInMidUtterance' }, { kind: 'unavailable' }],
  [{ type: 'truncated' }, { kind: 'unavailable' }],
];

for (const [fault, expected] of FAULTS) {
  t.test(`tells what went wrong, and goes on: ${JSON.stringify(fault)}`, async t => {
    const { server, stt } = await rig(t, { limits: { silentMs: 100 } });
    // With a connection in use, unless it is about how one begins.
    if (fault.type !== 'status') await say(stt);
    server.fault = fault;
    const told = await faultOf(say(stt));
    t.match(told, expected);
    t.notMatch(JSON.stringify([told.message, told.detail, String(told.cause)]), /secret|sk-of/u);
    server.fault = undefined;
    server.answers.length = 0;
    server.answers.push({ text: 'Yes.' });
    t.equal(await say(stt), 'yes');
  });
}

t.test('loses no word to a kept connection that turns out to be gone', async t => {
  const { server, stt } = await rig(t);
  await say(stt);
  for (const isFinishing of [false, true]) {
    server.answers.push({ text: 'All of it.' });
    const session = stt.open({ rateHz: 16_000, expect: ANY });
    session.write(tone(500, 16_000));
    let final = isFinishing ? session.finish() : undefined;
    // What was sent is on its way when the far end gives the connection up.
    server.cut();
    if (!isFinishing) await until(() => server.connections === 2);
    session.write(tone(300, 16_000));
    final ??= session.finish();
    t.equal((await final).text, 'all of it');
    t.equal(server.heard.at(-1)?.samples.length, (isFinishing ? 500 : 800) * 24);
  }
  t.equal(server.connections, 3);
});

t.test('notices while somebody speaks that nobody is there', async t => {
  const { server, stt } = await rig(t, { limits: { stalledMs: 200 } });
  server.fault = { type: 'mute' };
  const session = stt.open({ rateHz: 16_000, expect: ANY });
  const speaking = setInterval(() => session.write(tone(50, 16_000)), 20);
  t.teardown(() => clearInterval(speaking));
  await until(() => server.appends > 0);
  await new Promise(resolve => setTimeout(resolve, 2_000));
  t.match(await faultOf(session.finish()), {
    kind: 'timeout',
    detail: 'openai was silent for 200 ms of sound',
  });
});

t.test('gives an idle connection up after a while', async t => {
  const { server, stt } = await rig(t, { limits: { idleMs: 50 } });
  await say(stt);
  await until(() => server.open === 0);
  stt.prepare(ANY);
  await until(() => server.connections === 2);
  await until(() => server.open === 0);
  server.answers.push({ text: 'yes' });
  t.equal(await say(stt), 'yes');
});

t.test('a final that is late is a fault, even of a provider that is alive', async t => {
  const { server, stt } = await rig(t, { limits: { finalMs: 150 } });
  server.delayMs = () => 60_000;
  t.match(await faultOf(say(stt)), { kind: 'timeout' });
});

t.test('nothing is left open', async t => {
  const { server, stt } = await rig(t);
  stt.prepare(ANY);
  server.delayMs = () => 60_000;
  const session = stt.open({ rateHz: 16_000, expect: ANY });
  session.write(tone(300, 16_000));
  const final = faultOf(session.finish());
  await until(() => server.heard.length === 1);
  stt.prepare(ANY);
  await until(() => server.connections === 2);
  await stt.close();
  t.match(await final, { kind: 'unavailable' });
  t.match(await faultOf(say(stt)), { kind: 'unavailable' });
  await until(() => server.open === 0);
  t.equal(server.handshakes, 2);
});
