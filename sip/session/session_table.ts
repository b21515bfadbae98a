import type { SipRequest, SipResponse } from '../message/message.ts';
import { tagOf } from '../message/name_addr.ts';
import type { ServerTransaction } from '../transaction/server_transaction.ts';

/** Who hears what comes inside a dialog. */
export interface DialogUser {
  receive(server: ServerTransaction): void;
  acknowledged(ack: SipRequest): void;
  /** A copy of a 2xx to an INVITE of this end, whose transaction is gone. */
  acceptedAgain(response: SipResponse): void;
}

/** Who hears 2xx to an INVITE that come too late for its transaction. */
export interface InviteUser {
  acceptedLate(response: SipResponse): void;
}

/** A session, as the table needs it. */
interface HeldSession {
  readonly callId: string;
  hangUp(): void;
  abandon(): void;
}

/** The dialogs and sessions of a user agent, by what messages find them. */
export class SessionTable {
  readonly #dialogs = new Map<string, DialogUser>();
  readonly #invites = new Map<string, InviteUser>();
  #drained: (() => void) | undefined;
  readonly #sessions = new Set<HeldSession>();

  /** Sessions held: also those that have ended and wait for their last messages. */
  get size(): number {
    return this.#sessions.size;
  }

  addSession(session: HeldSession): void {
    this.#sessions.add(session);
  }

  removeSession(session: HeldSession): void {
    this.#sessions.delete(session);
  }

  hangUpAll(): void {
    for (const session of this.#sessions) session.hangUp();
  }

  /** Gives up the sessions of a Call-ID; whether there were any. */
  abandon(callId: string): boolean {
    const broken = [...this.#sessions].filter(session => session.callId === callId);
    for (const session of broken) session.abandon();
    return broken.length > 0;
  }

  /** Calls back once, when the last dialog is gone. */
  whenNoDialogs(callBack: () => void): void {
    this.#drained = callBack;
    this.#checkDrained();
  }

  addDialog(key: string, user: DialogUser): void {
    this.#dialogs.set(key, user);
  }

  removeDialog(key: string): void {
    this.#dialogs.delete(key);
    this.#checkDrained();
  }

  dialog(key: string): DialogUser | undefined {
    return this.#dialogs.get(key);
  }

  addInvite(callId: string, localTag: string, user: InviteUser): void {
    this.#invites.set(inviteKey(callId, localTag), user);
  }

  removeInvite(callId: string, localTag: string): void {
    this.#invites.delete(inviteKey(callId, localTag));
  }

  inviteOf({ callId, from }: SipResponse): InviteUser | undefined {
    return this.#invites.get(inviteKey(callId, tagOf(from) ?? ''));
  }

  #checkDrained(): void {
    if (this.#dialogs.size > 0) return;
    this.#drained?.();
    this.#drained = undefined;
  }
}

function inviteKey(callId: string, localTag: string): string {
  return `${callId} ${localTag}`;
}
