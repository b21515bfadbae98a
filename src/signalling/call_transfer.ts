import type { Alarm, Clock } from '../../sip/clock.ts';
import type { NameAddr } from '../../sip/message/name_addr.ts';
import { formatUri } from '../../sip/message/uri.ts';
import { type ReferralNews, type ReferralState, Referrals } from '../../sip/refer/referrals.ts';
import type { Session } from '../../sip/session/session.ts';
import type { ServerTransaction } from '../../sip/transaction/server_transaction.ts';
import { LIMITS } from '../config/limits.ts';
import type { MessageOf } from '../ipc/messages.ts';
import { reasonOf } from './outbound_ending.ts';

type News = MessageOf<'referral'>['news'];
type Result = Extract<News, { what: 'over' }>['result'];

export interface CallTransferParts {
  readonly session: Session;
  readonly clock: Clock;
  tell(transferId: string, news: News): void;
  /** `state` is another: whoever keeps it is to have it before anything is sent. */
  changed(): void;
  /** The caller is with whom they were to be put through to. */
  hangUp(): void;
}

/** As the next edge goes on with it. */
export interface TransferState {
  readonly transferId: string;
  readonly referral: ReferralState;
}

/** One call's transfers to people by its far end (REFER). */
export class CallTransfer {
  readonly #parts: CallTransferParts;
  readonly #referrals: Referrals;
  #transferId = '';
  #parting: Alarm | undefined;

  constructor(parts: CallTransferParts) {
    this.#parts = parts;
    this.#referrals = new Referrals(parts.session, parts.clock);
  }

  /** Undefined before the first. */
  get state(): TransferState | undefined {
    const referral = this.#referrals.state;
    return referral && { transferId: this.#transferId, referral };
  }

  /** Asks the far end for it. While it may still do what it was asked before, it is asked nothing else. */
  begin(transferId: string, to: NameAddr): void {
    const { session, tell, changed } = this.#parts;
    const contact = session.snapshot()?.contact;
    if (this.#referrals.isUnderWay) {
      tell(transferId, { what: 'over', result: 'unknown' });
      return;
    }
    const isBegun =
      contact !== undefined &&
      this.#referrals.refer(to, { uri: contact.uri, params: [] }, this.#follow(transferId), () => {
        this.#transferId = transferId;
        changed();
        tell(transferId, { what: 'begun', to: formatUri(to.uri) });
      });
    if (!isBegun) tell(transferId, { what: 'notBegun' });
  }

  /** Goes on with what an edge before this one has begun. */
  goOn({ transferId, referral }: TransferState): void {
    this.#transferId = transferId;
    this.#referrals.goOn(referral, this.#follow(transferId));
  }

  /** A request inside the call, where it is about a transfer. */
  receive(server: ServerTransaction): boolean {
    return this.#referrals.receive(server);
  }

  /** The session has ended. */
  close(): void {
    this.#parting?.cancel();
    this.#referrals.close();
  }

  #follow(transferId: string): (news: ReferralNews) => void {
    return news => {
      this.#parts.changed();
      this.#parts.tell(transferId, newsOf(news));
      if (news.what === 'taken') this.#part();
    };
  }

  /** The agent hangs up where it still waits for this; it may have gone on meanwhile, or be another. */
  #part(): void {
    const { clock, hangUp } = this.#parts;
    this.#parting = clock.after(LIMITS.transferPartingMs, hangUp);
  }
}

function newsOf({ what, status }: ReferralNews): News {
  if (what === 'accepted' || what === 'progress') return { what: 'progress', status: status ?? 100 };
  return { what: 'over', result: resultOf(what, status), ...(status !== undefined && { status }) };
}

function resultOf(what: 'taken' | 'failed' | 'refused' | 'unknown', status: number | undefined): Result {
  return what === 'failed' && status !== undefined ? reasonOf(status) : what === 'failed' ? 'unknown' : what;
}
