import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Voices } from '../../bench/bargein/voices.ts';
import { SeededRandom } from '../../bench/caller/random.ts';
import { createCall, type LabelledTurn } from '../../bench/turns/callers.ts';
import { readLabelledTurns } from '../../bench/turns/labelled.ts';
import { hearCall, type Rule } from '../../bench/turns/listening.ts';
import { partialsOf } from '../../bench/turns/recogniser.ts';
import { families } from '../../bench/turns/rules.ts';
import { cutoffAt, figuresOf, interval, type Point, tally } from '../../bench/turns/scores.ts';
import { JUDGED, TUNING } from '../../bench/turns/sources.ts';
import { drawManner, drawUtterance } from '../../bench/turns/utterances.ts';
import { formatWav } from '../../bench/wire/wav.ts';
import { loadConfig } from '../../src/config/load.ts';
import { sharedParts } from '../pipeline/shared_parts.ts';
import { concat, NO_FLITE, silence, toInt16, tone } from '../pipeline/sounds.ts';

const { turn, voice } = loadConfig('trunkline.yaml');

t.test('what is judged by has nothing of what is tuned on', async t => {
  const parts = ['names', 'streets', 'towns', 'hosts', 'yesNo', 'choices', 'open'] as const;
  for (const part of parts) {
    const shared = JUDGED[part].filter(text => TUNING[part].includes(text));
    t.strictSame(shared, [], part);
  }
  const voices = new Set(TUNING.voices.map(found => JSON.stringify(found)));
  t.notOk(JUDGED.voices.some(found => voices.has(JSON.stringify(found))));
  t.not(JUDGED.seed, TUNING.seed);
});

t.test('turns are drawn: the same each time, with pauses inside and none behind', async t => {
  const drawn = (stream: string) => {
    const random = new SeededRandom(5, stream);
    const manner = drawManner(random);
    return Array.from({ length: 60 }, () => drawUtterance(TUNING, manner, false, random));
  };
  const turns = drawn('a');
  t.strictSame(drawn('a'), turns);
  t.not(JSON.stringify(drawn('b')), JSON.stringify(turns));
  t.equal(new Set(turns.map(({ kind }) => kind)).size, 8, 'of all kinds');
  for (const { pieces } of turns) {
    t.equal(pieces.at(-1)!.pauseMs, 0);
    t.ok(
      pieces.every(({ words }) => /^[a-z' ]+$/.test(words)),
      pieces.map(({ words }) => words).join('|'),
    );
    t.ok(pieces.slice(0, -1).every(({ pauseMs }) => pauseMs >= 100 && pauseMs <= 3000));
  }
  t.ok(turns.some(({ pieces }) => pieces.length > 2));
});

t.test('a recogniser tells words after their end, in order, with some errors', async t => {
  const said = Array.from({ length: 400 }, (_, index) => ({ word: 'five', endMs: 300 * (index + 1) }));
  const partials = partialsOf(said, new SeededRandom(9, 'r'));
  t.strictSame(partialsOf(said, new SeededRandom(9, 'r')), partials);
  for (const [index, { atMs, words }] of partials.entries()) {
    const before = partials[index - 1];
    if (before !== undefined && atMs < before.atMs) t.fail('earlier than the one before');
    if (said[words.length - 1]!.endMs > atMs) t.fail('known before it was said');
  }
  const last = partials.at(-1)!.words;
  const wrong = last.filter(word => word !== 'five').length;
  t.ok(wrong > 5 && wrong < 45, `${wrong} wrong`);
  t.ok(last.length < 400 && last.length > 370, `${last.length} left`);
});

const point = (setting: number, ...calls: [cut: number, delaySumMs: number][]): Point => ({
  setting,
  calls: calls.map(([cut, delaySumMs]) => ({ turns: 10, cut, ended: 10, delaySumMs })),
});

t.test('rules are compared at equal mean delay, between their settings', async t => {
  const curve = [point(1, [8, 2000], [6, 2000]), point(2, [4, 6000], [2, 6000])];
  t.strictSame(figuresOf(curve[0]!), { falseCutoffPct: 70, meanDelayMs: 200 });
  t.equal(cutoffAt(curve, 400), 50);
  t.equal(cutoffAt(curve, 200), 70);
  t.equal(cutoffAt(curve, 400, [1, 1]), 40, 'of some calls alone');
  t.equal(cutoffAt(curve, 199), undefined);
  t.equal(cutoffAt(curve, 601), undefined);
  const random = new SeededRandom(1, 'i');
  const found = interval(2, indices => figuresOf(curve[0]!, indices).falseCutoffPct, random)!;
  t.strictSame(found, { low: 60, high: 80 });
  t.equal(
    interval(2, () => undefined, random),
    undefined,
  );
});

t.test('settings of all rules', async t => {
  const all = families(turn.endOfTurnPauseMs);
  t.strictSame(
    all.map(({ name }) => name),
    ['silence', 'patience', 'withoutKinds', 'endpointing'],
  );
  const digits = { patience: 'long', expects: { kind: 'digits', digits: 4 } } as const;
  const pauses = all.map(({ name, create }) => {
    const rule = create(name === 'silence' ? 700 : 1);
    rule.asked(digits);
    rule.turn({ type: 'speechEnded', atMs: 2000 });
    rule.partial(['one', 'two', 'three', 'four'], 2200);
    return rule.pauseMs;
  });
  t.strictSame(pauses.slice(0, 2), [700, 1100]);
  t.ok(pauses[2]! > 900 && pauses[3]! < 250, 'only one of those who listen knows how many digits');
});

const waits = (pauseMs: number): Rule => ({ pauseMs, asked() {}, partial() {}, turn() {} });

t.test('what is heard in a pause ends the turn there, or behind its end', { skip: NO_FLITE }, async t => {
  const voices = new Voices({ flite: voice.flite, espeak: 'espeak-ng', folder: t.testdir() });
  const call = createCall(TUNING, 0, 9, voices);
  t.strictSame(createCall(TUNING, 0, 9, voices).turns, call.turns);
  const shared = await sharedParts(1);
  const [short, long] = hearCall(call, [waits(200), waits(3400)], shared);
  const paused = short!.filter(({ turn: { pausesMs } }) => pausesMs.some(pauseMs => pauseMs > 300));
  const whole = short!.filter(({ turn: { pausesMs } }) => pausesMs.length === 0);
  t.ok(paused.length > 0 && whole.length > 0, 'some of both');
  t.ok(paused.every(({ isCut }) => isCut));
  t.notOk(whole.some(({ isCut }) => isCut));
  t.notOk(long!.some(({ isCut }) => isCut));
  for (const { delayMs } of short!) t.ok(delayMs! > 100 && delayMs! < 400, `${delayMs}`);
  for (const { delayMs } of long!) t.ok(delayMs! > 3300 && delayMs! < 3600, `${delayMs}`);
  t.match(tally(long!), { turns: 9, cut: 0, ended: 9 });
});

function ownSet(t: Test, files: Readonly<Record<string, string>>, kind = 'digits'): string {
  const folder = t.testdir();
  mkdirSync(join(folder, kind));
  const sound = concat(tone([300], 500, 8000), silence(600, 8000), tone([300], 400, 8000));
  const wav = formatWav({ rateHz: 8000, channels: [toInt16(sound)] });
  for (const [name, labels] of Object.entries(files)) {
    writeFileSync(join(folder, kind, `${name}.wav`), wav);
    writeFileSync(join(folder, kind, `${name}.txt`), labels);
  }
  return folder;
}

t.test('turns that others have labelled', async t => {
  const folder = ownSet(t, { one: '# a caller\n0 0.5 four one\n1.1 1.5 five\n' });
  const [call, ...others] = readLabelledTurns(folder);
  t.equal(others.length, 0);
  const [found] = call!.turns as [LabelledTurn];
  t.match(found, { kind: 'digits', text: 'four one five', pausesMs: [600], step: { patience: 'long' } });
  t.equal(found.endMs - found.startMs, 1500);
  t.equal(call!.samples.length, 8 * (1500 + 1500 + 4500));
});

t.test('what is no such set is told by file and line', async t => {
  const wrong = ['0 0.5', '0.5 0.2 four', '0 9 four', '0 0.5 four\n0.4 0.9 five', '', '0 0.5 FOUR'];
  for (const labels of wrong) {
    t.throws(() => readLabelledTurns(ownSet(t, { one: labels })), /one\.txt/, labels);
  }
  t.throws(() => readLabelledTurns(ownSet(t, { one: '0 0.5 four' }, 'something')), /holds no WAV file/);
});
