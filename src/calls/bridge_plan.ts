import { AGENT, CALLER, type Hearing } from '../lines/bridge.ts';

/** What a further leg does in a call: speaks with all, hears all, or hears all and is heard by bridged legs alone. */
type LegMode = 'bridge' | 'listen' | 'whisper';

/** How far a person is in the call whom its workflow wants: until `joined` they hear nobody but the agent, once `told`. */
export type PersonPhase = 'ringing' | 'told' | 'joined' | 'gone';

interface PlannedLeg {
  readonly legId: string;
  readonly mode: LegMode;
  readonly phase?: PersonPhase | undefined;
}

/** The tone that a caller hears while somebody is called goes by this name. */
export const RINGBACK = 'ringback';

/**
 * Who hears whom: the caller, the agent while it is there, and bridged legs speak with one another; whoever listens or
 * whispers hears them, and a whisper reaches the agent's side, which bridged legs are, but never the caller. A person whom
 * the agent has called hears it alone before they are joined, the caller a ringing tone; then the agent is silent.
 */
export function hearingsOf(legs: readonly PlannedLeg[], hasAgent: boolean, isRinging = false): Hearing[] {
  const isIn = ({ phase = 'joined' }: PlannedLeg) => phase === 'joined';
  const present = legs.filter(isIn);
  const bridged = present.filter(({ mode }) => mode === 'bridge').map(({ legId }) => legId);
  const whispering = present.filter(({ mode }) => mode === 'whisper').map(({ legId }) => legId);
  const told = legs.filter(({ phase }) => phase === 'told').map(({ legId }) => legId);
  const isAgentAway = told.length > 0 || legs.some(({ phase }) => phase === 'joined');
  const speakers = [CALLER, ...(hasAgent && !isAgentAway ? [AGENT] : []), ...bridged];
  const listeners = [CALLER, ...present.map(({ legId }) => legId)];
  const hearings = listeners.flatMap(to => {
    const heard = bridged.includes(to) ? [...speakers, ...whispering] : speakers;
    return heard.filter(from => from !== to).map(from => ({ from, to, gainDb: 0 }));
  });
  return [
    ...hearings,
    ...told.map(to => ({ from: AGENT, to, gainDb: 0 })),
    ...(isRinging ? [{ from: RINGBACK, to: CALLER, gainDb: 0 }] : []),
  ];
}
