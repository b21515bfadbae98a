import t, { type Test } from 'tap';
import { decodeMuLaw, encodeMuLaw } from '../../bench/wire/g711.ts';
import { AgentEars } from '../../simulate/audio/agent_ears.ts';
import { SpokenBook, sharedOut } from '../../simulate/audio/spoken_book.ts';
import { hearTones, speakInTones } from '../../simulate/audio/tones.ts';

const line = (pcm: Int16Array): Int16Array => decodeMuLaw(encodeMuLaw(pcm));

/** Something like a voice: another for each seed. */
function voice(seed: number, ms: number): Int16Array {
  let [state, held] = [seed, 0];
  return Int16Array.from({ length: ms * 8 }, (_, at) => {
    state = (state * 48271) % 2147483647;
    held += 0.3 * (state / 1073741823.5 - 1 - held);
    return 12_000 * held * (1 + Math.sin(at / (90 + seed)));
  });
}

t.test('a sentence in tones is heard over a telephone, and not where it was cut into', async t => {
  const { pcm } = speakInTones('Is $1,250 all right, José?', 8000);
  t.equal(hearTones(line(pcm)), 'Is $1,250 all right, José?');
  t.equal(hearTones(line(pcm).map(sample => sample / 3)), 'Is $1,250 all right, José?');
  const cut = line(pcm);
  cut.copyWithin(900, 1060);
  t.equal(hearTones(cut), undefined);
  t.equal(hearTones(new Int16Array(800)), undefined);
});

t.test('an agent is heard sentence by sentence; a question ends its turn sooner', async t => {
  const ears = new AgentEars();
  const play = lineOf(ears);
  const turn = ears.next();
  play(speakInTones('Good morning.', 8000).pcm);
  play(new Int16Array(8 * 1500));
  t.ok(ears.isBusy, 'it may only look something up');
  play(speakInTones('How many are there?', 8000).pcm);
  play(new Int16Array(8 * 500));
  t.equal((await turn)?.text, 'Good morning. How many are there?');
  ears.close();
  t.equal(await ears.next(), undefined);
});

t.test('what callers say is known by its sound alone, among all who speak', async t => {
  const book = new SpokenBook();
  const [one, other] = [voice(11, 900), voice(77, 900)];
  book.enter(one, sharedOut('seven apples', one));
  const entry = book.enter(other, sharedOut('nine pears please', other));
  const quiet = new Int16Array(8 * 300);
  const head = Int16Array.from([...quiet, ...line(other.subarray(0, 8 * 80))]);
  t.equal(book.wordsIn(head, 8000), undefined, 'too little to know');
  const more = Int16Array.from([...quiet, ...line(other.subarray(0, 8 * 200))]);
  const words = book.wordsIn(more, 8000) ?? [];
  t.same(
    words.map(({ word }) => word),
    ['nine', 'pears', 'please'],
  );
  t.ok(Math.abs(words[0]!.startMs - 300) < 30 && Math.abs(words[2]!.endMs - 1200) < 40);
  const late = book.wordsIn(line(other.subarray(8 * 450)), 8000) ?? [];
  t.same(
    late.map(({ word }) => word),
    ['please'],
    'of words that were said before nothing is heard',
  );
  entry.leave();
  t.same(book.wordsIn(line(other), 8000), [], 'nobody says that any more');
});

t.test('who cuts in takes the beginning for all, and has heard what there was until they spoke', async t => {
  const { ears, play, sound } = await cutIn(t);
  const later = ears.next();
  // The end of the sentence after all, which is no turn; what follows is an answer.
  play(sound.subarray(8 * 330));
  play(new Int16Array(8 * 300));
  const answerMs = play(speakInTones('How many?', 8000).pcm);
  play(new Int16Array(8 * 500));
  const turn = (await later)!;
  t.equal(turn.text, 'How many?', 'without the end of the sentence before it');
  t.ok(Math.abs(turn.startMs - answerMs) <= 60, `begins with its own sound, ${turn.startMs} and ${answerMs}`);
});

t.test('the end of a sentence that was cut into is no turn by itself', async t => {
  const { ears, play, sound } = await cutIn(t);
  const later = ears.next();
  play(sound.subarray(8 * 330));
  play(new Int16Array(8 * 3000));
  t.notOk(ears.isBusy, 'nothing is waited for');
  ears.close();
  t.equal(await later, undefined);
});

t.test('a sentence of its own is heard after one that was cut into', async t => {
  const { ears, play } = await cutIn(t);
  const later = ears.next();
  play(speakInTones('How many?', 8000).pcm);
  play(new Int16Array(8 * 500));
  t.equal((await later)?.text, 'How many?');
});

t.test('and so is one that is itself not heard to its end', async t => {
  const { ears, play } = await cutIn(t);
  const later = ears.next();
  const again = speakInTones('Let me say that once more.', 8000).pcm;
  play(again.subarray(0, 8 * 200));
  play(new Int16Array(8 * 3000));
  t.equal((await later)?.text, 'Let me say that…', 'it began as one');
});

t.test('of what can not be heard after a cut, one sentence alone is the end of the one before', async t => {
  const { ears, play, sound } = await cutIn(t);
  const later = ears.next();
  play(sound.subarray(8 * 330));
  play(new Int16Array(8 * 300));
  play(sound.subarray(8 * 340));
  play(new Int16Array(8 * 3000));
  t.equal((await later)?.text, '…', 'the second has to be asked for again');
});

/** A caller who has spoken into "How many flights of stairs are there?", of which the agent has said no more since. */
async function cutIn(t: Test) {
  const ears = new AgentEars(beginning =>
    beginning.startsWith('Good morning. How many') ? 'Good morning. It.' : undefined,
  );
  const play = lineOf(ears);
  const next = ears.next();
  play(speakInTones('Good morning.', 8000).pcm);
  const sound = speakInTones('How many flights of stairs are there?', 8000).pcm;
  play(sound.subarray(0, 8 * 250));
  const turn = (await next)!;
  t.equal(turn.text, 'Good morning. It.');
  t.ok(ears.isSounding, 'the agent has not finished');
  play(sound.subarray(8 * 250, 8 * 320));
  // The agent has stopped.
  play(new Int16Array(8 * 900));
  ears.endCutIn();
  t.equal(await turn.heard, 'Good morning. How many flights of stairs…');
  return { ears, play, sound };
}

/** Plays to them in packets of 20 ms, one after the other; tells when the first one came. */
function lineOf(ears: AgentEars): (pcm: Int16Array) => number {
  let atMs = 0;
  return pcm => {
    const from = atMs;
    for (let at = 0; at < pcm.length; at += 160, atMs += 20) {
      ears.write(line(pcm.slice(at, at + 160)), atMs);
      ears.advance(atMs);
    }
    return from;
  };
}

t.test('letters by themselves are where the voice has them', async t => {
  const book = new SpokenBook();
  const sound = voice(31, 2000);
  const times = [20, 507, 1093, 1680];
  const words = ['an', 'l', 'l', 'c'].map((word, at) => ({
    word,
    startMs: times[at]!,
    endMs: times[at]! + 150,
  }));
  const entry = book.enter(sound, words);
  // The recogniser is given it in two pieces, since there is a pause.
  const heard = (from: number): readonly string[] =>
    (book.wordsIn(line(sound.subarray(8 * from)), 8000) ?? []).map(({ word }) => word);
  t.same(heard(1080), ['l', 'c']);
  t.equal(entry.heard(), 'l c');
  t.same(heard(0), ['an', 'l', 'l', 'c']);
  t.equal(entry.heard(), 'an l l c');
});
