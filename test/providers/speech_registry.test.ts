import t, { type Test } from 'tap';
import { configSchema } from '../../src/config/schema.ts';
import type { ProviderFault } from '../../src/providers/provider_fault.ts';
import { openProviders, type Providers } from '../../src/providers/registry.ts';
import type { Use } from '../../src/providers/use.ts';
import { ROOT } from '../tidy/sources.ts';
import { ask, KEY, OPENING, PRICES, take, until } from './realtime_speech_rig.ts';
import { RealtimeSpeechServer } from './servers/realtime_speech.ts';

interface Opened extends Providers {
  readonly uses: readonly Use[];
  /** `kind provider outcome`. */
  readonly told: readonly string[];
}

async function open(t: Test, speech: readonly object[], env: NodeJS.ProcessEnv = {}): Promise<Opened> {
  const uses: Use[] = [];
  const told: string[] = [];
  const providers = await openProviders(configSchema.parse({ providers: { speech } }), {
    folder: ROOT,
    env,
    clock: { nowMs: () => performance.now(), after: () => () => undefined },
    observer: {
      attempt: (kind, provider, outcome) => told.push(`${kind} ${provider} ${outcome}`),
      switched: () => undefined,
    },
    onUse: use => uses.push(use),
  });
  t.teardown(() => providers.close());
  return { ...providers, uses, told };
}

async function server(t: Test): Promise<RealtimeSpeechServer> {
  const started = await new RealtimeSpeechServer(KEY).start();
  t.teardown(() => started.close());
  return started;
}

t.test('without a key it is off, and there is none', async t => {
  const providers = await open(t, [{ kind: 'openai_realtime' }]);
  t.equal(providers.speech, undefined);
  t.match(providers.states.at(-1), { kind: 'speech', service: 'openai_realtime', off: 'no OPENAI_API_KEY' });
  t.same(
    providers.health().filter(({ kind }) => kind === 'speech'),
    [],
  );
});

t.test('as the configuration has it, with its key, its prices and its breaker', async t => {
  const far = await server(t);
  const settings = { reasoning: { effort: 'minimal' } };
  const entry = {
    kind: 'openai_realtime',
    url: far.url,
    voice: 'cedar',
    language: 'en-GB',
    settings,
    price: PRICES,
  };
  const providers = await open(t, [entry], { OPENAI_API_KEY: KEY });
  const conversation = providers.speech!.open(OPENING);
  t.equal((await take(ask(conversation))).text, 'Yes.');
  t.match(far.latest.settings, {
    ...settings,
    audio: {
      input: { transcription: { model: 'gpt-4o-mini-transcribe', language: 'en' } },
      output: { voice: 'cedar' },
    },
  });
  t.same(providers.told, ['speech openai_realtime ok']);
  t.match(providers.health().at(-1), { kind: 'speech', provider: 'openai_realtime', breaker: 'closed' });
  await until(() => providers.uses.length >= 3);
  t.ok(providers.uses.every(({ kind, provider }) => kind === 'speech' && provider === 'openai_realtime'));
  t.ok(providers.uses.reduce((sum, use) => sum + use.costMicroUsd, 0) > 3_900);
});

t.test('one whose breaker is open is passed over for the next', async t => {
  const [first, second] = [await server(t), await server(t)];
  first.fault = { type: 'status', status: 401 };
  const providers = await open(
    t,
    [
      { kind: 'openai_realtime', name: 'first', url: first.url },
      { kind: 'openai_realtime', name: 'second', url: second.url },
    ],
    { OPENAI_API_KEY: KEY },
  );
  const failing = ask(providers.speech!.open(OPENING));
  t.equal(await failing.heard.then(String, error => (error as ProviderFault).kind), 'auth');
  const answer = ask(providers.speech!.open(OPENING));
  t.equal((await take(answer)).text, 'Yes.');
  t.same(providers.told, ['speech first auth', 'speech second ok']);
});

t.test('whoever gives up an answer says nothing against the provider', async t => {
  const far = await server(t);
  const providers = await open(t, [{ kind: 'openai_realtime', url: far.url }], { OPENAI_API_KEY: KEY });
  for (const end of ['stop', 'forget', 'close', 'cancel'] as const) {
    far.answers.push({ heard: 'a', words: ['Well,', 'well.'], holdAfter: 1 });
    const conversation = providers.speech!.open(OPENING);
    const speech = conversation.hear();
    speech.write(new Int16Array(4_000));
    const answer = speech.answer(OPENING.setup);
    await answer.heard;
    if (end === 'close') conversation.close();
    else if (end === 'cancel') speech.cancel();
    else answer[end]();
    conversation.close();
  }
  t.same(new Set(providers.told), new Set(['speech openai_realtime aborted']));
});
