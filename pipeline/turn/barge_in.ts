import type { TurnPolicy } from './turn_event.ts';

export type BargeInDecision = 'none' | 'duck' | 'cut' | 'resume' | 'backchannel';

/**
 * Speech over the agent: first the agent is lowered, then, once there was enough voice, cut; speech that ends before
 * that, or over speech that may not be interrupted, was a backchannel.
 */
export class BargeIn {
  #overAgent = false;
  #ducked = false;

  /**
   * One tick. The agent is audible when it can be heard at the far end or will be within the line's delay; the caller
   * is active while likely speech goes on, with `voicedMs` of voice in it.
   */
  decide(
    agentAudible: boolean,
    callerActive: boolean,
    voicedMs: number,
    policy: TurnPolicy,
  ): BargeInDecision {
    if (!callerActive) return this.#callerSilent(agentAudible);
    if (!agentAudible) return this.#agentSilent();
    this.#overAgent = true;
    if (!policy.interruptible) return 'none';
    if (voicedMs >= policy.bargeInMinSpeechMs) {
      this.reset();
      return 'cut';
    }
    if (this.#ducked) return 'none';
    this.#ducked = true;
    return 'duck';
  }

  #callerSilent(agentAudible: boolean): BargeInDecision {
    const wasOver = this.#overAgent;
    const wasDucked = this.#ducked;
    this.reset();
    if (wasOver && agentAudible) return 'backchannel';
    return wasDucked ? 'resume' : 'none';
  }

  /** The agent finished while the caller speaks: an ordinary turn begins. */
  #agentSilent(): BargeInDecision {
    const wasDucked = this.#ducked;
    this.reset();
    return wasDucked ? 'resume' : 'none';
  }

  reset(): void {
    this.#overAgent = false;
    this.#ducked = false;
  }
}
