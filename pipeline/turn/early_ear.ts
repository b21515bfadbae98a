import { FRAME_MS } from '../frame.ts';
import { SoundWatch } from './sound_watch.ts';

/** Level of the newest frame at one place of the uplink, and of the noise beneath it, in dB of full scale. */
interface Levels {
  readonly levelDb: number;
  readonly floorDb: number;
}

/** The first places at which the caller may be heard. */
export interface EarlyLevels {
  /** Before anything is taken out. */
  readonly received: Levels;
  /** A frame later, without the agent's own voice. */
  readonly withoutEcho: Levels;
  readonly echo: EarlyEcho;
}

/** What is known of the agent's own voice in them, in dB of full scale. */
interface EarlyEcho {
  /** Of the stage that takes it out. */
  readonly delayMs: number;
  /** In what is received, and what may be left behind it. */
  readonly echoDb: number;
  readonly likelyEchoDb: number;
}

/** A line has an echo while the estimate of it is not softer, or was not a while ago: it falls by 20 dB a second. */
const ECHO_DB = -50;
const FALL_DB = (20 * FRAME_MS) / 1000;

/**
 * Hears that a sound begins as soon as that can be heard: on a line without echo in the very frame, on others once the
 * echo is out. It knows nothing of voices, and noise is not turned down yet: enough to lower the agent, and to no more.
 */
export class EarlyEar {
  readonly sound = new SoundWatch();
  readonly #levels: EarlyLevels;
  #echoDb = -Infinity;

  constructor(levels: EarlyLevels) {
    this.#levels = levels;
  }

  /** Whether the agent's own voice comes back on the line. */
  get isEchoed(): boolean {
    return this.#echoDb >= ECHO_DB;
  }

  /** By so much what was heard last lies behind the line. */
  get delayMs(): number {
    return this.isEchoed ? this.#levels.echo.delayMs : 0;
  }

  /** One tick. */
  hear(): void {
    const { received, withoutEcho, echo } = this.#levels;
    this.#echoDb = Math.max(echo.echoDb, this.#echoDb - FALL_DB);
    const { levelDb, floorDb } = this.isEchoed ? withoutEcho : received;
    this.sound.hear(levelDb, floorDb, echo.likelyEchoDb);
  }
}
