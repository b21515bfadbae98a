import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { createPluginLlm, type PluginLlmOptions } from '../../src/providers/livekit_plugin/plugin_llm.ts';
import { createPluginStt } from '../../src/providers/livekit_plugin/plugin_stt.ts';
import { createPluginTts } from '../../src/providers/livekit_plugin/plugin_tts.ts';
import { type FaultKind, ProviderFault } from '../../src/providers/provider_fault.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import type { Llm, LlmDelta } from '../../src/providers/types.ts';
import { faultOf } from './streaming_stt_rig.ts';

const KEY = 'key-that-nobody-may-see';
const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const limits = { firstByteMs: 120_000, silentMs: 120_000 };
/** On a busy machine a ping takes a while, too, and a flood is less of one. */
const processLimits = { pingMs: 30_000, messagesPerSecond: 300 };

/** A folder whose node_modules holds the faulty plugins, and LiveKit's own packages. */
const folder = await mkdtemp(join(tmpdir(), 'plugins-'));
/** Another one, in which LiveKit's own can't be loaded: one that can takes a second of the processor each time. */
const hopeless = join(folder, 'hopeless');
const PACKAGES = join(PROJECT, 'test/providers/plugin_packages');
await mkdir(join(folder, 'node_modules'));
await mkdir(join(hopeless, 'node_modules/@livekit'), { recursive: true });
for (const name of ['faulty', 'throwing'])
  await symlink(join(PACKAGES, name), join(folder, 'node_modules', name));
await symlink(join(PROJECT, 'node_modules/@livekit'), join(folder, 'node_modules/@livekit'));
await symlink(join(PACKAGES, 'throwing'), join(hopeless, 'node_modules/@livekit/agents'));
t.teardown(() => rm(folder, { recursive: true, force: true }));

function model(t: Test, options: Partial<PluginLlmOptions> = {}): Llm {
  const llm = createPluginLlm({
    name: 'plugin',
    package: 'faulty',
    folder,
    limits,
    processLimits,
    ...options,
  });
  t.teardown(() => llm.close());
  return llm;
}

/** What comes of an order, and what it ended with, if not well. */
async function told(
  llm: Llm,
  order: string,
  onText: (text: string) => void = () => {},
): Promise<{ text: string; error: unknown }> {
  let text = '';
  try {
    const deltas = llm.reply({
      messages: [{ role: 'user', text: order }],
      signal: new AbortController().signal,
    });
    for await (const delta of deltas as AsyncIterable<LlmDelta>) {
      if (delta.type !== 'text') continue;
      text += delta.text;
      onText(delta.text);
    }
  } catch (error) {
    return { text, error };
  }
  return { text, error: undefined };
}

function assertFault(t: Test, error: unknown, kind: FaultKind, detail: RegExp, what?: string): void {
  t.ok(error instanceof ProviderFault, what ?? `${error}`);
  const fault = error as ProviderFault;
  t.strictSame([fault.code, fault.kind], ['LLM_FAILED', kind]);
  t.match(fault.detail, detail);
  t.notMatch(`${fault.message} ${fault.stack} ${fault.cause}`, /walnut|key-that/);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

t.test('a plugin is loaded when it is asked, and not before', async t => {
  const llm = model(t);
  const { text, error } = await told(llm, 'hello');
  t.strictSame([text, error], ['you said hello', undefined], 'garbage on its outputs goes nowhere');
  const pid = Number((await told(llm, 'pid')).text);
  t.not(pid, process.pid, 'in a process of its own');
  t.equal(Number((await told(llm, 'pid')).text), pid, 'the same one');
  await llm.close();
  t.notOk(isAlive(pid), 'which ends with it');
  assertFault(t, (await told(llm, 'hello')).error, 'unavailable', /was closed/);
});

t.test('a process that is killed fails what was under way, and the next request has another', async t => {
  const llm = model(t, { limits: { ...limits, answerBytes: 1 << 30 } });
  const pid = Number((await told(llm, 'pid')).text);
  const { text, error } = await told(llm, 'wait', () => process.kill(pid, 'SIGKILL'));
  t.equal(text, 'well', 'what came before is told');
  assertFault(t, error, 'unavailable', /plugin ended/);
  const next = Number((await told(llm, 'pid')).text);
  t.ok(next > 0 && next !== pid);
  assertFault(t, (await told(llm, 'crash')).error, 'unavailable', /plugin ended/);
  assertFault(t, (await told(llm, 'flood')).error, 'protocol', /too much/, 'one that floods is killed, too');
  t.equal((await told(llm, 'hello')).text, 'you said hello');
});

t.test('a process that keeps ending is not started for ever', async t => {
  const llm = model(t, { folder: hopeless });
  for (let i = 0; i < 6; i++)
    assertFault(t, (await told(llm, 'hello')).error, 'unavailable', /can't be loaded/);
  assertFault(t, (await told(llm, 'hello')).error, 'unavailable', /keeps ending/);
});

t.test('a process that hangs is killed', async t => {
  const llm = model(t, { processLimits: { pingMs: 100 } });
  const pid = Number((await told(llm, 'pid')).text);
  const [hangs, waits] = await Promise.all([told(llm, 'hang'), told(llm, 'wait')]);
  assertFault(t, hangs.error, 'timeout', /hangs/);
  assertFault(t, waits.error, 'timeout', /hangs/);
  t.notOk(Number((await told(llm, 'pid')).text) === pid, 'and started again');
});

t.test('a process that takes too long to load is killed', async t => {
  const llm = model(t, { processLimits: { loadMs: 20 } });
  assertFault(t, (await told(llm, 'hello')).error, 'timeout', /more than 20 ms to load/);
});

t.test('what makes no sense, or is too long, is a fault of that request alone', async t => {
  const llm = model(t, { limits: { ...limits, answerBytes: 150_000 } });
  const pid = Number((await told(llm, 'pid')).text);
  assertFault(t, (await told(llm, 'nonsense')).error, 'protocol', /plugin failed/);
  t.equal((await told(llm, 'leave behind')).text, 'well', 'promises that nobody looks at end nothing');
  t.equal((await told(llm, 'long')).text.length, 100_000, 'long texts come in pieces');
  assertFault(t, (await told(llm, 'longer')).error, 'protocol', /more than an answer may be/);
  t.equal(Number((await told(llm, 'pid')).text), pid);
  const without = JSON.parse((await told(llm, 'environment')).text) as [object, object];
  t.strictSame(without[0], {}, 'no key where none is there');
});

t.test('a plugin has its own key, and no other', async t => {
  process.env.SOME_OTHER_KEY = 'another-secret';
  t.teardown(() => Reflect.deleteProperty(process.env, 'SOME_OTHER_KEY'));
  const llm = model(t, { apiKey: KEY, keyVariable: 'FAULTY_API_KEY', options: { greeting: 'hello' } });
  const { text } = await told(llm, 'environment');
  const [options, environment] = JSON.parse(text) as [object, NodeJS.ProcessEnv];
  t.strictSame(options, { greeting: 'hello', apiKey: KEY });
  t.equal(environment.FAULTY_API_KEY, KEY);
  t.notMatch(text, /another-secret|SOME_OTHER/);
});

t.test('what is missing, or wrong, is told', async t => {
  const why = async (options: Partial<PluginLlmOptions>) => (await told(model(t, options), 'hello')).error;
  assertFault(t, await why({ package: 'not-there' }), 'unavailable', /not installed/);
  assertFault(t, await why({ package: 'throwing' }), 'unavailable', /can't be loaded/);
  assertFault(t, await why({ className: 'Missing' }), 'unavailable', /no class of that name/);
  assertFault(t, await why({ options: { greeting: 'refuse' } }), 'unavailable', /does not take its options/);
});

t.test('words that a voice times are where it says', async t => {
  const tts = createPluginTts({ name: 'voice', package: 'faulty', folder, stallMs: 30_000, processLimits });
  t.teardown(() => tts.close());
  const speak = (text: string) =>
    wholeSentence(tts, text, { rateHz: 16_000, signal: new AbortController().signal });
  const { words, pcm } = await speak('one two three');
  t.match(words, [
    { word: 'one', endMs: 500 },
    { word: 'two', startMs: 500, endMs: 1_000 },
    { word: 'three', startMs: 1_000 },
  ]);
  t.ok(Math.abs(pcm.length - 24_000) < 400, `${pcm.length} samples`);
  t.match(await faultOf(speak('and now faster')), { kind: 'protocol', detail: /changed the rate/ });
});

t.test('a recogniser whose package is missing fails at once', async t => {
  const stt = createPluginStt({
    name: 'ear',
    package: 'not-there',
    folder: tmpdir(),
    times: { finalMs: 30_000 },
  });
  t.teardown(() => stt.close());
  const session = stt.open({ rateHz: 8_000, expect: { id: 'anything', jsgf: '' } });
  session.write(new Int16Array(800).fill(1_000));
  t.match(await faultOf(session.finish()), {
    code: 'STT_FAILED',
    kind: 'unavailable',
    detail: /not installed/,
  });
});
