import t from 'tap';
import { BargeIn } from '../../pipeline/turn/barge_in.ts';
import { SoundWatch } from '../../pipeline/turn/sound_watch.ts';
import { DEFAULT_TURN_POLICY } from '../../pipeline/turn/turn_taker.ts';

/** A line on which the agent speaks, and what is heard there, by its level alone: no network takes it for a voice. */
class Line {
  readonly #bargeIn = new BargeIn();
  readonly #sound = new SoundWatch();
  readonly #echoed: boolean;
  readonly #nearDb: number;

  /** @param nearDb how loud a voice at the telephone must be at least, in dB of full scale */
  constructor(echoed: boolean, nearDb: number) {
    this.#echoed = echoed;
    this.#nearDb = nearDb;
  }

  /** What was decided while a sound of this level goes on. */
  hear(levelDb: number, durationMs: number): string[] {
    const decisions: string[] = [];
    for (let atMs = 0; atMs < durationMs; atMs += 10) {
      this.#sound.hear(levelDb, -90, -Infinity);
      const over = { agentAudible: true, callerActive: false, voicedMs: 0, nearDb: this.#nearDb };
      const sounds = { sound: this.#sound, early: this.#sound, echoed: this.#echoed };
      const decision = this.#bargeIn.decide({ ...over, ...sounds }, DEFAULT_TURN_POLICY);
      if (decision !== 'none') decisions.push(decision);
    }
    return decisions;
  }
}

/** Whether a sound of `levelDb` lowers the agent that begins within one of `nothingDb` that was dismissed. */
function isLowered(echoed: boolean, nearDb: number, nothingDb: number, levelDb: number): boolean {
  const line = new Line(echoed, nearDb);
  const decisions = line.hear(nothingDb, 400);
  if (decisions.join() !== 'duck,resume') throw new Error(`it was not dismissed: ${decisions.join()}`);
  return line.hear(levelDb, 60).includes('duck');
}

t.test(
  'beneath what is left of an echo, a sound lowers the agent from 5 dB above it on, not from 8',
  async t => {
    t.ok(isLowered(true, -40, -40, -34.5));
    t.notOk(isLowered(true, -40, -40, -38.5), 'hardly louder than what is left');
    t.notOk(isLowered(false, -40, -40, -34.5), 'on a line without one, noise');
  },
);

t.test('and may be 6 dB softer than a voice has to be, that speaks alone', async t => {
  t.ok(isLowered(true, -30, -48, -34.5));
  t.notOk(isLowered(true, -30, -48, -37.5), 'softer still');
  t.notOk(isLowered(false, -30, -48, -34.5), 'on a line without one, another noise');
});
