import type { DigestClient } from '../../sip/digest/client.ts';
import type { InboundSession, RingingSnapshot, Session, SessionSnapshot } from '../../sip/session/session.ts';
import type { UserAgent } from '../../sip/session/user_agent.ts';
import { LIMITS } from '../config/limits.ts';

type KeptSession =
  | { readonly phase: 'ringing'; readonly snapshot: RingingSnapshot }
  | { readonly phase: 'confirmed'; readonly snapshot: SessionSnapshot };

/** A session as its media process keeps it for the next edge: JSON; undefined where there is nothing to go on with. */
export function keepSession(session: Session | InboundSession): string | undefined {
  const kept = keptSession(session);
  const text = kept && JSON.stringify(kept);
  return text === undefined || text.length > LIMITS.keptCharacters ? undefined : text;
}

function keptSession(session: Session | InboundSession): KeptSession | undefined {
  const confirmed = session.snapshot();
  if (confirmed !== undefined) return { phase: 'confirmed', snapshot: confirmed };
  const ringing = 'ringingSnapshot' in session ? session.ringingSnapshot() : undefined;
  return ringing && { phase: 'ringing', snapshot: ringing };
}

/**
 * @param digest answers challenges to our requests in its dialog
 * @throws SyntaxError or TypeError for what another version has kept
 */
export function reviveSession(
  text: string,
  agent: Pick<UserAgent, 'restore' | 'restoreRinging'>,
  digest: DigestClient,
): Session | InboundSession {
  const kept: KeptSession = JSON.parse(text);
  return kept.phase === 'ringing'
    ? agent.restoreRinging(kept.snapshot, {}, digest)
    : agent.restore(kept.snapshot, {}, digest);
}
