import { continued } from '../dialog/dialog.ts';
import type { DigestClient } from '../digest/client.ts';
import { tagOf } from '../message/name_addr.ts';
import type { AgentParts } from './agent_parts.ts';
import { CallSession } from './call_session.ts';
import { DialogLink } from './dialog_link.ts';
import { InviteUsage } from './invite_usage.ts';
import { OfferAnswer } from './offer_answer.ts';
import type { Ending, Identity, Parting, SessionEvents, SessionSnapshot } from './session.ts';

/** Refreshes that may be due are spread over this time, for many sessions come at once. */
const REFRESH_WITHIN_MS = 5_000;

/** A confirmed session that another user agent began, from its snapshot. */
export class RestoredCall extends CallSession {
  readonly direction: 'inbound' | 'outbound';
  readonly callId: string;
  readonly localTag: string;
  readonly identity: Identity;
  protected readonly usage: InviteUsage;

  constructor(
    snapshot: SessionSnapshot,
    events: SessionEvents,
    parts: AgentParts,
    digest: DigestClient | undefined,
  ) {
    // Before anything is kept: another version's snapshot may not fit.
    const described = OfferAnswer.restore(snapshot.media);
    super(parts);
    const { direction, identity, dialog, hop, contact, allows, media, timer } = snapshot;
    this.direction = direction;
    this.identity = identity;
    this.callId = dialog.callId;
    this.localTag = tagOf(dialog.local) ?? '';
    this.isHeld = media.direction !== 'sendrecv';
    const link = new DialogLink({
      parts,
      dialog: continued(dialog),
      hop,
      contact,
      digest,
      allows,
    });
    this.usage = new InviteUsage(
      link,
      this.usageEvents({
        prack: () => false,
        over: ending => this.finish(ending),
        gone: () => parts.table.removeSession(this),
      }),
      described,
    );
    this.usage.restored(timer, parts.random() * REFRESH_WITHIN_MS);
    this.confirm(media.stream);
    this.events = events;
  }

  protected leave(parting: Parting): Pick<Ending, 'status'> {
    this.usage.bye(parting);
    return {};
  }
}
