import t from 'tap';
import type { InboundSession, SessionEvents } from '../../sip/session/session.ts';
import type { Message } from '../../src/ipc/messages.ts';
import { PhoneCall } from '../../src/signalling/phone_call.ts';
import { HandClock } from '../sip/transport/hand_clock.ts';

/** A session whose far end the test plays: it ends as soon as this end wants that. */
class HandSession {
  state: 'early' | 'confirmed' | 'ended';
  readonly rejectedWith: number[] = [];
  readonly causes: (number | undefined)[] = [];
  #events: SessionEvents = {};

  constructor(state: 'early' | 'confirmed') {
    this.state = state;
  }

  listen(events: SessionEvents): void {
    this.#events = events;
  }

  reject(status: number): void {
    this.rejectedWith.push(status);
    this.end('local');
  }

  hangUp({ reason }: { reason?: { cause: number } } = {}): void {
    if (this.state === 'ended') return;
    this.causes.push(reason?.cause);
    this.end('local');
  }

  end(by: 'local' | 'remote'): void {
    this.state = 'ended';
    this.#events.ended?.({ by, reasons: [] });
  }

  snapshot(): undefined {
    return undefined;
  }

  ringingSnapshot(): undefined {
    return undefined;
  }
}

function rig(state: 'early' | 'confirmed') {
  const session = new HandSession(state);
  const told: Message['type'][] = [];
  const overs: boolean[] = [];
  const call = new PhoneCall('call', session as unknown as InboundSession, {
    clock: new HandClock(),
    tell: message => told.push(message.type),
    follow: () => undefined,
    over: wasAnswered => overs.push(wasAnswered),
  });
  return { session, told, overs, call };
}

t.test('a call is over once, whichever side ends first', async t => {
  const byMedia = rig('confirmed');
  byMedia.call.ended(true);
  t.same(byMedia.overs, [false]);
  t.same(byMedia.session.causes, [41]);
  const byFarEnd = rig('confirmed');
  byFarEnd.session.end('remote');
  t.same(byFarEnd.overs, [], 'its media process has it still');
  byFarEnd.call.ended(false);
  t.same(byFarEnd.overs, [false]);
  t.same(byFarEnd.told, ['lineGone']);
});

t.test('a caller whose line can not be opened is free to try another node at once', async t => {
  const early = rig('early');
  early.call.closed('noMedia');
  t.same(early.session.rejectedWith, [503]);
  const byAgent = rig('early');
  byAgent.call.closed('localHangup');
  t.same([byAgent.session.rejectedWith, byAgent.session.causes], [[], [16]]);
  const answered = rig('confirmed');
  answered.call.closed('networkLost');
  t.same([answered.session.rejectedWith, answered.session.causes], [[], [38]]);
});
