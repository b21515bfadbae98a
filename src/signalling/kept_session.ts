import type { DigestClient } from '../../sip/digest/client.ts';
import type { InboundSession, RingingSnapshot, Session, SessionSnapshot } from '../../sip/session/session.ts';
import type { UserAgent } from '../../sip/session/user_agent.ts';
import { LIMITS } from '../config/limits.ts';
import type { TransferState } from './call_transfer.ts';

/** A session of an edge before this one, with what was under way in it. */
export interface RevivedSession {
  readonly session: Session | InboundSession;
  readonly transfer: TransferState | undefined;
}

type KeptSession =
  | { readonly phase: 'ringing'; readonly snapshot: RingingSnapshot }
  | {
      readonly phase: 'confirmed';
      readonly snapshot: SessionSnapshot;
      readonly transfer?: TransferState | undefined;
    };

/**
 * A session as its media process keeps it for the next edge: JSON; undefined where there is nothing to go on with.
 * @param transfer what is under way in it
 */
export function keepSession(session: Session | InboundSession, transfer?: TransferState): string | undefined {
  const kept = keptSession(session, transfer);
  const text = kept && JSON.stringify(kept);
  return text === undefined || text.length > LIMITS.keptCharacters ? undefined : text;
}

function keptSession(
  session: Session | InboundSession,
  transfer: TransferState | undefined,
): KeptSession | undefined {
  const confirmed = session.snapshot();
  if (confirmed !== undefined) return { phase: 'confirmed', snapshot: confirmed, transfer };
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
): RevivedSession {
  const kept: KeptSession = JSON.parse(text);
  return kept.phase === 'ringing'
    ? { session: agent.restoreRinging(kept.snapshot, {}, digest), transfer: undefined }
    : { session: agent.restore(kept.snapshot, {}, digest), transfer: kept.transfer };
}
