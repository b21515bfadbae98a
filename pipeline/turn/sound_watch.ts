import { FRAME_MS } from '../frame.ts';

/** A sound stands out of the floor by so much, and of what may be echo. */
const ABOVE_FLOOR_DB = 10;
const ABOVE_ECHO_DB = 6;
const LEAST_DB = -50;
/** A frame so much weaker than the loudest one of its sound is none of it: breath, and the room. */
const BELOW_PEAK_DB = 22;
/** Over so long is its level taken. */
const LEVEL_MS = 500;
const MOST_DOUBT_DB = 2;
/** And over so long what is heard at this moment. */
const NOW_MS = 20;
/** A sound is over after so long without. */
const OVER_AFTER_MS = 420;
/** Laughs are bursts no longer than this with breath between them; at least so much of it, and so often (Bachorowski, 2001). */
const LONGEST_BURST_MS = 150;
const LEAST_BREATH_MS = 60;
const LEAST_BREATHS = 2;
/** Less is no end of a burst. */
const LEAST_QUIET_MS = 20;

/**
 * Follows what stands out of what is always there, frame by frame. It knows of a sound several frames before the network
 * knows whether it is a voice.
 */
export class SoundWatch {
  #isOn = false;
  #sinceMs = 0;
  #soundMs = 0;
  #quietMs = 0;
  #peakDb = -Infinity;
  #energy = 0;
  #nowEnergy = 0;
  #breaths = 0;
  #leastBreathMs = Infinity;
  #burstMs = 0;
  #longestBurstMs = 0;

  /** True from a sound's first frame until it is over. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Since its first frame. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Of it, how long something was heard. */
  get soundMs(): number {
    return this.#soundMs;
  }

  /** How long nothing of it has been heard. */
  get quietMs(): number {
    return this.#quietMs;
  }

  /**
   * True while it is nothing but short bursts with breath between them, from the end of the third burst on: two may begin
   * words, such as "excuse me".
   */
  get isLaughter(): boolean {
    const bursts = this.#breaths + (this.#quietMs >= LEAST_QUIET_MS ? 1 : 0);
    const isBreathy = bursts > LEAST_BREATHS && this.#leastBreathMs >= LEAST_BREATH_MS;
    return isBreathy && this.#longestBurstMs <= LONGEST_BURST_MS;
  }

  /** Mean level of what was heard of it in the last half second; the less that was, the more of it is held in doubt. */
  get levelDb(): number {
    if (this.#soundMs === 0) return -Infinity;
    const doubtDb = MOST_DOUBT_DB * Math.max(0, 1 - this.#soundMs / LEVEL_MS);
    return 10 * Math.log10(this.#energy) - doubtDb;
  }

  /** Mean level of its newest frames. */
  get nowDb(): number {
    return this.#soundMs === 0 ? -Infinity : 10 * Math.log10(this.#nowEnergy);
  }

  /**
   * Takes a frame: its level, the floor's, and that of what may be left of the agent's own voice, all in dB of full scale.
   */
  hear(levelDb: number, floorDb: number, echoDb: number): void {
    const leastDb = Math.max(LEAST_DB, floorDb + ABOVE_FLOOR_DB, echoDb + ABOVE_ECHO_DB);
    const isSound = levelDb >= leastDb && levelDb >= this.#peakDb - BELOW_PEAK_DB;
    if (this.#isOn) this.#sinceMs += FRAME_MS;
    if (isSound) this.#sound(levelDb);
    else if (this.#isOn) this.#quiet();
  }

  reset(): void {
    this.#isOn = false;
    this.#sinceMs = 0;
    this.#soundMs = 0;
    this.#quietMs = 0;
    this.#peakDb = -Infinity;
    this.#energy = 0;
    this.#nowEnergy = 0;
    this.#breaths = 0;
    this.#leastBreathMs = Infinity;
    this.#burstMs = 0;
    this.#longestBurstMs = 0;
  }

  #sound(levelDb: number): void {
    if (!this.#isOn) {
      this.#isOn = true;
      this.#sinceMs = FRAME_MS;
    }
    if (this.#quietMs > 0) this.#burst();
    this.#burstMs += FRAME_MS;
    this.#longestBurstMs = Math.max(this.#longestBurstMs, this.#burstMs);
    this.#soundMs += FRAME_MS;
    this.#quietMs = 0;
    this.#peakDb = Math.max(this.#peakDb, levelDb);
    const energy = 10 ** (levelDb / 10);
    this.#energy += (FRAME_MS / Math.min(this.#soundMs, LEVEL_MS)) * (energy - this.#energy);
    this.#nowEnergy += (FRAME_MS / Math.min(this.#soundMs, NOW_MS)) * (energy - this.#nowEnergy);
  }

  /** Another one begins, behind so much quiet. */
  #burst(): void {
    this.#breaths += 1;
    this.#leastBreathMs = Math.min(this.#leastBreathMs, this.#quietMs);
    this.#burstMs = 0;
  }

  #quiet(): void {
    this.#quietMs += FRAME_MS;
    if (this.#quietMs >= OVER_AFTER_MS) this.reset();
  }
}
