import t from 'tap';
import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';
import { type AskedStep, Endpointing, pauseFor } from '../../src/agent/endpointing.ts';

const endOfTurnPauseMs = { yesNo: 450, short: 600, normal: 750, long: 1100 };
const NOT_OVER = { share: 0, reason: 'filler' } as const;
const PHONE: AskedStep = { patience: 'long', expects: { kind: 'digits', digits: 10 } };

function asked(step: AskedStep): Endpointing {
  const endpointing = new Endpointing({ endOfTurnPauseMs });
  endpointing.asked(step);
  return endpointing;
}

/** The caller falls silent, and their words come as late as usual. */
const say = (endpointing: Endpointing, words: string, lastSoundMs = 1300): number => {
  endpointing.turn(ended(lastSoundMs));
  endpointing.partial(words.split(' '), lastSoundMs + 220);
  return endpointing.pauseMs;
};

const started = (atMs: number): TurnEvent => ({ type: 'speechStarted', atMs, noticedMs: atMs + 80 });
const ended = (atMs: number): TurnEvent => ({ type: 'speechEnded', atMs });
const over = (lastSoundMs: number, atMs: number): TurnEvent => ({ type: 'turnEnded', atMs, lastSoundMs });

t.test('the pause falls with completeness, between bounds, and is the usual one in between', async t => {
  const at = (share: number, usualMs = 750, pace = 1): number =>
    pauseFor({ usualMs, normalMs: 750, completeness: { share, reason: 'phrase' }, pace, caution: 1 });
  const shares = [0, 0.1, 0.3, 0.5, 0.6, 0.8, 0.95, 1];
  const pauses = shares.map(share => at(share));
  t.strictSame(
    pauses,
    pauses.toSorted((one, other) => other - one),
  );
  t.equal(at(0.5), 750);
  t.equal(at(0.5, 1100), 1100);
  t.ok(at(0) > 3 * 750 && at(1) < 200);
  t.ok(at(0, 450) > 2000, 'what is unfinished is waited for whatever was asked');
  t.ok(at(0.2, 750, 1.5) > 1.4 * at(0.2), 'pace counts where something is missing');
  t.equal(at(1, 750, 1.5), at(1), 'and not where nothing is');
  const brisk = pauseFor({ usualMs: 150, normalMs: 150, completeness: NOT_OVER, pace: 1, caution: 1 });
  t.ok(brisk > 1300 && brisk < 0.75 * at(0), 'brisk pauses make it little brisker');
  t.ok(at(0, 5000, 1.8) <= 3500, 'nobody is waited for without end');
  t.ok(at(1, 100, 0.5) >= 150);
  const unknown = pauseFor({ usualMs: 600, normalMs: 750, completeness: undefined, pace: 1, caution: 1 });
  t.equal(unknown, 600, 'a recogniser without words leaves the usual pause');
});

t.test('one dial from quick to patient: whatever was said, more patience never waits for less', async t => {
  const dial = [0.05, 0.1, 0.3, 0.7, 1, 1.5, 3, 5];
  const at = (scale: number, share: number, pace: number): number =>
    pauseFor({
      usualMs: 600 * scale,
      normalMs: 750 * scale,
      completeness: { share, reason: 'phrase' },
      pace,
      caution: 1.2,
    });
  for (const share of [0, 0.06, 0.2, 0.4, 0.5, 0.55, 0.75, 0.93, 1]) {
    for (const pace of [0.75, 1, 1.8]) {
      const pauses = dial.map(scale => at(scale, share, pace));
      t.strictSame(
        pauses,
        pauses.toSorted((one, other) => one - other),
        `${share} at ${pace}`,
      );
    }
  }
  t.ok(
    at(0.1, 0.06, 1) > 6 * at(0.1, 0.6, 1),
    'a quick one is quick where words may be all, and patient where not',
  );
  t.ok(at(0.1, 0.06, 1) > 0.4 * at(1, 0.06, 1));
});

t.test('what was asked sets the pause, words change it, the next question takes them back', async t => {
  const endpointing = asked({ patience: 'yesNo' });
  t.equal(endpointing.pauseMs, 450);
  endpointing.turn(started(1000));
  t.ok(say(endpointing, 'yes') < 250);
  t.equal(endpointing.completeness?.reason, 'answer');
  t.ok(say(endpointing, 'yes but', 1800) > 1500);
  endpointing.asked(PHONE);
  t.equal(endpointing.pauseMs, 1100);
  t.equal(endpointing.completeness, undefined);
});

t.test('a telephone number is waited for to its last digit, and no longer', async t => {
  const endpointing = asked(PHONE);
  endpointing.turn(started(1000));
  t.ok(say(endpointing, 'four one five') > 1500);
  endpointing.turn(ended(2000));
  t.ok(endpointing.pauseMs > 1500);
  endpointing.turn(started(2600));
  t.ok(say(endpointing, 'four one five five five five oh one seven two', 4000) < 250);
});

t.test(
  'once the caller speaks again, what was complete is so no longer until there are new words',
  async t => {
    const endpointing = asked({ patience: 'yesNo' });
    endpointing.turn(started(1000));
    const complete = say(endpointing, 'yes');
    endpointing.turn(ended(1300));
    t.equal(endpointing.pauseMs, complete, 'while they pause it is');
    endpointing.turn(started(1750));
    t.equal(endpointing.pauseMs, 450);
    t.ok(say(endpointing, 'yes please', 2100) < 250);
  },
);

t.test('what sounds complete is not while words may still be on their way', async t => {
  const endpointing = new Endpointing({
    endOfTurnPauseMs: { yesNo: 100, short: 100, normal: 100, long: 100 },
  });
  endpointing.asked({ patience: 'yesNo' });
  endpointing.turn(started(1000));
  const pendingMs = endpointing.pauseMs;
  t.ok(pendingMs > 230 && pendingMs < 400, 'before there are any');
  endpointing.partial(['yes'], 1500);
  t.equal(endpointing.pauseMs, pendingMs, 'while the caller speaks');
  endpointing.turn(ended(1550));
  t.equal(endpointing.pauseMs, pendingMs, 'and where they came before the last sound');
  endpointing.partial(['yes', 'please'], 1750);
  t.ok(endpointing.pauseMs < 200);
  endpointing.turn(started(2000));
  t.ok(endpointing.pauseMs > 230, 'and when they go on');
});

t.test('what was incomplete stays so', async t => {
  const endpointing = asked(PHONE);
  endpointing.turn(started(1000));
  const waiting = say(endpointing, 'four one five');
  endpointing.turn(ended(2000));
  endpointing.turn(started(2400));
  t.ok(endpointing.pauseMs >= 0.9 * waiting, 'but for the pace that was learned');
});

/** Speaks with pauses of a length, turn after turn. */
function callerWho(pauseMs: number, turns: number): Endpointing {
  const endpointing = asked({ patience: 'normal' });
  let atMs = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    for (let stretch = 0; stretch < 3; stretch += 1) {
      endpointing.turn(started(atMs));
      endpointing.turn(ended(atMs + 800));
      atMs += 800 + pauseMs;
    }
    endpointing.turn(over(atMs - pauseMs, atMs - pauseMs + 750));
    atMs += 5000;
    endpointing.asked({ patience: 'normal' });
  }
  return endpointing;
}

t.test('a slow caller gets more patience, a brisk one less, within bounds', async t => {
  t.equal(callerWho(450, 8).pauseMs, 750, 'the usual pauses change nothing');
  t.ok(callerWho(900, 3).pauseMs > 850);
  t.ok(callerWho(250, 3).pauseMs < 680);
  t.equal(callerWho(5000, 60).pauseMs, Math.round(750 * 1.8));
  t.equal(callerWho(160, 60).pauseMs, Math.round(750 * 0.75));
  t.equal(callerWho(60, 60).pauseMs, 750, 'what is shorter than a pause is none');
});

t.test(
  'a caller who was cut off gets more patience at once, and less again over the turns that follow',
  async t => {
    const endpointing = asked({ patience: 'normal' });
    endpointing.turn(started(0));
    endpointing.turn(ended(1000));
    endpointing.turn(over(1000, 1750));
    endpointing.turn(started(2100));
    const after = endpointing.pauseMs;
    t.ok(after > 850, `${after}`);
    let atMs = 3000;
    for (let turn = 0; turn < 12; turn += 1) {
      endpointing.turn(ended(atMs));
      endpointing.turn(over(atMs, atMs + 750));
      endpointing.turn(started(atMs + 6000));
      atMs += 7000;
    }
    t.ok(endpointing.pauseMs < after - 100);
  },
);

t.test('the words of a turn that was cut off still count; those of a turn before do not', async t => {
  const endpointing = asked(PHONE);
  endpointing.turn(started(0));
  const waiting = say(endpointing, 'four one five');
  endpointing.turn(ended(1000));
  endpointing.turn(over(1000, 3100));
  endpointing.turn(started(3600));
  t.ok(endpointing.pauseMs >= waiting);
  endpointing.turn(ended(4000));
  endpointing.turn(over(4000, 6500));
  endpointing.turn(started(12_000));
  t.ok(endpointing.pauseMs < waiting);
  t.equal(endpointing.completeness, undefined);
});

t.test('a turn that begins long after the one before was not cut off', async t => {
  const endpointing = asked({ patience: 'normal' });
  endpointing.turn(started(0));
  endpointing.turn(ended(1000));
  endpointing.turn(over(1000, 1750));
  endpointing.turn(started(1750 + 1501));
  t.equal(endpointing.pauseMs, 750);
});

t.test('no words, and words that are none, change nothing', async t => {
  const endpointing = asked({ patience: 'short' });
  endpointing.partial([], 0);
  t.equal(endpointing.completeness, undefined);
  t.equal(endpointing.pauseMs, 600);
});
