import t from 'tap';
import { createDownlink } from '../../pipeline/downlink.ts';
import { createFrame, type Frame } from '../../pipeline/frame.ts';
import { KeptFrame } from '../../pipeline/kept_frame.ts';
import { DEFAULT_PIPELINE_POLICY, pipelinePolicy } from '../../pipeline/policy.ts';
import type { SpeechSource } from '../../pipeline/ports.ts';
import type { Stage } from '../../pipeline/stage.ts';
import { peak, rms } from './stage_bench.ts';

const RATE_HZ = 8000;

/** A constant, as long as there is some left. */
class Hum implements SpeechSource {
  position = 0;
  waiting = 0;

  read(into: Float32Array, at: number, count: number): number {
    const given = Math.min(count, this.waiting);
    into.fill(0.25, at, at + given);
    this.waiting -= given;
    this.position += given;
    return given;
  }

  invalidate(): void {
    this.waiting = 0;
  }

  discardVoid(): void {}
}

function setUp() {
  const told: string[] = [];
  const recorded: number[] = [];
  const speech = new Hum();
  const bridge: Stage<Frame> = { name: 'bridge', process: () => {}, reset: () => {}, close: () => {} };
  const downlink = createDownlink(RATE_HZ, {
    speech,
    recorder: { write: (_, agent) => void recorded.push(rms(agent)) },
    caller: new KeptFrame(RATE_HZ),
    bridge,
    listener: { started: () => told.push('started'), drained: () => told.push('drained') },
  });
  const frame = createFrame(RATE_HZ);
  const tick = (frames = 1): Float32Array => {
    for (let i = 0; i < frames; i += 1) downlink.chain.process(frame);
    return frame.samples.slice();
  };
  return { told, recorded, speech, downlink, tick };
}

t.test('the chain says what it is made of', async t => {
  const { downlink } = setUp();
  t.equal(
    downlink.chain.describe(),
    'downlink at 8 kHz: playout → duck → bridge → comfort noise → limiter → recorder tap',
  );
});

t.test('a silent agent is heard as a line that lives, and is silent for all who ask', async t => {
  const { told, recorded, downlink, tick } = setUp();
  const level = 20 * Math.log10(rms(tick(10)));
  t.ok(level > -75 && level < -62, `${level} dB`);
  t.same(told, []);
  t.equal(downlink.playout.isPlaying, false);
  t.equal(downlink.playout.sentSamples, 0);
  t.ok(recorded.at(-1)! > 0 && recorded.at(-1)! < 0.001, 'the recording has what is heard');
});

t.test('noise and ducking obey the policy while the call is up', async t => {
  const { speech, downlink, tick } = setUp();
  downlink.tune(pipelinePolicy({ comfortNoise: { enabled: false }, bargeIn: { duckDb: 20 } }));
  tick();
  t.equal(peak(tick(5)), 0);
  speech.waiting = RATE_HZ;
  tick(5);
  t.equal(tick()[79], 0.25);
  downlink.duck.lower();
  t.ok(Math.abs(tick(8)[79]! - 0.025) < 1e-3);
  downlink.tune(DEFAULT_PIPELINE_POLICY);
  t.ok(Math.abs(tick(30)[79]! - 0.25 * 10 ** (-14 / 20)) < 1e-3);
});
