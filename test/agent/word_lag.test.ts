import t from 'tap';
import { WordLag } from '../../src/agent/word_lag.ts';

/** Turns of one stretch of speech each, ended so long after it, whose last words come so late. */
function heard(lagsMs: readonly number[], endedAfterMs = 3000): WordLag {
  const lag = new WordLag();
  for (const [turn, lagMs] of lagsMs.entries()) {
    const lastSoundMs = 10_000 * (turn + 1);
    lag.told(lastSoundMs - 900);
    lag.fellSilent(lastSoundMs);
    if (lagMs < endedAfterMs) lag.told(lastSoundMs + lagMs);
    lag.turnOver(lastSoundMs + endedAfterMs);
  }
  return lag;
}

const many = (lagMs: number): number[] => Array.from({ length: 60 }, () => lagMs);

t.test('words are on their way until they came after the last sound', async t => {
  const lag = new WordLag();
  const pendingMs = lag.pendingMs;
  t.ok(pendingMs > 230 && pendingMs < 400, `${pendingMs}`);
  lag.told(900);
  lag.fellSilent(1000);
  t.equal(lag.pendingMs, pendingMs, 'those were of what was said before');
  lag.told(1050);
  t.equal(lag.pendingMs, pendingMs, 'and those, too');
  lag.told(1180);
  t.equal(lag.pendingMs, 0);
  lag.wentOn(1400);
  t.ok(lag.pendingMs > 0, 'there is more to come');
});

t.test('it is learned how late words come', async t => {
  const usual = new WordLag().pendingMs;
  const [quick, slow] = [heard(many(110)).pendingMs, heard(many(400)).pendingMs];
  t.ok(quick < 0.65 * usual && quick > 110, `${quick}`);
  t.ok(slow > 1.5 * usual, `${slow}`);
  t.ok(heard([400]).pendingMs < 1.3 * usual, 'but not from one pause');
  const slowest = heard(many(590)).pendingMs;
  t.ok(slowest > 600 && slowest <= 720, `within bounds: ${slowest}`);
  t.equal(heard(many(2000)).pendingMs, usual, 'what comes that late tells nothing of words');
  t.equal(heard(many(200), 150).pendingMs, usual, 'nor does a pause that was too short for them');
  t.equal(heard(many(-40), 150).pendingMs, usual, 'whatever came before its end');
  t.equal(heard(many(4000)).pendingMs, usual, 'nor one whose words were lost');
  t.ok(heard(many(-40)).pendingMs < 150, 'a recogniser may be done before the sound is');
});

t.test('a recogniser that tells no words before the end of a turn is not waited for', async t => {
  const lag = new WordLag();
  lag.turnOver(2000);
  t.ok(lag.pendingMs > 0, 'one turn may have had no words');
  lag.turnOver(2000);
  t.equal(lag.pendingMs, 0);
  lag.told(5000);
  t.ok(lag.pendingMs > 0, 'until it does');
  for (let turn = 0; turn < 5; turn += 1) lag.turnOver(9000);
  t.ok(lag.pendingMs > 0, 'who told some will tell others');
});
