import { setTimeout as pause } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { GoogleToken } from '../../src/providers/google_token.ts';
import { ProviderFault } from '../../src/providers/provider_fault.ts';
import { createGoogleStt, type GoogleSttOptions } from '../../src/providers/stt/google_stt.ts';
import type { Recognition, Stt } from '../../src/providers/types.ts';
import { serviceAccount } from './servers/google_account.ts';
import { GoogleSpeechServer, type SpeechFault } from './servers/google_speech.ts';

const ANY = { id: 'any', jsgf: '' };
const KEY = 'AIza-of-the-test';

async function rig(
  t: Test,
  options: Partial<GoogleSttOptions> = {},
): Promise<{ server: GoogleSpeechServer; stt: Stt }> {
  const server = await new GoogleSpeechServer({ apiKey: KEY }).start();
  const access = { type: 'apiKey', apiKey: KEY, projectId: server.projectId } as const;
  const stt = createGoogleStt({ name: 'google', access, url: server.url, ...options });
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

t.test('sends all sound at the rate it has, in messages that are small enough', async t => {
  const { server, stt } = await rig(t);
  for (const rateHz of [8000, 16_000] as const) {
    server.answers.push({ finals: [{ text: ' Yes, please.' }] });
    const session = stt.open({ rateHz, expect: ANY });
    const pcm = noise(1930, rateHz);
    session.write(pcm.subarray(0, rateHz));
    for (let at = rateHz; at < pcm.length; at += 100) session.write(pcm.subarray(at, at + 100));
    const { text, confidence } = await session.finish();
    t.equal(text, 'yes please');
    t.equal(Math.round(confidence * 1000), 900);
    t.match(server.heard.at(-1), { rateHz, language: 'en-US', interimResults: false, phrases: [] });
    t.same(server.heard.at(-1)?.samples, pcm);
  }
});

t.test('tells partials while the caller speaks, and puts results together', async t => {
  const { server, stt } = await rig(t);
  server.answers.push({
    early: 1,
    finals: [
      { text: 'Take the piano', confidence: 0.5 },
      { text: ' to the second floor.', confidence: 0.75 },
    ],
    interim: [['to'], ['to the', ' second']],
  });
  const partials: string[] = [];
  const session = stt.open({ rateHz: 8000, expect: ANY, onPartial: text => partials.push(text) });
  session.write(noise(200, 8000));
  await until(() => partials.length === 3);
  t.same(partials, ['take the piano', 'take the piano to', 'take the piano to the second']);
  const { text, confidence } = await session.finish();
  t.equal(text, 'take the piano to the second floor');
  t.equal(Math.round(confidence * 1000), Math.round((1000 * (14 * 0.5 + 21 * 0.75)) / 35));
});

t.test('tells what to expect, and no more than fits', async t => {
  const { server, stt } = await rig(t, { language: 'de-DE', model: 'chirp_2' });
  await say(stt, 300, ['Bösendorfer', ...Array.from({ length: 300 }, (_, i) => `word number ${i}`)]);
  t.match(server.heard[0], {
    language: 'de-DE',
    model: 'chirp_2',
    phrases: ['Bösendorfer', 'word number 0'],
  });
  t.ok(server.heard[0]!.phrases.length <= LIMITS.sttHints);
});

t.test('all streams go over one connection, got ready ahead', async t => {
  const { server, stt } = await rig(t);
  stt.prepare(ANY);
  server.answers.push({ finals: [{ text: 'one' }] }, { finals: [{ text: 'two' }] });
  t.match(await say(stt), { text: 'one' });
  t.match(await say(stt), { text: 'two' });
  t.equal(new Set(server.heard.map(({ peer }) => peer)).size, 1);
});

t.test('keeps callers apart', async t => {
  const { server, stt } = await rig(t);
  const delays = [60, 30, 0];
  server.delayMs = () => delays.shift() ?? 0;
  server.answers.push(...['one', 'two', 'three'].map(text => ({ finals: [{ text }] })));
  const sessions = [];
  for (let i = 0; i < 3; i++) {
    const session = stt.open({ rateHz: 16_000, expect: ANY });
    session.write(noise(200, 16_000));
    sessions.push(session);
    await until(() => server.answers.length === 2 - i);
  }
  const finals = await Promise.all(sessions.map(session => session.finish()));
  t.same(
    finals.map(({ text }) => text),
    ['one', 'two', 'three'],
  );
});

t.test('gives up when told to, with its stream', async t => {
  const { server, stt } = await rig(t);
  const session = stt.open({ rateHz: 16_000, expect: ANY });
  session.write(noise(300, 16_000));
  await until(() => server.open === 1);
  session.cancel();
  t.match(await faultOf(session.finish()), { code: 'STT_FAILED' });
  await until(() => server.open === 0);
});

t.test('hears nothing where nothing was said or understood', async t => {
  const { server, stt } = await rig(t);
  t.match(await stt.open({ rateHz: 8000, expect: ANY }).finish(), { text: '', confidence: 0 });
  t.equal(server.heard.length, 0);
  t.match(await say(stt), { text: '', confidence: 0 });
});

const FAULTS: readonly (readonly [fault: SpeechFault, expected: Partial<ProviderFault>])[] = [
  [{ type: 'status', code: status.UNAUTHENTICATED }, { kind: 'auth' }],
  [{ type: 'status', code: status.PERMISSION_DENIED }, { kind: 'auth' }],
  [
    { type: 'status', code: status.RESOURCE_EXHAUSTED, retryAfterS: 7 },
    { kind: 'rateLimited', retryAfterMs: 7000 },
  ],
  [
    { type: 'status', code: status.INTERNAL },
    { kind: 'unavailable', retryAfterMs: undefined },
  ],
  [{ type: 'status', code: status.INVALID_ARGUMENT }, { kind: 'refused' }],
  [{ type: 'status', code: status.DEADLINE_EXCEEDED }, { kind: 'timeout' }],
  [{ type: 'silent' }, { kind: 'timeout', detail: 'google was silent for 200 ms' }],
  [{ type: 'garbage' }, { kind: 'protocol' }],
  [{ type: 'killed' }, { kind: 'unavailable' }],
  [{ type: 'killedInMidUtterance' }, { kind: 'unavailable' }],
  [{ type: 'ended' }, { kind: 'unavailable' }],
];

for (const [fault, expected] of FAULTS) {
  t.test(`tells what went wrong, and goes on: ${JSON.stringify(fault)}`, async t => {
    const { server, stt } = await rig(t, { limits: { silentMs: 200 } });
    server.fault = fault;
    const session = stt.open({ rateHz: 16_000, expect: ANY });
    session.write(noise(300, 16_000));
    if (fault.type === 'ended') {
      await until(() => server.streams === 1 && server.open === 0);
      // We hear of it a moment later.
      await pause(100);
    }
    const told = await faultOf(session.finish());
    t.match(told, expected);
    t.notMatch(JSON.stringify([told.message, told.detail, String(told.cause)]), /secret|AIza/u);
    server.fault = undefined;
    server.answers.length = 0;
    server.answers.push({ finals: [{ text: 'Yes.' }] });
    t.match(await say(stt), { text: 'yes' });
  });
}

t.test('a server that is not there is a fault at once, and is found when it is back', async t => {
  const stt = createGoogleStt({
    name: 'google',
    access: { type: 'apiKey', apiKey: KEY, projectId: 'p' },
    url: 'http://127.0.0.1:9',
  });
  t.teardown(() => stt.close());
  t.match(await faultOf(say(stt)), { kind: 'unavailable' });
});

t.test('comes in by a service account', async t => {
  const { keyFile, publicKey } = serviceAccount();
  const server = await new GoogleSpeechServer({ publicKey }).start();
  const right = createGoogleStt({
    name: 'google',
    access: { type: 'serviceAccount', keyFile },
    url: server.url,
  });
  const other = { type: 'serviceAccount', keyFile: serviceAccount().keyFile } as const;
  const wrong = createGoogleStt({ name: 'google', access: other, url: server.url });
  t.teardown(async () => {
    await Promise.all([right.close(), wrong.close()]);
    await server.close();
  });
  server.answers.push({ finals: [{ text: 'Hello' }] });
  t.match(await say(right), { text: 'hello' });
  t.match(await faultOf(say(wrong)), { kind: 'auth' });
});

t.test('a token is used until it is nearly too old', async t => {
  const token = new GoogleToken(serviceAccount().keyFile);
  const first = token.at(1e12);
  t.equal(token.at(1e12 + LIMITS.googleTokenMs), first);
  t.not(token.at(1e12 + LIMITS.googleTokenMs + 1), first);
  t.ok(LIMITS.googleTokenMs < 3_600_000);
  for (const keyFile of [
    '',
    '{}',
    JSON.stringify({ ...JSON.parse(serviceAccount().keyFile), private_key: 'k' }),
  ]) {
    t.throws(() => new GoogleToken(keyFile), { code: 'CONFIG_INVALID' });
  }
});

t.test('nothing is left open', async t => {
  const { server, stt } = await rig(t);
  server.delayMs = () => 60_000;
  const final = faultOf(say(stt));
  await until(() => server.open === 1);
  await stt.close();
  t.match(await final, { kind: 'unavailable' });
  t.match(await faultOf(say(stt)), { kind: 'unavailable' });
  await until(() => server.open === 0);
});
