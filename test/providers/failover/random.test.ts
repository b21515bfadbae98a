import tap from 'tap';
import { SeededRandom } from '../../../bench/caller/random.ts';
import type { Provider } from '../../../src/providers/failover/candidates.ts';
import { FailoverLlm } from '../../../src/providers/failover/failover_llm.ts';
import { FailoverStt } from '../../../src/providers/failover/failover_stt.ts';
import { FailoverTts } from '../../../src/providers/failover/failover_tts.ts';
import type {
  LlmDelta,
  LlmRequest,
  Recognition,
  SpokenPiece,
  SpokenWord,
} from '../../../src/providers/types.ts';
import {
  call,
  gather,
  type Hearing,
  heardText,
  NO_LEFTOVERS,
  Rig,
  recognition,
  ScriptedLlm,
  ScriptedStt,
  ScriptedTts,
  type Step,
  stop,
} from './rig.ts';

const RUNS = 1_000;
/** Requests of one run, which share their breakers. */
const REQUESTS = 4;
const FAULTS = ['auth', 'rateLimited', 'refused', 'unavailable', 'timeout', 'protocol'] as const;
const REASON = new Error('the caller interrupted');

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** One of each run's providers works, the others fail as they like; now and then the caller interrupts. */
interface Run {
  readonly seed: number;
  readonly random: SeededRandom;
  readonly rig: Rig;
  readonly names: readonly string[];
  readonly working: string;
}

async function runs(
  t: Pick<typeof tap, 'fail' | 'pass' | 'passing'>,
  kind: string,
  one: (run: Run) => Promise<readonly Provider[] | string>,
): Promise<void> {
  for (let seed = 1; seed <= RUNS; seed++) {
    const random = new SeededRandom(seed, kind);
    const rig = new Rig();
    const names = ['a', 'b', 'c'].slice(0, random.integer(1, 3));
    const wrong = await one({ seed, random, rig, names, working: random.pick(names) });
    const left = JSON.stringify(await rig.leftovers());
    if (typeof wrong === 'string') t.fail(`seed ${seed}: ${wrong}`);
    if (left !== JSON.stringify(NO_LEFTOVERS)) t.fail(`seed ${seed}: left ${left}`);
    if (!t.passing()) return;
  }
  t.pass(`${RUNS} runs`);
}

/** Steps cut off at a random point, by a fault, a silence that never ends, or an end that comes too early. */
function spoiled<T>(random: SeededRandom, steps: readonly Step<T>[]): Step<T>[] {
  const kept = steps.slice(0, random.integer(0, steps.length));
  const end = random.pick(['fault', 'hang', 'end'] as const);
  if (end === 'hang') return [...kept, 'hang'];
  if (end === 'end') return kept;
  const retryAfterMs = random.integer(0, 5_000);
  return [...kept, { fault: random.pick(FAULTS), ...(random.chance(0.5) ? { retryAfterMs } : {}) }];
}

async function outcome<T>(
  { random, rig }: Run,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Outcome<T>> {
  const control = new AbortController();
  const cancel = random.chance(0.15)
    ? rig.clock.after(random.integer(0, 4_000), () => control.abort(REASON))
    : () => {};
  try {
    return { value: await rig.clock.until(work(control.signal)) };
  } catch (error) {
    return { error };
  } finally {
    cancel();
  }
}

/** A trial that is never over would lock its provider out for ever. */
async function areAskedAgain(
  { rig }: Run,
  candidates: {
    readonly statuses: readonly { readonly state: string }[];
    readonly list: readonly { readonly breaker: { readonly allows: boolean } }[];
  },
): Promise<boolean> {
  await rig.clock.pass(700_000);
  return candidates.list.every(({ breaker }) => breaker.allows);
}

function textFor(random: SeededRandom): string {
  return Array.from({ length: random.integer(1, 25) }, (_, at) => {
    const word = `w${at}${'xyz'.repeat(random.integer(0, 3))}`;
    return random.chance(0.15) ? `${word}${random.pick([',', '.', '?'])}` : word;
  }).join(' ');
}

/** What a model that works says: all, or what is left; now and then some words again. */
function modelSays(
  random: SeededRandom,
  reference: string,
  { messages }: LlmRequest,
  hasCall: boolean,
): Step<LlmDelta>[] {
  const said = messages.findLast(({ role }) => role === 'assistant')?.text ?? '';
  const words = reference.split(' ');
  const saidWords = said === '' ? 0 : said.split(' ').length;
  const again = random.pick([0, 0, 1, 3, saidWords]);
  let left = words.slice(Math.max(0, saidWords - again)).join(' ');
  if (said !== '' && random.chance(0.5)) left = ` ${left}`;
  const steps: Step<LlmDelta>[] = [{ wait: random.integer(0, 250) }];
  while (left !== '') {
    const length = random.integer(1, 12);
    steps.push({ give: { type: 'text', text: left.slice(0, length) } });
    if (random.chance(0.3)) steps.push({ wait: random.integer(0, 100) });
    left = left.slice(length);
  }
  if (hasCall) steps.push(call('book', '{"day":"monday"}'));
  return [...steps, stop];
}

tap.test('models: the answer is said once, whole and in order', async t => {
  await runs(t, 'llm', async run => {
    const { random, rig, names, working } = run;
    let reference = '';
    let hasCall = false;
    const llms = names.map(
      name =>
        new ScriptedLlm(rig, name, request => {
          const steps = modelSays(random, reference, request, hasCall);
          return name === working ? steps : spoiled(random, steps);
        }),
    );
    const candidates = rig.candidates('llm', ...llms);
    const llm = new FailoverLlm(candidates, rig.told);
    for (let at = 0; at < REQUESTS; at++) {
      reference = textFor(random);
      hasCall = random.chance(0.2);
      const got = await outcome(run, signal =>
        gather(llm.reply({ messages: [{ role: 'user', text: 'x' }], signal })),
      );
      if ('error' in got) {
        if (got.error !== REASON) return `failed: ${got.error}`;
        continue;
      }
      const said = got.value.map(delta => (delta.type === 'text' ? delta.text : '')).join('');
      if (said !== reference) return `said "${said}" for "${reference}"`;
      const calls = got.value.filter(({ type }) => type === 'toolCall').length;
      if (calls !== (hasCall ? 1 : 0)) return `${calls} calls`;
      const ends = got.value.filter(({ type }) => type === 'end').length;
      if (ends !== 1 || got.value.at(-1)?.type !== 'end') return `${ends} ends`;
    }
    return (await areAskedAgain(run, candidates)) ? llms : 'locked out';
  });
});

const RATE_HZ = 8_000;

/** A sentence as sound in which each word has a loudness of its own. */
function voiceSays(
  random: SeededRandom,
  sentence: string,
  loudness: ReadonlyMap<string, number>,
): Step<SpokenPiece>[] {
  const parts: Int16Array[] = [];
  let length = 0;
  const add = (least: number, most: number, level: number) => {
    const part = new Int16Array(80 * random.integer(least, most)).fill(level);
    parts.push(part);
    length += part.length;
  };
  const words: SpokenWord[] = [];
  add(0, 8, 0);
  for (const word of sentence.split(' ')) {
    const startMs = length / 8;
    add(8, 40, loudness.get(word)!);
    words.push({ word, startMs, endMs: length / 8 });
    add(0, 6, 0);
  }
  const sound = joined(parts, length);
  const steps: Step<SpokenPiece>[] = [{ wait: random.integer(0, 140) }];
  let told = 0;
  for (let from = 0; from < sound.length; ) {
    const until = Math.min(sound.length, from + random.integer(1, 4_000));
    const due = words.findLastIndex(({ endMs }) => endMs * 8 <= until) + 1;
    const tells = Math.min(
      words.length,
      Math.max(told, due) + (random.chance(0.3) ? random.integer(0, 4) : 0),
    );
    steps.push({ give: { pcm: sound.slice(from, until), words: words.slice(told, tells) } });
    told = Math.max(told, tells);
    if (random.chance(0.3)) steps.push({ wait: random.integer(0, 100) });
    from = until;
  }
  return steps;
}

function joined(parts: readonly Int16Array[], length: number): Int16Array {
  const whole = new Int16Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Some sound without any word, and a good end, is what a voice without word times gives too: not told from a failure. */
function tellsEnough(steps: readonly Step<SpokenPiece>[]): readonly Step<SpokenPiece>[] {
  const last = steps.at(-1);
  const isEnd = last !== undefined && last !== 'hang' && !('fault' in last);
  const isTimed = steps.some(step => step !== 'hang' && 'give' in step && step.give.words.length > 0);
  return isEnd && !isTimed ? [...steps, { fault: 'protocol' }] : steps;
}

/** Words in the order in which they sound, each with its duration. */
function sounds(
  pieces: readonly SpokenPiece[],
  loudness: ReadonlyMap<string, number>,
): { word: string; ms: number }[] {
  const words = new Map([...loudness].map(([word, level]) => [level, word]));
  const heard: { word: string; ms: number; isOver: boolean }[] = [];
  for (const { pcm } of pieces) {
    for (const sample of pcm) {
      const last = heard.at(-1);
      const word = sample === 0 ? undefined : words.get(sample);
      if (word !== undefined && word === last?.word && !last.isOver) last.ms += 1 / 8;
      else if (word !== undefined) heard.push({ word, ms: 1 / 8, isOver: false });
      else if (last !== undefined) last.isOver = true;
    }
  }
  return heard;
}

tap.test('voices: each word is said once and in order', async t => {
  await runs(t, 'tts', async run => {
    const { random, rig, names, working } = run;
    const loudness = new Map<string, number>();
    const voices = names.map(
      name =>
        new ScriptedTts(rig, name, sentence => {
          const steps = voiceSays(random, sentence, loudness);
          return name === working ? steps : tellsEnough(spoiled(random, steps));
        }),
    );
    const candidates = rig.candidates('tts', ...voices);
    const tts = new FailoverTts(candidates, rig.told);
    for (let at = 0; at < REQUESTS; at++) {
      const sentence = textFor(random).split(' ').slice(0, 8).join(' ');
      for (const [index, word] of sentence.split(' ').entries()) loudness.set(word, 1_000 + 100 * index);
      const got = await outcome(run, signal => gather(tts.speak(sentence, { rateHz: RATE_HZ, signal })));
      const now = new Map(sentence.split(' ').map(word => [word, loudness.get(word)!]));
      if ('error' in got) {
        if (got.error !== REASON) return `failed: ${got.error}`;
        continue;
      }
      const words = got.value.flatMap(piece => piece.words);
      const told = words.map(({ word }) => word).join(' ');
      if (told !== sentence) return `told "${told}" for "${sentence}"`;
      if (words.some(({ startMs, endMs }, i) => startMs < (words[i - 1]?.startMs ?? 0) || endMs < startMs))
        return 'times go back';
      // The onset of a word is no word.
      const heard = sounds(got.value, now).filter(
        ({ word, ms }, i, all) => ms > 60 || all[i + 1]?.word !== word,
      );
      const said = heard.map(({ word }) => word).join(' ');
      if (said !== sentence) return `said "${said}" for "${sentence}"`;
    }
    return (await areAskedAgain(run, candidates)) ? voices : 'locked out';
  });
});

tap.test('recognisers: the final is of all that was said', async t => {
  await runs(t, 'stt', async run => {
    const { random, rig, names, working } = run;
    let samples: number[] = [];
    const bad = (): Hearing => {
      const all = heardText(samples);
      const final = spoiled<Recognition>(random, [
        { wait: random.integer(0, 800) },
        { give: recognition(all) },
      ]);
      const way = random.integer(0, 3);
      if (way === 0) return { failsAtOpen: new Error('no') };
      if (way === 1) return { failsAfter: random.integer(0, samples.length), final };
      return way === 2
        ? { failsAtSettle: random.integer(0, 1) === 0 ? 'unavailable' : 'refused', final }
        : { final };
    };
    const recognisers = names.map(
      name =>
        new ScriptedStt(rig, name, () => (name === working ? { finalMs: random.integer(0, 140) } : bad())),
    );
    const candidates = rig.candidates('stt', ...recognisers);
    const stt = new FailoverStt(candidates, rig.told);
    for (let at = 0; at < REQUESTS; at++) {
      samples = Array.from({ length: random.integer(1, 12) }, () => random.integer(1, 999));
      const got = await outcome(run, async signal => {
        const session = stt.open({ rateHz: 8_000, expect: { id: 'x', jsgf: '' }, onPartial: () => {} });
        const cancel = () => session.cancel();
        signal.addEventListener('abort', cancel);
        try {
          for (const sample of samples) {
            session.write(Int16Array.of(sample));
            if (random.chance(0.1)) await session.settle!().catch(() => {});
          }
          return (await session.finish()).text;
        } catch (error) {
          signal.throwIfAborted();
          throw error;
        }
      });
      if ('error' in got ? got.error !== REASON : got.value !== heardText(samples))
        return `heard ${JSON.stringify(got)} of ${heardText(samples)}`;
    }
    return (await areAskedAgain(run, candidates)) ? recognisers : 'locked out';
  });
});
