import t from 'tap';
import { firstWordMs, heardText, type KnownSound } from '../../src/agent/heard_text.ts';
import { PreRoll } from '../../src/agent/pre_roll.ts';
import { Voice } from '../../src/agent/voice.ts';
import { within } from '../../src/providers/failover/timing.ts';
import { ManualTimers, RATE_HZ, ScriptedTts, spoken, WORD_MS } from './fakes.ts';

/** A sentence of which all is there. */
function known(sentence: string): KnownSound {
  const { pcm, words } = spoken(sentence, 1);
  return { soundMs: (pcm.length * 1000) / RATE_HZ, words, isWhole: true };
}

t.test('heard text holds whole words in the spelling of the sentence', async t => {
  const sentence = 'That is $450, Mr. Smith.';
  const sound = known(sentence);
  t.equal(heardText(sentence, sound, 0), '');
  t.equal(heardText(sentence, sound, WORD_MS - 1), '');
  t.equal(heardText(sentence, sound, WORD_MS), 'That');
  t.equal(heardText(sentence, sound, 3.5 * WORD_MS), 'That is $450,');
  t.equal(heardText(sentence, sound, 5 * WORD_MS), sentence);
  t.equal(heardText(sentence, sound, -1000), '');
  t.equal(
    heardText(sentence, { ...sound, soundMs: 700, words: sound.words.slice(0, 2), isWhole: false }, 700),
    'That is',
  );
});

t.test('heard text when the synthesiser counts words otherwise', async t => {
  const sound = known('that is four hundred fifty dollars mister smith');
  t.equal(heardText('That is $450, Mr. Smith.', sound, 4 * WORD_MS), 'That is', 'never more than its share');
  t.equal(heardText('That is $450, Mr. Smith.', { ...sound, words: [] }, 4 * WORD_MS), '');
  t.equal(firstWordMs({ ...sound, words: [] }), 8 * WORD_MS);
  t.equal(firstWordMs(sound), WORD_MS);
  t.equal(firstWordMs({ ...sound, words: [], isWhole: false }), Infinity, 'not known yet');
});

t.test('pre-roll gives back the newest samples', async t => {
  const roll = new PreRoll(8000, 10);
  t.equal(roll.since(0).length, 0);
  const count = Int16Array.from({ length: 200 }, (_, i) => i);
  roll.push(count.subarray(0, 60), 7.5);
  t.same([...roll.since(0)], [...count.subarray(0, 60)]);
  roll.push(count.subarray(60, 130), 16.25);
  t.same([...roll.since(0)], [...count.subarray(50, 130)], 'no more than its capacity');
  t.same([...roll.since(15.25)], [...count.subarray(122, 130)]);
  t.equal(roll.since(20).length, 0, 'nothing of the future');
  roll.push(count, 41.25);
  t.same([...roll.since(0)], [...count.subarray(120)], 'more at once than it holds');
  roll.clear();
  t.equal(roll.since(0).length, 0);
});

t.test('a voice that is told to stop does not try again', async t => {
  const timers = new ManualTimers();
  const tts = new ScriptedTts();
  const voice = new Voice(tts, timers.after);
  const abort = new AbortController();
  tts.stuck = true;
  const rendering = voice.speak('Hello.', RATE_HZ, abort.signal).next();
  abort.abort(new Error('interrupted'));
  await t.rejects(rendering, { message: 'interrupted' });
  t.equal(tts.attempts, 1);
  t.equal(tts.open, 0);
  t.equal(timers.open, 0);
});

t.test('a deadline leaves no timer and no listener behind', async t => {
  const timers = new ManualTimers();
  const abort = new AbortController();
  const limit = { limitMs: 100, late: () => new Error('late') };
  const inTime = <T>(work: Promise<T>) => within(work, timers, abort.signal, limit);
  t.equal(await inTime(Promise.resolve(1)), 1);
  await t.rejects(inTime(Promise.reject(new Error('broken'))), { message: 'broken' });
  const { promise, reject } = Promise.withResolvers<never>();
  const late = inTime(promise);
  timers.pass(100);
  await t.rejects(late, { message: 'late' });
  const aborted = inTime(promise);
  abort.abort(new Error('hung up'));
  await t.rejects(aborted, { message: 'hung up' });
  await t.rejects(inTime(promise), { message: 'hung up' }, 'also when aborted before');
  t.equal(timers.open, 0);
  reject(new Error('long afterwards'));
});
