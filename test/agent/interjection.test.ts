import t from 'tap';
import { RecognisedInterjections } from '../../src/agent/interjection.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { parseJsgf } from '../../src/providers/stt/jsgf.ts';
import { createPocketsphinxStt } from '../../src/providers/stt/pocketsphinx.ts';
import { compileWordGraph } from '../../src/providers/stt/word_graph.ts';
import type { Expectation } from '../../src/providers/types.ts';
import { concat, NO_FLITE, silence, speech, toInt16 } from '../pipeline/sounds.ts';
import { ManualTimers, ScriptedStt, understood } from './fakes.ts';
import { settle } from './rig.ts';

const WORD = new Int16Array(12_000).fill(5);

t.test('tells commands from requests, nods and what is in doubt', async t => {
  const stt = new ScriptedStt();
  const ear = new RecognisedInterjections(stt, new ManualTimers().after);
  const meaningOf = (text: string, confidence: number) => {
    stt.finals = [understood(text, confidence)];
    return ear.understand(WORD, 8000);
  };
  t.equal(await meaningOf('stop', 0.02), 'listen', 'no hum is taken for it');
  t.equal(await meaningOf('hold on', 0.3), 'listen');
  t.equal(await meaningOf('hello', 0.3), 'listen', 'is anybody there?');
  t.equal(await meaningOf('say that again', 0.3), 'answer');
  t.equal(await meaningOf('no no', 0.3), 'answer');
  t.equal(await meaningOf('no', 1), 'answer');
  t.equal(await meaningOf('no', 0.95), 'nothing', 'it may be a yes');
  t.equal(await meaningOf('operator', 0.95), 'words');
  t.equal(await meaningOf('zero', 0.95), 'digit');
  t.equal(await meaningOf('zero', 0.8), 'nothing', 'it may be a two');
  t.equal(await meaningOf('hold on', 0.007), 'listen', 'on a narrow line');
  t.equal(await meaningOf('stop', 0.003), 'nothing');
  t.equal(await meaningOf('yeah', 1), 'nod');
  t.equal(await meaningOf('yeah', 0.4), 'nothing', 'a sentence may begin so');
  t.equal(await meaningOf('and', 1), 'nothing', 'there may be more');
  t.equal(await meaningOf('', 0), 'nothing');
  t.equal(await meaningOf('something else', 1), 'nothing');
  const written = stt.sessions[0]?.written ?? [];
  t.same(written.slice(0, WORD.length), Array.from(WORD), 'all of the sound, more than a second of it');
  t.ok(
    written.slice(WORD.length).every(sample => sample === 0),
    'with nothing but quiet behind it',
  );
  t.equal(stt.openSessions, 0);
});

t.test(
  'a stop and a hello are understood as the British say them, and as a telephone carries them',
  {
    skip: NO_FLITE,
  },
  async t => {
    const stt = createPocketsphinxStt();
    t.teardown(() => stt.close());
    const ear = new RecognisedInterjections(stt, () => () => undefined);
    const meaningOf = (text: string, voice: string) =>
      ear.understand(
        toInt16(concat(silence(250, 8000), speech(text, 8000, voice), silence(280, 8000))),
        8000,
      );
    for (const voice of ['rms', 'kal', 'awb']) {
      // As it is spelled: with another vowel, or without its beginning.
      for (const said of ['stope', 'tope', 'ullao'])
        t.equal(await meaningOf(said, voice), 'listen', `${said}, ${voice}`);
      for (const said of ['okay', 'right', 'good'])
        t.equal(await meaningOf(said, voice), 'nod', `${said}, ${voice}`);
    }
  },
);

t.test('too late, or no recogniser: nothing', async t => {
  const stt = new ScriptedStt();
  const timers = new ManualTimers();
  const ear = new RecognisedInterjections(stt, timers.after);
  stt.stuck = true;
  let meaning: string | undefined;
  void ear.understand(WORD, 8000).then(told => {
    meaning = told;
  });
  timers.pass(LIMITS.interjectionMs - 1);
  await settle();
  t.equal(meaning, undefined);
  timers.pass(1);
  await settle();
  t.equal(meaning, 'nothing');
  t.equal(stt.sessions[0]?.state, 'cancelled');
  t.equal(timers.open, 0);
  stt.unstick();
  for (const failure of ['openFailures', 'writeFailures', 'finishFailures'] as const) {
    stt[failure] = 1;
    t.equal(await ear.understand(WORD, 8000), 'nothing', failure);
  }
  t.equal(stt.openSessions, 0);
});

t.test('its grammar is one', t => {
  let expected: Expectation | undefined;
  const stt = Object.assign(new ScriptedStt(), {
    prepare: (expect: Expectation) => {
      expected = expect;
    },
  });
  t.ok(new RecognisedInterjections(stt, new ManualTimers().after));
  const { words } = compileWordGraph(parseJsgf(expected?.jsgf ?? ''));
  for (const word of ['stop', 'wait', "that's", 'yeah', 'mm']) t.ok(words.includes(word), word);
  t.end();
});
