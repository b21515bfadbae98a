import { AGENT, CALLER, type Hearing } from '../lines/bridge.ts';

/** What a further leg does in a call: speaks with all, hears all, or hears all and is heard by bridged legs alone. */
type LegMode = 'bridge' | 'listen' | 'whisper';

interface PlannedLeg {
  readonly legId: string;
  readonly mode: LegMode;
}

/**
 * Who hears whom: the caller, the agent while it is there, and bridged legs speak with one another; whoever listens or
 * whispers hears them, and a whisper reaches the agent's side, which bridged legs are, but never the caller.
 */
export function hearingsOf(legs: readonly PlannedLeg[], hasAgent: boolean): Hearing[] {
  const bridged = legs.filter(({ mode }) => mode === 'bridge').map(({ legId }) => legId);
  const whispering = legs.filter(({ mode }) => mode === 'whisper').map(({ legId }) => legId);
  const speakers = [CALLER, ...(hasAgent ? [AGENT] : []), ...bridged];
  const listeners = [CALLER, ...legs.map(({ legId }) => legId)];
  return listeners.flatMap(to => {
    const heard = bridged.includes(to) ? [...speakers, ...whispering] : speakers;
    return heard.filter(from => from !== to).map(from => ({ from, to, gainDb: 0 }));
  });
}
