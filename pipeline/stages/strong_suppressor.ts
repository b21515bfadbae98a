import { type Frame, frameLength, type PipelineRateHz } from '../frame.ts';
import type { NoisePolicy } from '../policy.ts';
import type { Stage } from '../stage.ts';
import { Interpolator } from '../strong/interpolator.ts';
import { NETWORK_DELAY_MS, type Rnnoise } from '../strong/rnnoise.ts';

/** What the interpolation looks ahead, with a little to spare at 16 kHz. */
const LOOKAHEAD_MS = 2;
/** The network's samples are on the scale of 16 bits. */
const NETWORK_SCALE = 32_768;
/** So many frames the network hears before it is heard: its first ones are not yet right. */
const FRAMES_TO_WARM = 5;

export interface StrongPorts {
  /** The thread's; undefined while it is not loaded. */
  readonly network: () => Rnnoise | undefined;
  /**
   * Whether the thread can afford the network in this frame, for one call more than in the last if need be. It had better
   * not flicker: the network is heard only after 60 ms of it.
   */
  readonly hasHeadroom: () => boolean;
}

/**
 * Suppresses noise by RNNoise, at 48 kHz inside. Where the policy does not want that, the network is not loaded or the
 * thread has no headroom, all is passed on after the same delay; what changes between fades within a frame.
 */
export class StrongSuppressor implements Stage<Frame> {
  readonly name = 'strong noise suppression';
  readonly delayMs = NETWORK_DELAY_MS + LOOKAHEAD_MS;
  readonly #ports: StrongPorts;
  readonly #interpolator: Interpolator;
  /** `delayMs` of what was heard last, then the frame. */
  readonly #heard: Float32Array;
  readonly #delay: number;
  /** Where in `#heard` the network's frame begins. */
  readonly #networkStart: number;
  #policy: NoisePolicy;
  /** The call's in `#network`; 0 while it has none. */
  #voice = 0;
  #network: Rnnoise | undefined;
  #framesToWarm = 0;
  /** How much of what is heard is the network's; the rest is what came in. */
  #share = 0;

  constructor(rateHz: PipelineRateHz, policy: NoisePolicy, ports: StrongPorts) {
    this.#policy = policy;
    this.#ports = ports;
    this.#interpolator = new Interpolator(rateHz);
    this.#delay = (this.delayMs * rateHz) / 1000;
    this.#heard = new Float32Array(this.#delay + frameLength(rateHz));
    this.#networkStart = this.#delay - (LOOKAHEAD_MS * rateHz) / 1000;
  }

  /** From the next frame on. */
  tune(policy: NoisePolicy): void {
    this.#policy = policy;
  }

  process({ samples }: Frame): void {
    this.#hear(samples);
    const isWanted = this.#policy.kind === 'strong' && this.#ports.hasHeadroom();
    if (isWanted && this.#voice === 0) this.#begin();
    // Nothing of the network's is heard that would have to fade.
    if (!isWanted && this.#share === 0) this.#end();
    if (this.#voice === 0) {
      for (let i = 0; i < samples.length; i += 1) samples[i] = this.#heard[i]!;
      return;
    }
    this.#suppress();
    const isHeard = isWanted && this.#framesToWarm === 0;
    if (this.#framesToWarm > 0) this.#framesToWarm -= 1;
    this.#mix(samples, isHeard ? 1 - 10 ** (-this.#policy.depthDb / 20) : 0);
    if (!isWanted) this.#end();
  }

  reset(): void {
    this.#heard.fill(0);
    this.#end();
  }

  close(): void {
    this.#end();
  }

  #begin(): void {
    this.#network = this.#ports.network();
    this.#voice = this.#network?.open() ?? 0;
    this.#framesToWarm = FRAMES_TO_WARM;
    this.#share = 0;
  }

  #end(): void {
    if (this.#voice !== 0) this.#network?.close(this.#voice);
    this.#voice = 0;
    this.#share = 0;
  }

  /** What is no number would never leave the network again. */
  #hear(samples: Float32Array): void {
    const heard = this.#heard;
    heard.copyWithin(0, samples.length);
    for (let i = 0; i < samples.length; i += 1) {
      const sample = samples[i]!;
      heard[this.#delay + i] = sample >= -1 && sample <= 1 ? sample : sample > 1 ? 1 : sample < -1 ? -1 : 0;
    }
  }

  #suppress(): void {
    const network = this.#network!;
    this.#interpolator.make(network.frame, this.#heard, this.#networkStart, NETWORK_SCALE);
    network.suppress(this.#voice);
  }

  /** From the share there is to the one that is wanted, evenly over the frame. */
  #mix(samples: Float32Array, wantedShare: number): void {
    const { frame } = this.#network!;
    const { factor } = this.#interpolator;
    const step = (wantedShare - this.#share) / samples.length;
    for (let i = 0; i < samples.length; i += 1) {
      const heard = this.#heard[i]!;
      const share = this.#share + step * (i + 1);
      samples[i] = heard + share * (frame[i * factor]! / NETWORK_SCALE - heard);
    }
    this.#share = wantedShare;
  }
}
