import t from 'tap';
import { createFrame, FRAME_MS, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { ToneGuard } from '../../pipeline/stages/tone_guard.ts';
import { concat, mix, NO_FLITE, noise, silence, speech, tone } from './sounds.ts';

const LOW_HZ = [697, 770, 852, 941];
const HIGH_HZ = [1209, 1336, 1477, 1633];

/** It is asked about a frame so many frames later. */
const LATER = 8;

/** Starts of the frames that are tones, in milliseconds. */
function tonesIn(samples: Float32Array, rateHz: PipelineRateHz, guard = new ToneGuard(rateHz)): number[] {
  const frame = createFrame(rateHz);
  const length = frameLength(rateHz);
  const count = Math.floor(samples.length / length);
  const found: number[] = [];
  for (let i = 0; i < count + LATER; i += 1) {
    frame.samples.fill(0);
    if (i < count) frame.samples.set(samples.subarray(i * length, (i + 1) * length));
    guard.process(frame);
    const atMs = (i - LATER) * FRAME_MS;
    if (guard.wasToneAt(atMs)) found.push(atMs);
  }
  return found;
}

for (const rateHz of [8000, 16_000] as const) {
  const pressed = (hz: readonly number[], forMs = 60, amplitude = 0.3) =>
    concat(silence(100, rateHz), tone(hz, forMs, rateHz, amplitude), silence(100, rateHz));

  t.test(`each key is heard from its first frame on, to its last, at ${rateHz} Hz`, async t => {
    for (const low of LOW_HZ) {
      for (const high of HIGH_HZ) {
        const found = tonesIn(pressed([low, high]), rateHz);
        t.same(found.slice(0, 6), [100, 110, 120, 130, 140, 150], `${low} and ${high} Hz`);
        t.ok(found.at(-1)! <= 160, 'and nothing after it, but for what a frame overlaps');
      }
    }
  });

  t.test(
    `so is one that is off its frequency, weak, twisted, noisy or cut short, at ${rateHz} Hz`,
    async t => {
      const keys: Record<string, Float32Array> = {
        'off by 1.5 %': pressed([852 * 1.015, 1477 * 0.985]),
        weak: pressed([941, 1209], 60, 0.03),
        'a leak of 25 ms': pressed([770, 1336], 25),
        twisted: mix(pressed([697], 60, 0.1), pressed([1633], 60, 0.25)),
        noisy: mix(pressed([770, 1477]), noise(260, rateHz, 0.04)),
      };
      for (const [name, key] of Object.entries(keys)) {
        const found = tonesIn(key, rateHz);
        t.ok(found.includes(110), name);
        t.ok(
          found.every(atMs => atMs >= 90 && atMs <= 160),
          `${name}: ${found}`,
        );
      }
    },
  );

  t.test(`other sounds are no keys at ${rateHz} Hz`, async t => {
    const sounds: Record<string, Float32Array> = {
      silence: silence(300, rateHz),
      noise: noise(2000, rateHz, 0.2),
      'one tone of a key': tone([770], 300, rateHz),
      'a dial tone': tone([350, 440], 300, rateHz),
      ringing: tone([440, 480], 300, rateHz),
      'what nobody hears': tone([770, 1336], 300, rateHz, 0.002),
      'no sound': new Float32Array(rateHz / 10).fill(Number.NaN),
      endless: new Float32Array(rateHz / 10).fill(Number.POSITIVE_INFINITY),
    };
    for (const [name, sound] of Object.entries(sounds)) t.same(tonesIn(sound, rateHz), [], name);
  });

  t.test(`a voice is no key at ${rateHz} Hz`, { skip: NO_FLITE }, async t => {
    for (const voice of ['slt', 'kal16', 'awb']) {
      const said = speech('Four seven one, nine eight two, not a lot of hot coffee.', rateHz, voice);
      t.same(tonesIn(said, rateHz), [], voice);
    }
  });

  t.test(`it recovers from what is no sound, and forgets at ${rateHz} Hz`, async t => {
    const guard = new ToneGuard(rateHz);
    tonesIn(new Float32Array(rateHz / 10).fill(Number.NaN), rateHz, guard);
    tonesIn(tone([697, 1209], 50, rateHz), rateHz, guard);
    t.ok(guard.wasToneAt(200), 'heard after garbage');
    t.notOk(guard.wasToneAt(300), 'over');
    guard.skip(3);
    t.notOk(guard.wasToneAt(330), 'nothing was heard in what was skipped');
    t.ok(guard.wasToneAt(200), 'what was heard before is still known');
    tonesIn(tone([697, 1209], 50, rateHz), rateHz, guard);
    t.ok(guard.wasToneAt(360) && !guard.wasToneAt(320), 'media time goes on');
    tonesIn(silence(100, rateHz), rateHz, guard);
    t.ok(guard.wasToneAt(360) && !guard.wasToneAt(200), 'that was too long ago');
    guard.reset();
    t.notOk(guard.wasToneAt(360));
    t.notOk(guard.wasToneAt(-10) || guard.wasToneAt(1e9), 'outside of what was heard');
    guard.skip(1000);
    t.notOk(guard.wasToneAt(10_000));
  });
}
