import t from 'tap';
import { decodeMuLaw, encodeMuLaw } from '../../bench/wire/g711.ts';
import { AgentEars } from '../../simulate/audio/agent_ears.ts';
import { SpokenBook } from '../../simulate/audio/spoken_book.ts';
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
  let atMs = 0;
  const play = (pcm: Int16Array): void => {
    for (let at = 0; at < pcm.length; at += 160, atMs += 20) {
      ears.write(line(pcm.slice(at, at + 160)), atMs);
      ears.advance(atMs);
    }
  };
  const turn = ears.next();
  play(speakInTones('Good morning.', 8000).pcm);
  play(new Int16Array(8 * 1500));
  t.ok(ears.isBusy, 'it may only look something up');
  play(speakInTones('How many are there?', 8000).pcm);
  play(new Int16Array(8 * 500));
  t.match(await turn, { text: 'Good morning. How many are there?' });
  ears.close();
  t.equal(await ears.next(), undefined);
});

t.test('what callers say is known by its sound alone, among all who speak', async t => {
  const book = new SpokenBook();
  const [one, other] = [voice(11, 900), voice(77, 900)];
  book.enter(one, 'seven apples');
  const takeOut = book.enter(other, 'nine pears please');
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
  takeOut();
  t.same(book.wordsIn(line(other), 8000), [], 'nobody says that any more');
});
