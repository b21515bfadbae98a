import t from 'tap';
import { aloneStt, aloneTts } from '../../../src/providers/failover/alone.ts';
import { FailoverLlm } from '../../../src/providers/failover/failover_llm.ts';
import { FailoverStt } from '../../../src/providers/failover/failover_stt.ts';
import { FailoverTts } from '../../../src/providers/failover/failover_tts.ts';
import { Meter, MeteredLlm, MeteredStt, MeteredTts } from '../../../src/providers/failover/metered.ts';
import { createCachingLlm } from '../../../src/providers/llm/answer_cache.ts';
import { keepSpeech } from '../../../src/providers/tts/kept_speech.ts';
import type { Llm, SpokenPiece, Stt, Tts } from '../../../src/providers/types.ts';
import type { AnsweredBy, Asker, Use } from '../../../src/providers/use.ts';
import { gather, Rig, ScriptedLlm, ScriptedStt, ScriptedTts, type Step, stop, text } from './rig.ts';

const KEPT = 'Hello.';
const EXPECT = { id: 'any', jsgf: '' };

/** Somebody who asks and is told. */
class Curious implements Asker {
  readonly answered: AnsweredBy[] = [];
  readonly used: Use[] = [];
  readonly onAnswer = (by: AnsweredBy): void => void this.answered.push(by);
  readonly onUse = (use: Use): void => void this.used.push(use);

  get of(): string[] {
    return this.used.map(({ provider, requests }) => `${provider} ${requests}`);
  }
}

const sound = (length: number): Step<SpokenPiece> => ({
  give: { pcm: new Int16Array(length).fill(8000), words: [] },
});

t.test('a model’s asker is told whose first token it was, and what each was used for', async t => {
  const rig = new Rig();
  const metered = (llm: Llm) => new MeteredLlm(llm, new Meter('llm', llm.name, {}));
  const first = metered(new ScriptedLlm(rig, 'first', () => [{ wait: 100 }, { fault: 'unavailable' }]));
  const second = metered(new ScriptedLlm(rig, 'second', () => [{ wait: 120 }, ...text('Hello.'), stop]));
  const llm = createCachingLlm(new FailoverLlm(rig.candidates('llm', first, second), rig.told));
  const asker = new Curious();
  const ask = (who: Curious) =>
    rig.clock.until(
      gather(
        llm.reply({
          messages: [{ role: 'user', text: 'hello' }],
          signal: new AbortController().signal,
          onAnswer: who.onAnswer,
          onUse: who.onUse,
        }),
      ),
    );
  await ask(asker);
  t.same(asker.answered, [{ provider: 'second', ms: 120 }]);
  t.same(asker.of.toSorted(), ['first 1', 'second 1']);
  const late = new Curious();
  await ask(late);
  t.same([late.answered, late.used], [[], []], 'what was kept was asked of nobody');
});

t.test('a recogniser’s asker is told of what is settled and of the final', async t => {
  const rig = new Rig();
  const metered = (stt: Stt) => new MeteredStt(stt, new Meter('stt', stt.name, {}));
  const only = metered(new ScriptedStt(rig, 'only', () => ({ settlesAfterMs: 30, finalMs: 50 })));
  const [candidate] = rig.candidates('stt', only).list;
  const deaf = metered(new ScriptedStt(rig, 'deaf', () => ({ failsAfter: 100 })));
  const kinds: [string, Stt][] = [
    ['only', aloneStt(rig.candidates('stt', only), candidate!, rig.told)],
    ['only', new FailoverStt(rig.candidates('stt', deaf, only), rig.told)],
  ];
  for (const [provider, stt] of kinds) {
    const asker = new Curious();
    const session = stt.open({ rateHz: 8000, expect: EXPECT, onAnswer: asker.onAnswer, onUse: asker.onUse });
    session.write(new Int16Array(160));
    await rig.clock.until(session.settle!());
    await rig.clock.until(session.finish());
    t.same(asker.answered, [
      { provider, ms: 30 },
      { provider, ms: 50 },
    ]);
    t.match(asker.used.at(-1), { provider, audioMs: 20 });
  }
});

t.test('a synthesiser’s asker is told who spoke, and nothing of what was kept', async t => {
  const rig = new Rig();
  const metered = (tts: Tts) => new MeteredTts(tts, new Meter('tts', tts.name, {}));
  const only = metered(
    new ScriptedTts(rig, 'only', said => [
      ...(said === KEPT ? [] : [{ wait: 70 }]),
      sound(8000),
      sound(8000),
    ]),
  );
  const mute = metered(new ScriptedTts(rig, 'mute', () => [{ fault: 'unavailable' }]));
  const [candidate] = rig.candidates('tts', only).list;
  const kinds: [Tts, string[]][] = [
    [aloneTts(rig.candidates('tts', only), candidate!, rig.told), ['only 1']],
    [new FailoverTts(rig.candidates('tts', mute, only), rig.told), ['mute 1', 'only 1']],
  ];
  for (const [tts, used] of kinds) {
    const options = { folder: t.testdir(), voice: 'v', isFixed: (sentence: string) => sentence === KEPT };
    const kept = keepSpeech(tts, options);
    const ask = (sentence: string) => {
      const asker = new Curious();
      const { signal } = new AbortController();
      const { onAnswer, onUse } = asker;
      return { asker, spoken: gather(kept.speak(sentence, { rateHz: 8000, signal, onAnswer, onUse })) };
    };
    const { asker, spoken } = ask('Goodbye.');
    await rig.clock.until(spoken);
    t.same(asker.answered, [{ provider: 'only', ms: 70 }]);
    t.same(asker.of.toSorted(), used);
    const first = ask(KEPT);
    await first.spoken;
    t.match(first.asker.answered, [{ provider: 'only' }]);
    await kept.close();
    const again = ask(KEPT);
    await again.spoken;
    t.same([again.asker.answered, again.asker.used], [[], []], 'what was kept was asked of nobody');
  }
});
