import { Dialog, type DialogState } from '../../sip/dialog/dialog.ts';
import { hopsTo } from '../../sip/dialog/next_hop.ts';
import type { InboundSession, Session } from '../../sip/session/session.ts';
import type { Hop } from '../../sip/transport/transport.ts';
import { LIMITS } from '../config/limits.ts';

/**
 * Addresses that are no strangers, though no trunk may name them: those whose calls were let in, and those that dialogs
 * lead to, where Contact or Record-Route says so. The one longest not met is forgotten.
 */
export class Acquaintances {
  readonly #addresses = new Set<string>();

  has(address: string): boolean {
    return this.#addresses.has(address);
  }

  meet(address: string): void {
    this.#addresses.delete(address);
    this.#addresses.add(address);
    const [oldest] = this.#addresses.size > LIMITS.sipSourcesRemembered ? this.#addresses : [];
    if (oldest !== undefined) this.#addresses.delete(oldest);
  }

  /** A dialog has begun, or leads elsewhere now: requests will come from where ours go. */
  follow(session: Session | InboundSession): void {
    const way = wayOf(session);
    if (way !== undefined) this.meet(hopsTo(new Dialog(way.dialog).nextUri, way.hop)[0].address);
  }
}

function wayOf(session: Session | InboundSession): { dialog: DialogState; hop: Hop } | undefined {
  const confirmed = session.snapshot();
  if (confirmed !== undefined) return confirmed;
  const ringing = 'ringingSnapshot' in session ? session.ringingSnapshot() : undefined;
  if (ringing === undefined) return undefined;
  const { dialog, flow } = ringing;
  return { dialog, hop: { ...flow.remote, protocol: flow.protocol } };
}
