import t from 'tap';
import { createFrame, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { SendSpread } from '../../sip/rtp/send_spread.ts';
import type { Line, LineEvents } from '../../src/lines/line.ts';
import { openLink } from '../../src/lines/link_line.ts';
import { checkLine, LINE_CHECKS, type LineHarness, soundMs } from './line_conformance.ts';
import { freePortPair, kernels, settle, sockets } from './trunk_rig.ts';

const SILENT: LineEvents = {
  answered: () => {},
  dtmf: () => {},
  held: () => {},
  resumed: () => {},
  ended: () => {},
};

/** The other end of a link: says what is queued, and keeps what it hears. */
class OtherEnd {
  readonly line: Line;
  readonly heard: number[] = [];
  readonly #mouth: number[] = [];
  readonly #frame;

  constructor(line: Line) {
    this.line = line;
    this.#frame = createFrame(line.rateHz);
  }

  say(samples: Int16Array): void {
    for (const sample of samples) this.#mouth.push(sample / 32_768);
  }

  tick(): void {
    const { samples } = this.#frame;
    this.line.pull(this.#frame);
    this.heard.push(...samples);
    samples.fill(0);
    samples.set(this.#mouth.splice(0, frameLength(this.line.rateHz)));
    this.line.push(this.#frame);
  }
}

/** Two ends at their own rates; what each says is resampled by repetition where the check says it at the other's. */
function linkHarness(rateHz: PipelineRateHz, otherRateHz: PipelineRateHz): LineHarness {
  let nowMs = 1_000;
  const spread = new SendSpread();
  const parts = { kernels, sockets, spread, nowMs: () => nowMs };
  let other: OtherEnd | undefined;
  return {
    rateHz,
    open: async events => {
      const [port, farPort] = [await freePortPair(), await freePortPair()];
      const far = new OtherEnd(
        openLink({ port: farPort, farPort: port, rateHz: otherRateHz }, parts, SILENT),
      );
      other = far;
      const line = openLink({ port, farPort, rateHz }, parts, events);
      const farEnd = {
        say: (samples: Int16Array) => far.say(atRate(samples, rateHz, otherRateHz)),
        soundMs: () => soundMs(far.heard, otherRateHz),
        hangUp: async () => line.gone('remoteHangup'),
      };
      return { line, farEnd };
    },
    tick: async () => {
      nowMs += 10;
      spread.startTick();
      other?.tick();
      await settle();
    },
    close: async () => other?.line.close('localHangup'),
  };
}

function atRate(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  const length = (samples.length * toHz) / fromHz;
  return Int16Array.from({ length }, (_, i) => samples[Math.floor((i * fromHz) / toHz)]!);
}

t.test('a link holds what every line holds, also between ends of different rates', async t => {
  for (const [rateHz, otherRateHz] of [
    [8000, 8000],
    [16_000, 16_000],
    [8000, 16_000],
  ] as const)
    for (const [name, check] of Object.entries(LINE_CHECKS))
      await t.resolves(
        checkLine(linkHarness(rateHz, otherRateHz), check),
        `${name}: ${rateHz} to ${otherRateHz}`,
      );
});

t.test('ports that are taken end a link before it was up', async t => {
  const [port, farPort] = [await freePortPair(), await freePortPair()];
  const parts = { kernels, sockets, spread: new SendSpread() };
  const told: string[] = [];
  const first = openLink({ port, farPort, rateHz: 8000 }, parts, {
    ...SILENT,
    answered: () => told.push('answered'),
  });
  while (told.length === 0) await settle(1);
  const second = openLink({ port, farPort, rateHz: 8000 }, parts, {
    ...SILENT,
    ended: reason => told.push(reason),
  });
  while (told.length === 1) await settle(1);
  t.same(told, ['answered', 'rejected']);
  await Promise.all([first.close('localHangup'), second.close('localHangup')]);
});
