import type { LegRequest } from '../calls/bridge_legs.ts';
import type { Relays } from '../calls/bridge_relays.ts';
import type { MediaCalls } from '../calls/media_calls.ts';
import { LegOrders } from '../http/leg_orders.ts';
import type { Link } from '../ipc/link.ts';
import type { MessageOf } from '../ipc/messages.ts';

/** Follows what the edge says of further legs of calls, and of rooms that such legs lead to from here. */
export function followLegs(
  link: Pick<Link, 'on' | 'send'>,
  calls: Pick<MediaCalls, 'leg' | 'referral' | 'edgeLost'>,
  relays: Pick<Relays, 'open' | 'close' | 'edgeLost'>,
): void {
  /** The edge keeps a leg's ports for it until it hears that the leg has none, or never had. */
  const follow = (legId: string, message: MessageOf<'openLeg' | 'legGone'>): void => {
    if (!calls.leg(message)) link.send('edge', { type: 'lineClosed', callId: legId, reason: 'rejected' });
  };
  link.on('openLeg', message => follow(message.leg.legId, message));
  link.on('legGone', message => follow(message.legId, message));
  link.on('legUp', message => void calls.leg(message));
  link.on('referral', message => calls.referral(message));
  link.on('openRelay', message => relays.open(message));
  link.on('closeRelay', ({ legId }) => relays.close(legId));
  link.on('peerGone', ({ peer }) => {
    if (peer !== 'edge') return;
    calls.edgeLost();
    relays.edgeLost();
  });
}

/** Orders the legs of the edge that calls want of themselves; `refused` is told of those that there won't be. */
export function orderLegs(
  link: Pick<Link, 'on' | 'send'>,
  refused: (callId: string, legId: string) => void,
): (callId: string, request: LegRequest) => void {
  const orders = new LegOrders(link);
  return (callId, request) => {
    if (request.type === 'refer') link.send('edge', { ...request, callId });
    else if (request.type === 'addLeg')
      orders.add(callId, request.leg).catch(() => refused(callId, request.leg.legId));
    // One that is gone already needs no more.
    else orders.drop(callId, request.legId).catch(() => undefined);
  };
}
