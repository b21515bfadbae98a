import t from 'tap';
import { SeededRandom } from '../../bench/caller/random.ts';
import { carry } from '../../bench/concealment/carry.ts';
import { compare, isNowhereBelow } from '../../bench/concealment/compare.ts';
import { loadSpandsp, SpandspLeg } from '../../bench/concealment/spandsp.ts';
import { atDoubleRate } from '../../bench/concealment/speech.ts';
import { type Impairment, parseImpairment, UNIMPAIRED } from '../../bench/wire/impaired_path.ts';
import { loadKernels } from '../../pipeline/kernels/load.ts';
import { KERNEL_FOLDER, openLeg } from '../pipeline/kernels/legs.ts';

const memory = await loadKernels(KERNEL_FOLDER, { leg: 1 });
/** Three seconds at 8 kHz. */
const TONE = Int16Array.from({ length: 24_000 }, (_, i) => 8_000 * Math.sin((2 * Math.PI * 200 * i) / 8_000));

function hear(impairment: Impairment, seed: number) {
  const { leg } = openLeg('PCMU', memory);
  const carried = carry('PCMU', TONE, impairment, new SeededRandom(seed, 'test'), leg);
  leg.close();
  return carried;
}

function rms(pcm: Int16Array): number {
  return Math.sqrt(pcm.reduce((sum, sample) => sum + sample ** 2, 0) / pcm.length);
}

function isSame(one: Int16Array, other: Int16Array): boolean {
  return one.length === other.length && one.every((sample, i) => sample === other[i]);
}

t.test('what is carried without impairments is heard, and all of it', async t => {
  const { heard, concealedMs } = hear(UNIMPAIRED, 1);
  t.equal(heard.length, TONE.length);
  t.ok(concealedMs <= 40, `${concealedMs} ms before the first packet`);
  t.ok(Math.abs(rms(heard.subarray(8_000)) / rms(TONE) - 1) < 0.02);
});

t.test('a seed does the same each time, and another something else', async t => {
  const loss = parseImpairment('loss=10');
  const first = hear(loss, 1);
  t.ok(isSame(hear(loss, 1).heard, first.heard));
  t.notOk(isSame(hear(loss, 2).heard, first.heard));
  t.ok(first.concealedMs > 100, `${first.concealedMs} ms`);
});

const spandsp = await Promise.resolve()
  .then(loadSpandsp)
  .catch(() => undefined);
const skip = spandsp === undefined ? 'libspandsp is not installed' : false;

for (const codec of ['PCMU', 'G722'] as const) {
  t.test(`${codec}: libspandsp hears the same packets, and fills what is missing`, { skip }, async t => {
    const said = codec === 'G722' ? atDoubleRate(TONE) : TONE;
    const [whole, gapped] = ['loss=0', 'outage=200/1000'].map(network => {
      const leg = new SpandspLeg(codec, spandsp!);
      const carried = carry(codec, said, parseImpairment(network), new SeededRandom(3, 'test'), leg);
      leg.close();
      return carried;
    });
    t.ok(Math.abs(rms(whole!.heard.subarray(said.length / 3)) / rms(said) - 1) < 0.02);
    t.ok(gapped!.concealedMs > 300, `${gapped!.concealedMs} ms`);
    t.ok(rms(gapped!.heard) < 0.95 * rms(whole!.heard), 'it fades within an outage');
  });
}

t.test('groups are compared by medians, passage by passage, and one that is below is found', async t => {
  const of = (group: string, ours: number, theirs: number) => ({
    group,
    ours,
    spandsp: theirs,
    concealedMs: 10,
  });
  const good = [of('loss', 3, 2.5), of('loss', 2, 2.2), of('loss', 4, 3.8)];
  const figures = compare(good);
  t.same(figures, {
    loss: { passages: 3, ours: 3, spandsp: 2.5, difference: 0.2, notBelow: 0.67, concealedMs: 10 },
  });
  t.ok(isNowhereBelow(figures));
  t.notOk(isNowhereBelow(compare([...good, of('jitter', 3, 3.01)])));
});
