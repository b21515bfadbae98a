import { TwinFilter } from './echo_filter.ts';
import { TwinSuppressor } from './echo_suppressor.ts';

const PRE_EMPHASIS = 0.9;
const HEARD = 1e-6;

/** The echo canceller at delay 0, in 64 bits, as one would write it down. */
export class EchoTwin {
  readonly #n: number;
  readonly #filter: TwinFilter;
  readonly #suppressor: TwinSuppressor;
  readonly #hiss: readonly number[];
  /** All that was sent. */
  #sent: number[] = [];
  #nearLast = 0;
  #outLast = 0;
  #quietFrames = 0;
  #isResting = false;
  #isSeedDue = false;
  #isEchoDue = false;
  #warmFrames = 0;
  #goodFrames = 0;
  #hasGood = false;
  #lostFrames = 0;
  #doubtfulFrames = 0;
  #lossyFrames = 0;
  #opposedFrames = 0;
  #opposedRun = 0;
  #isOpposed = false;
  #isAstray = false;
  #trust = 0;
  #held = 0;
  /** Smoothed energies. */
  #level = { error: 0, near: 0, far: 0, estimate: 0, errorByEstimate: 0 };

  /** @param n samples of a frame */
  constructor(n: number, partitions: number) {
    this.#n = n;
    this.#filter = new TwinFilter(n, partitions);
    this.#suppressor = new TwinSuppressor(n);
    let state = 1;
    this.#hiss = Array.from({ length: 320 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return ((state >>> 8) / 16777216 - 0.5) * 4e-6;
    });
  }

  /** What comes out for a frame of what was sent and one of what is heard, all of one length. */
  process(far: Float32Array, heard: Float32Array, isConcealed: boolean): Float64Array {
    const sent = [...far].map(toInt16);
    this.#sent.push(...sent);
    const isFarHeard = sent.reduce((sum, x) => sum + x * x, 0) >= HEARD * this.#n;
    this.#quietFrames = isFarHeard ? 0 : this.#quietFrames + 1;
    const near = this.#emphasise(heard);
    const isToRest = this.#quietFrames > this.#filter.partitions.length + 10;
    return this.#deEmphasise(isToRest ? this.#rest(near) : this.#work(near, isConcealed));
  }

  #rest(near: Float64Array): Float64Array {
    if (!this.#isResting) this.#suppressor.beginPassing();
    this.#isResting = true;
    return this.#suppressor.pass(near);
  }

  #work(near: Float64Array, isConcealed: boolean): Float64Array {
    if (this.#isResting) this.#resume();
    else this.#pushNewest();
    if (this.#isSeedDue) this.#filter.seed(this.#level.near / (this.#level.far + 1e-9));
    this.#isSeedDue = false;
    this.#filter.predict(near);
    this.#judge(near);
    this.#doubtFrame(isConcealed);
    if (this.#doubtfulFrames === 0) this.#filter.update();
    const out = this.#suppressor.process({
      ...this.#believe(near),
      isKnown: this.#trust > 0.5 && this.#held < 2 && !this.#isAstray,
      isHeld: this.#held > 0.75,
      isDoubtful: this.#doubtfulFrames > 0 || this.#isAstray,
      isLossy: this.#lossyFrames > 0,
      sent: this.#filter.partitions[0]!.far,
      isEcho: this.#hasGood && this.#isEchoDue,
    });
    this.#filter.doubt = this.#suppressor.doubt;
    return out;
  }

  /** The two frames of what was sent that end `ago` frames before now, pre-emphasised. */
  #framesAgo(ago: number): Float64Array {
    const from = this.#sent.length - (ago + 2) * this.#n;
    const at = (i: number): number => this.#sent[from + i] ?? 0;
    return new Float64Array(2 * this.#n).map((_, i) => at(i) - PRE_EMPHASIS * at(i - 1) + this.#hiss[i]!);
  }

  #pushNewest(): void {
    const frames = this.#framesAgo(0);
    const energy = dot(frames.subarray(this.#n), frames.subarray(this.#n));
    this.#level.far = 0.95 * this.#level.far + energy;
    this.#isEchoDue = energy >= HEARD * this.#n;
    this.#filter.push(frames);
  }

  #resume(): void {
    this.#isResting = false;
    this.#isEchoDue = false;
    for (let ago = this.#filter.partitions.length - 1; ago >= 0; ago -= 1) {
      this.#filter.push(this.#framesAgo(ago));
    }
  }

  #judge(near: Float64Array): void {
    const { error, estimate } = this.#filter;
    const level = this.#level;
    level.error = 0.95 * level.error + dot(error, error);
    level.near = 0.95 * level.near + dot(near, near);
    level.estimate = 0.95 * level.estimate + dot(estimate, estimate);
    level.errorByEstimate = 0.95 * level.errorByEstimate + dot(error, estimate);
    if (!this.#isEchoDue) return;
    if (this.#warmFrames < 5) {
      this.#warmFrames += 1;
      this.#isSeedDue = this.#warmFrames === 5;
      return;
    }
    if (level.near > 12 * level.error) this.#goodFrames += 1;
    if (this.#goodFrames === 50) {
      this.#goodFrames = 0;
      this.#hasGood = true;
    }
    const isOpposed = level.errorByEstimate < -0.5 * level.estimate && level.estimate > 0.1 * level.error;
    if (isOpposed || level.error > 2 * level.near) this.#lostFrames += 1;
    else this.#lostFrames = Math.max(0, this.#lostFrames - 1);
    if (this.#lostFrames === 6) this.#lose();
  }

  #lose(): void {
    this.#lostFrames = 0;
    if (this.#hasGood) return;
    this.#filter.clear();
    this.#level = { error: 0, near: 0, far: 0, estimate: 0, errorByEstimate: 0 };
    [this.#warmFrames, this.#goodFrames, this.#trust] = [0, 0, 0];
  }

  #doubtFrame(isConcealed: boolean): void {
    const { error, estimate } = this.#filter;
    this.#isOpposed =
      this.#hasGood &&
      dot(error, estimate) < -0.4 * dot(estimate, estimate) &&
      dot(estimate, estimate) > 0.1 * dot(error, error);
    this.#lossyFrames = isConcealed ? 1000 : Math.max(0, this.#lossyFrames - 1);
    if (isConcealed || (this.#isOpposed && this.#opposedFrames < 6)) this.#doubtfulFrames = 2;
    else this.#doubtfulFrames = Math.max(0, this.#doubtfulFrames - 1);
    const isCounted = this.#isOpposed && this.#isEchoDue;
    this.#opposedFrames = Math.max(0, this.#opposedFrames + (isCounted ? 1 : -1));
    this.#opposedRun = Math.max(0, Math.min(12, this.#opposedRun + (isCounted ? 1 : -2)));
  }

  #believe(near: Float64Array): { error: Float64Array; estimate: Float64Array; uncertainty: Float64Array } {
    if (this.#isEchoDue) {
      this.#held = 1 + this.#level.errorByEstimate / (this.#level.estimate + 1e-9);
      const worth = Math.max(0, Math.min(1, 2 * this.#held - 0.5));
      this.#trust += (worth > this.#trust ? 0.2 : 0.03) * (worth - this.#trust);
    }
    const { estimate, uncertainty } = this.#filter;
    const left = near.map((sample, i) => sample - this.#trust * estimate[i]!);
    const added = dot(left, left) / (dot(near, near) + 1e-30);
    if (this.#isEchoDue) {
      const isMoved = this.#opposedRun > 4 && (added > 1.5 || this.#suppressor.coherentShare > 0.05);
      this.#isAstray = this.#hasGood && (this.#held < 0.3 || isMoved);
    }
    const isWorthless = added > 2 || (this.#isAstray && this.#isOpposed);
    const taken = estimate.map(sample => (isWorthless ? 0 : sample * this.#trust));
    return {
      error: isWorthless ? near : left,
      estimate: this.#hasGood ? estimate : taken,
      uncertainty: this.#hasGood ? uncertainty : uncertainty.map(power => power * this.#trust),
    };
  }

  #emphasise(heard: Float32Array): Float64Array {
    return Float64Array.from(heard, (sample, i) => {
      const sound = Math.abs(sample) <= 8 ? sample : 0;
      const emphasised = sound - PRE_EMPHASIS * this.#nearLast + this.#hiss[i]!;
      this.#nearLast = sound;
      return emphasised;
    });
  }

  #deEmphasise(out: Float64Array): Float64Array {
    return out.map(sample => {
      this.#outLast = sample + PRE_EMPHASIS * this.#outLast;
      return this.#outLast;
    });
  }
}

/** As 16-bit samples have it; what is no number is silence. */
function toInt16(sample: number): number {
  return Math.max(-32768, Math.min(32767, Math.round((sample || 0) * 32768))) / 32768;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
