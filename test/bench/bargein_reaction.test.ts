import t from 'tap';
import { align } from '../../bench/bargein/alignment.ts';
import { EVENT_RATE_HZ } from '../../bench/bargein/event.ts';
import { measureReaction, type Reaction, reactionOf } from '../../bench/bargein/reaction.ts';
import { atLevel, resonate, shaped, toPcm } from '../../bench/bargein/shaping.ts';
import { SeededRandom } from '../../bench/caller/random.ts';
import { babble } from '../../bench/load/sounds.ts';
import { CODECS } from '../../bench/wire/codec.ts';
import { concat } from '../pipeline/sounds.ts';
import { MADE_UP_EVENT } from './made_up_event.ts';

const RATE_HZ = 8000;

/** What the agent says, with no pauses: two voices. */
const PROGRAMMES = [1, 2].map(seed => babble(9000, RATE_HZ, -20, new SeededRandom(seed, 'agent')));

/** The agent from second 2 of its programme on, over the codec, its gain by the time since the beginning. */
function wire(gainAt: (ms: number) => number, lengthMs = 6000): Int16Array {
  const said = PROGRAMMES[1]!.subarray(2 * RATE_HZ, 2 * RATE_HZ + (lengthMs * RATE_HZ) / 1000);
  const sent = said.map((sample, i) => Math.round(sample * gainAt((i * 1000) / RATE_HZ)));
  const { createEncoder, createDecoder } = CODECS.PCMU;
  return createDecoder()(createEncoder()(sent));
}

function measured(pcm: Int16Array): Reaction {
  const reaction = measureReaction(
    { pcm, rateHz: RATE_HZ, programmes: PROGRAMMES },
    { event: MADE_UP_EVENT, onsetMs: 2000, endMs: 3000 },
  );
  if (reaction === undefined) throw new Error('the agent was silent');
  return reaction;
}

const isNear = (value: number | undefined, wanted: number): boolean =>
  value !== undefined && Math.abs(value - wanted) <= 15;

t.test('a duck, how long it lasts, and the way back are found on the wire', t => {
  const quiet = 10 ** (-14 / 20);
  const { duckMs, stopMs, backMs, loweredMs } = measured(wire(ms => (ms >= 2100 && ms < 2900 ? quiet : 1)));
  t.ok(isNear(duckMs, 100), `duck ${duckMs}`);
  t.equal(stopMs, undefined);
  t.ok(isNear(backMs, 900), `back ${backMs}`);
  t.ok(loweredMs > 700 && loweredMs < 820, `${loweredMs}`);
  t.end();
});

/** Bright vowels of 200 ms at every pitch, their power about 2.7 kHz. */
function brightVowels(count: number): Int16Array {
  const random = new SeededRandom(3, 'vowels');
  const length = (EVENT_RATE_HZ * 200) / 1000;
  const vowels = Array.from({ length: count }, () => {
    const period = Math.round(EVENT_RATE_HZ / (95 + 50 * random.next()));
    const loudness = 0.2 + random.next();
    const pulses = Float32Array.from({ length }, (_, i) => (i % period === 0 ? 1 : 0));
    return shaped(
      resonate(pulses, 2600 + 300 * random.next(), 150),
      ms => loudness * Math.sin((Math.PI * ms) / 200),
    );
  });
  return toPcm(atLevel(Float32Array.from(concat(...vowels)), -20));
}

t.test(
  'a place is found to the sample, behind a codec that delays by some, in a voice of high formants',
  t => {
    const programme = brightVowels(60);
    const { rateHz, createEncoder, createDecoder } = CODECS.G722;
    const heard = createDecoder()(createEncoder()(programme));
    for (const fromMs of [1500, 2003, 4211, 6100]) {
      const from = (fromMs * rateHz) / 1000;
      const found = align(heard, from, from + 0.9 * rateHz, [programme], rateHz);
      // Of its filters, two of 24 taps (ITU-T G.722 §2.2).
      t.equal(found?.offset, -22, `${fromMs} ms`);
    }
    t.end();
  },
);

t.test('a timeline that slips by some milliseconds is no change of level', t => {
  const whole = wire(() => 1);
  const slipped = new Int16Array(whole.length + 56);
  slipped.set(whole.subarray(0, 2.4 * RATE_HZ));
  slipped.set(whole.subarray(2.4 * RATE_HZ), 2.4 * RATE_HZ + 56);
  const still = measured(slipped);
  t.match(still, { duckMs: undefined, stopMs: undefined });
  t.ok(still.loweredMs <= 10, `${still.loweredMs}`);
  const quiet = 10 ** (-14 / 20);
  const lowered = wire(ms => (ms >= 2300 && ms < 2600 ? quiet : 1));
  const moved = new Int16Array(lowered.length + 56);
  moved.set(lowered.subarray(0, 2.4 * RATE_HZ));
  moved.set(lowered.subarray(2.4 * RATE_HZ), 2.4 * RATE_HZ + 56);
  const { duckMs, backMs } = measured(moved);
  t.ok(isNear(duckMs, 300), `${duckMs}`);
  t.ok(isNear(backMs, 607), `${backMs}`);
  t.end();
});

t.test('lowered by 9 dB is not lowered', t => {
  t.match(measured(wire(ms => (ms >= 2100 ? 10 ** (-9 / 20) : 1))), { duckMs: undefined, stopMs: undefined });
  t.end();
});

t.test('a stop is the last sound, and no way back is looked for', t => {
  const { duckMs, stopMs, backMs } = measured(wire(ms => (ms < 2080 ? 1 : ms < 2300 ? 0.2 : 0)));
  t.ok(isNear(duckMs, 80), `duck ${duckMs}`);
  t.ok(isNear(stopMs, 300), `stop ${stopMs}`);
  t.equal(backMs, undefined);
  t.end();
});

t.test('speech that is held and goes on where it was held did not stop', t => {
  const whole = wire(() => 1);
  const heldFrom = 2.2 * RATE_HZ;
  const pause = 0.5 * RATE_HZ;
  const held = new Int16Array(whole.length + pause);
  held.set(whole.subarray(0, heldFrom));
  held.set(whole.subarray(heldFrom), heldFrom + pause);
  const { duckMs, stopMs, backMs } = measured(held);
  t.ok(isNear(duckMs, 200), `duck ${duckMs}`);
  t.equal(stopMs, undefined);
  t.ok(isNear(backMs, 700), `back ${backMs}`);
  t.end();
});

t.test(
  'an agent that nobody touched shows nothing; silence alone is found where nothing is known of it',
  t => {
    t.same(measured(wire(() => 1)), {
      duckMs: undefined,
      stopMs: undefined,
      backMs: undefined,
      loweredMs: 0,
    });
    const other = babble(6000, RATE_HZ, -20, new SeededRandom(9, 'other'));
    other.fill(0, 2.4 * RATE_HZ);
    const { stopMs, duckMs } = measured(other);
    t.ok(isNear(stopMs, 400), `${stopMs}`);
    t.equal(duckMs, stopMs, 'it was lower then at the latest');
    const late = { event: MADE_UP_EVENT, onsetMs: 2700, endMs: 3700 };
    const heard = { pcm: other, rateHz: RATE_HZ, programmes: PROGRAMMES };
    t.equal(measureReaction(heard, late), undefined, 'it was silent before');
    t.end();
  },
);

t.test('a level that comes back and falls again is back when it stays', t => {
  const gains = Array.from({ length: 300 }, (_, hop) =>
    hop >= 20 && hop < 60 ? -14 : hop >= 120 && hop < 160 ? -14 : 0,
  );
  const levels = gains.map(gainDb => -20 + gainDb);
  t.match(reactionOf(gains, levels), { duckMs: 100, stopMs: undefined, backMs: 800, loweredMs: 400 });
  t.match(
    reactionOf(gains, levels, 400),
    { duckMs: 100, backMs: 300 },
    'what comes too late is of something else',
  );
  t.match(reactionOf(gains, levels, 50), { duckMs: undefined, backMs: undefined });
  t.end();
});

t.test('what was lowered in a pause of its own has not been as loud as before since the pause began', t => {
  const gains = [
    ...Array(10).fill(0),
    ...Array(8).fill(Number.NaN),
    ...Array(20).fill(-15),
    ...Array(40).fill(0),
  ];
  const levels = gains.map(gainDb => (Number.isNaN(gainDb) ? -70 : -20 + gainDb));
  t.match(reactionOf(gains, levels), { duckMs: 50, backMs: 190 });
  const unlowered = gains.map(gainDb => (gainDb === -15 ? 0 : gainDb));
  t.match(reactionOf(unlowered, levels), { duckMs: undefined }, 'a pause alone is no answer');
  t.end();
});
