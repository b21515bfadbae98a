/** Where the meters of the page begin, in dBFS. */
const LOWEST_DB = -60;
/** A voice falls off the bar over this long, so that the eye can follow. */
const FALL_DB_PER_S = 60;
const SPEAKING_DB = -45;

/** Shows the level of one side of the call. */
export class LevelMeter {
  readonly #meter: HTMLMeterElement;
  #source: MediaStreamAudioSourceNode | undefined;
  #analyser: AnalyserNode | undefined;
  #levelDb = LOWEST_DB;
  #drawnAtMs = 0;
  #frame = 0;

  constructor(meter: HTMLMeterElement) {
    this.#meter = meter;
  }

  /** True while there is a voice. */
  get speaking(): boolean {
    return this.#levelDb > SPEAKING_DB;
  }

  start(context: AudioContext, track: MediaStreamTrack): void {
    this.stop();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    this.#source = context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(analyser);
    this.#analyser = analyser;
    this.#draw(performance.now());
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#source?.disconnect();
    this.#source = undefined;
    this.#analyser = undefined;
    this.#levelDb = LOWEST_DB;
    this.#meter.value = LOWEST_DB;
  }

  #draw(nowMs: number): void {
    if (this.#analyser === undefined) return;
    const fallenDb = this.#levelDb - (FALL_DB_PER_S * (nowMs - this.#drawnAtMs)) / 1000;
    this.#drawnAtMs = nowMs;
    this.#levelDb = Math.max(LOWEST_DB, fallenDb, levelDbOf(this.#analyser));
    this.#meter.value = this.#levelDb;
    this.#frame = requestAnimationFrame(at => this.#draw(at));
  }
}

/** RMS of the latest samples, in dB below full scale. */
function levelDbOf(analyser: AnalyserNode): number {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return power === 0 ? Number.NEGATIVE_INFINITY : 10 * Math.log10(power);
}
