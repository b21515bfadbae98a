import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { SeededRandom } from '../../bench/caller/random.ts';
import { type Cancelled, type Canceller, cancelScene } from '../../bench/echo/canceller.ts';
import { caseOf } from '../../bench/echo/case.ts';
import { compand, toPcm } from '../../bench/echo/companding.ts';
import { findVoices, voicedPercent } from '../../bench/echo/false_voice.ts';
import type { JudgedScene } from '../../bench/echo/judge_scene.ts';
import { measure } from '../../bench/echo/measure.ts';
import { lossOf, trialsOf } from '../../bench/echo/near_quality.ts';
import { makeNoise } from '../../bench/echo/noise.ts';
import { CANCELLER_SLOTS, openOwn } from '../../bench/echo/own_canceller.ts';
import { drawErle } from '../../bench/echo/picture.ts';
import { receive } from '../../bench/echo/receive.ts';
import type { Scene } from '../../bench/echo/scene.ts';
import { readScenes } from '../../bench/echo/set_folder.ts';
import { toDb } from '../../bench/echo/signal.ts';
import { describe, summarise } from '../../bench/echo/summary.ts';
import { loadWebrtc } from '../../bench/echo/webrtc.ts';
import { writeWav } from '../../bench/wire/wav.ts';
import { SileroVad } from '../../models/silero_vad.ts';
import { loadKernels } from '../../pipeline/kernels/load.ts';
import { KERNEL_FOLDER } from '../pipeline/kernels/legs.ts';

const RATE_HZ = 8000;
const SECONDS = 6;

/** Syllables: noise that comes and goes four times a second. */
function babble(seed: number, levelDb: number): Float32Array {
  const noise = makeNoise('pink', levelDb, SECONDS * RATE_HZ, new SeededRandom(seed, 'babble'));
  return noise.map((sample, i) => sample * (Math.sin((2 * Math.PI * 2 * i) / RATE_HZ) ** 2 + 0.01));
}

/** Far end 20 ms before its echo, which is 10 dB weaker. */
function sceneOf(part: Partial<Scene> & { nearDb?: number } = {}): Scene {
  const far = babble(1, -22);
  const echo = far.map((_, i) => 0.316 * (far[i - 160] ?? 0));
  const near = part.nearDb === undefined ? echo.map(() => 0) : babble(2, part.nearDb);
  const line = (samples: Float32Array) => ({ samples, concealed: [] });
  return {
    name: 'a',
    kind: 'hybrid',
    rateHz: RATE_HZ,
    far,
    ...receive(near, echo, part.nearDb !== undefined, line),
    changedAtS: undefined,
    tailMs: 70,
    ...part,
  };
}

/** One that knows the echo: takes `share` of it out, and multiplies the rest by `gain`. */
function pretend({ echo }: Scene, share: number, gain = 1): Required<Canceller> {
  let at = 0;
  const scale = (samples: Float32Array, factor: number): void => {
    for (let i = 0; i < samples.length; i += 1) samples[i] = samples[i]! * factor;
  };
  return {
    delayMs: 0,
    residualDb: () => Number.NEGATIVE_INFINITY,
    cancel: (_far, mic) => {
      for (let i = 0; i < mic.length; i += 1) mic[i] = gain * (mic[i]! - share * echo[at + i]!);
      at += mic.length;
    },
    shadow: (echoAlone, nearAlone) => {
      scale(echoAlone, gain * (1 - share));
      scale(nearAlone, gain);
    },
    close: () => {},
  };
}

/** The same a frame later. */
function late(canceller: Required<Canceller>): Canceller {
  const held = new Map<string, Float32Array>();
  const swap = (way: string, samples: Float32Array): void => {
    const next = samples.slice();
    samples.set(held.get(way) ?? new Float32Array(samples.length));
    held.set(way, next);
  };
  return {
    ...canceller,
    delayMs: 10,
    cancel: (far, mic, isConcealed) => {
      canceller.cancel(far, mic, isConcealed);
      swap('mic', mic);
    },
    shadow: (echo, near) => {
      canceller.shadow(echo, near);
      swap('echo', echo);
      swap('near', near);
    },
  };
}

function close(t: Test, actual: number | undefined, expected: number, within = 0.1): void {
  t.ok(actual !== undefined && Math.abs(actual - expected) <= within, `${actual} is about ${expected}`);
}

t.test('one that does nothing scores nothing', async t => {
  const scene = sceneOf({ nearDb: -24 });
  const figures = measure(scene, cancelScene(scene, pretend(scene, 0)));
  close(t, figures.erleDb, 0);
  close(t, figures.lastErleDb, 0);
  close(t, figures.nearLossDb, 0);
  t.equal(figures.convergedMs, undefined);
  // −22 dBFS of pink noise, by half for its syllables and 10 dB by the path.
  const alone = sceneOf();
  const left = measure(alone, cancelScene(alone, pretend(alone, 0)));
  close(t, left.residualDbm0, -22 - 4.2 - 10 + 6.15, 1.5);
  close(t, left.inOutDb, 0);
});

t.test('what one takes out is what it scores, however late it is', async t => {
  const scene = sceneOf({ nearDb: -24 });
  for (const canceller of [pretend(scene, 0.99), late(pretend(scene, 0.99))]) {
    const figures = measure(scene, cancelScene(scene, canceller));
    close(t, figures.erleDb, 40);
    close(t, figures.lastErleDb, 40);
    close(t, figures.nearLossDb, 0);
    t.ok(figures.convergedMs! <= 500, `${figures.convergedMs} ms`);
  }
});

t.test('what comes late is moved back, to the last sample', async t => {
  const scene = sceneOf({ nearDb: -24 });
  const now = cancelScene(scene, pretend(scene, 0.9));
  const then = cancelScene(scene, late(pretend(scene, 0.9)));
  for (const of of [
    ({ out }: Cancelled) => out,
    ({ parts }: Cancelled) => parts!.echo,
    ({ parts }: Cancelled) => parts!.near,
  ]) {
    t.same(of(then), of(now));
  }
});

t.test('one that mutes all has its near end lost', async t => {
  const scene = sceneOf({ nearDb: -24 });
  const figures = measure(scene, cancelScene(scene, pretend(scene, 0, 0.05)));
  close(t, figures.erleDb, 26);
  close(t, figures.nearLossDb, 26);
  const { missed } = caseOf(judgedOf(scene, pretend(scene, 0, 0.05)), [1.5, 3, 1.4]);
  t.same(missed, ['nearLossDb', 'nearPesqLoss']);
});

t.test('one that is not looked into is measured by what comes out alone, while nobody talks', async t => {
  const scene = sceneOf();
  const { cancel, close: end } = pretend(scene, 0.9);
  const figures = measure(scene, cancelScene(scene, { delayMs: 0, cancel, close: end }));
  close(t, figures.inOutDb, 20);
  t.equal(figures.erleDb, undefined);
  t.equal(figures.nearLossDb, undefined);
});

t.test('a path that changes is judged from the change on', async t => {
  const scene = sceneOf({ changedAtS: 2 });
  const before = pretend(scene, 0.999);
  const after = pretend(scene, 0);
  let frames = 0;
  const forgetful: Canceller = {
    ...before,
    cancel: (far, mic, isConcealed) => {
      const now = frames < 200 ? before : after;
      frames += 1;
      now.cancel(far, mic, isConcealed);
    },
    shadow: (echo, near) => (frames <= 200 ? before : after).shadow(echo, near),
  };
  const figures = measure(scene, cancelScene(scene, forgetful));
  close(t, figures.erleDb, 0);
  t.equal(figures.convergedMs, undefined);
});

t.test("the pipeline's own takes out an echo by both measures", async t => {
  const memory = await loadKernels(KERNEL_FOLDER, CANCELLER_SLOTS);
  const scene = sceneOf();
  for (let run = 0; run < 2; run += 1) {
    const figures = measure(scene, cancelScene(scene, openOwn(memory, RATE_HZ, 70)));
    t.ok(figures.erleDb! > 10, `${figures.erleDb} dB`);
    t.ok(figures.inOutDb! > 10, `${figures.inOutDb} dB`);
  }
});

const webrtc = await Promise.resolve()
  .then(loadWebrtc)
  .catch(() => undefined);
t.teardown(() => webrtc?.close());

t.test("WebRTC's takes it out, too", { skip: webrtc === undefined && 'it does not load' }, async t => {
  const scene = sceneOf();
  const figures = measure(scene, cancelScene(scene, webrtc!.open(RATE_HZ)));
  t.ok(figures.inOutDb! > 10, `${figures.inOutDb} dB`);
});

t.test('voices are counted from the first second on, and once an echo has settled', async t => {
  const vad = await SileroVad.load();
  const scene = { ...sceneOf(), changedAtS: 3 };
  const silence = new Float32Array(SECONDS * RATE_HZ);
  const [found] = await findVoices(vad, scene, [{ samples: silence, residualDb: [] }]);
  await vad.close();
  t.equal(found!.all.voiced, 0);
  close(t, found!.all.windows * 32, 5000, 40);
  // The echo begins at once, so that its second is the first; another follows the change.
  close(t, found!.settled.windows * 32, 4000, 80);
  t.equal(voicedPercent([]), undefined);
  t.equal(
    voicedPercent([
      { windows: 30, voiced: 0 },
      { windows: 10, voiced: 1 },
    ]),
    2.5,
  );
});

function judgedOf(scene: Scene, canceller: Required<Canceller>): JudgedScene {
  const measures = measure(scene, cancelScene(scene, canceller));
  const time = (voiced: number) => ({ windows: 100, voiced });
  const voices = scene.nearTalks ? undefined : { all: time(2), settled: time(1), network: time(3) };
  return {
    scene: { name: scene.name, kind: scene.kind, rateHz: scene.rateHz },
    own: { measures, microsPerFrame: 5, voices },
    aec3: undefined,
    noiseVoices: voices && { all: time(0), settled: time(0), network: time(0) },
    untreatedVoices: voices && { all: time(60), settled: time(60), network: time(60) },
    erlePerSecond: [10, undefined, 20],
    trials: [],
  };
}

t.test('goals that are missed are named, of a scene and of its kind', async t => {
  const scene = sceneOf();
  const poor = judgedOf(scene, pretend(scene, 0.5));
  const good = judgedOf(scene, pretend(scene, 0.9999));
  const cases = [poor, good].map(one => caseOf(one, []));
  t.same(cases[0]!.missed, ['erleDb', 'residualDbm0']);
  t.same(cases[1]!.missed, []);
  t.equal(cases[1]!.vadPercent, 2);
  const mute = { ...scene, echo: scene.echo.map(() => 0) };
  t.same(
    caseOf(judgedOf(mute, pretend(mute, 1)), []).missed,
    ['erleDb'],
    'a scene without an echo shows nothing',
  );
  const { verdicts, vad, microsPerFrame } = summarise(cases, [poor, good]);
  t.equal(verdicts.hybrid?.met, false);
  close(t, verdicts.hybrid?.leastErleDb, 6);
  t.same(vad, {
    own: 2,
    aec3: undefined,
    untreated: 60,
    noiseAlone: 0,
    settled: { own: 1, aec3: undefined },
    network: { own: 3, aec3: undefined },
    met: false,
  });
  t.same(microsPerFrame, { 8000: { own: 5, aec3: undefined } });
  t.equal(summarise([cases[1]!], [good]).verdicts.hybrid?.met, true);
  const posture = {
    at: '2026-01-01',
    commit: 'c',
    node: 'v24',
    kernel: 'k',
    cpu: 'x',
    cores: 2,
    memoryGiB: 1,
    loadBefore: 0,
  };
  t.match(describe(cases, summarise(cases, [poor, good]), posture), /\| hybrid \| a \| 6 \|/);
  t.equal(drawErle([poor, good]).readUInt32BE(16), 760, 'a picture');
});

t.test('PESQ is given the time in which somebody talks, and what it takes off is a loss', async t => {
  const quiet = sceneOf({ nearDb: -24 });
  const talked = { ...quiet, near: quiet.near.map((sample, i) => (i < 3 * RATE_HZ ? 0 : sample)) };
  const [one, ...more] = trialsOf(talked, [talked.near, talked.mic], join(t.testdir({}), 'x'));
  t.equal(more.length, 1);
  t.equal(one!.rateHz, RATE_HZ);
  t.equal(statSync(one!.reference).size, statSync(one!.heard).size);
  const seconds = statSync(one!.reference).size / 2 / RATE_HZ;
  t.ok(seconds > 3 && seconds < 3.8, `${seconds} s`);
  close(t, lossOf(4.05, talked), 0.5, 1e-9);
  t.equal(lossOf(4.6, talked), 0);
});

function writeScene(folder: string, json: unknown, part: Partial<Record<string, Int16Array>> = {}): string {
  const { far, echo, near } = sceneOf({ nearDb: -24 });
  mkdirSync(join(folder, 'one'), { recursive: true });
  for (const [name, samples] of Object.entries({ far, echo, near })) {
    writeWav(join(folder, 'one', `${name}.wav`), {
      rateHz: RATE_HZ,
      channels: [part[name] ?? toPcm(samples)],
    });
  }
  writeFileSync(join(folder, 'one', 'scene.json'), typeof json === 'string' ? json : JSON.stringify(json));
  return folder;
}

t.test('scenes from a folder are what the files say', async t => {
  const [read] = readScenes(writeScene(t.testdir({}), { kind: 'doubleTalk', companding: 'PCMU' }));
  const scene = read!();
  t.match(scene, { name: 'one', kind: 'doubleTalk', rateHz: RATE_HZ, nearTalks: true, tailMs: 70 });
  const { echo } = sceneOf();
  t.same(scene.echo, compand(echo, 'PCMU'));
  t.ok(scene.mic.every((sample, i) => Math.abs(sample - scene.echo[i]! - scene.near[i]!) < 1e-6));
  const louder = toDb(scene.near.reduce((sum, sample) => sum + sample ** 2, 0));
  t.ok(louder > toDb(scene.echo.reduce((sum, sample) => sum + sample ** 2, 0)));
});

t.test('folders that are not as they should be get a clear word', async t => {
  const kind = { kind: 'room' };
  const odd: [string, (folder: string) => string, RegExp][] = [
    ['nowhere', folder => join(folder, 'nowhere'), /is no folder/],
    ['empty', folder => folder, /no folders with scenes/],
    ['no JSON', folder => writeScene(folder, '{'), /scene "one": .*JSON/],
    ['no kind', folder => writeScene(folder, {}), /scene "one": scene\.json: .*kind/s],
    ['unknown kind', folder => writeScene(folder, { kind: 'cave' }), /kind/],
    ['unknown key', folder => writeScene(folder, { ...kind, erl: 3 }), /erl/],
    ['a tail of a week', folder => writeScene(folder, { ...kind, tailMs: 1e9 }), /tailMs/],
    ['large JSON', folder => writeScene(folder, ' '.repeat(20_000)), /too large/],
    [
      'a wide codec',
      folder => writeScene(folder, { ...kind, companding: 'G722' }),
      /G722 does not run at 8000/,
    ],
    ['lengths', folder => writeScene(folder, kind, { near: new Int16Array(99) }), /different lengths/],
    [
      'short',
      folder =>
        writeScene(folder, kind, {
          far: new Int16Array(9),
          echo: new Int16Array(9),
          near: new Int16Array(9),
        }),
      /0\.0 s/,
    ],
  ];
  for (const [name, make, message] of odd) {
    const folder = make(join(t.testdir({ [name.replaceAll(' ', '')]: {} }), name.replaceAll(' ', '')));
    t.throws(() => readScenes(folder).map(read => read()), { message }, name);
  }
  const garbage = writeScene(t.testdir({}), kind);
  writeFileSync(join(garbage, 'one', 'far.wav'), Buffer.from('RIFF....WAVEfmt '));
  t.throws(() => readScenes(garbage)[0]!(), /scene "one": .*WAVE/);
});
