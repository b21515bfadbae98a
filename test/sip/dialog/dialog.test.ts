import t from 'tap';
import {
  Dialog,
  dialogOfInvite,
  dialogOfResponse,
  keyOfRequest,
  keyOfResponse,
} from '../../../sip/dialog/dialog.ts';
import { newResponse } from '../../../sip/message/build.ts';
import type { SipRequest } from '../../../sip/message/message.ts';
import { formatNameAddr } from '../../../sip/message/name_addr.ts';
import { formatUri } from '../../../sip/message/uri.ts';
import { address, requestOf } from '../transport/requests.ts';

function routesOf({ uri, routes }: SipRequest): string[] {
  return [formatUri(uri), ...routes.map(formatNameAddr)];
}

const INVITE = {
  ...requestOf('INVITE', {
    from: address('"A" <sip:alice@example.com>;tag=a1'),
    contacts: [address('<sip:alice@192.0.2.1>')],
    cseq: 17,
  }),
  recordRoutes: [address('<sip:p2.example.com;lr>'), address('<sip:p1.example.com;lr>')],
};

t.test('the UAS keeps the route set in its order (§12.1.1)', t => {
  const [contact = address('<sip:none>')] = INVITE.contacts === '*' ? [] : INVITE.contacts;
  const dialog = new Dialog(dialogOfInvite(INVITE, contact.uri, 'b1'));
  const bye = dialog.request('BYE');
  t.same(routesOf(bye), ['sip:alice@192.0.2.1', '<sip:p2.example.com;lr>', '<sip:p1.example.com;lr>']);
  t.equal(formatNameAddr(bye.from), '<sip:bob@example.com>;tag=b1');
  t.equal(formatNameAddr(bye.to), '"A" <sip:alice@example.com>;tag=a1');
  t.same(bye.cseq, { number: 1, method: 'BYE' });
  t.equal(bye.callId, INVITE.callId);
  t.equal(bye.maxForwards, 70);
  t.equal(dialog.request('INFO').cseq.number, 2);
  t.equal(dialog.key, keyOfRequest({ ...INVITE, to: address('<sip:bob@example.com>;tag=b1') }));
  t.end();
});

t.test('the UAC turns the route set around (§12.1.2), and the 2xx decides about it (§13.2.2.4)', t => {
  const ringing = newResponse(INVITE, 180, { toTag: 'b1', contacts: [address('<sip:bob@192.0.2.2>')] });
  const dialog = new Dialog(dialogOfResponse(INVITE, ringing));
  t.same(routesOf(dialog.request('PRACK')), [
    'sip:bob@192.0.2.2',
    '<sip:p1.example.com;lr>',
    '<sip:p2.example.com;lr>',
  ]);
  t.equal(dialog.state.localCSeq, 18);
  t.equal(dialog.key, keyOfResponse(ringing));
  const ok = { ...ringing, recordRoutes: [], contacts: [address('<sip:bob@192.0.2.22>')] };
  dialog.confirm(ok);
  const ack = dialog.ack(17);
  t.same(routesOf(ack), ['sip:bob@192.0.2.22']);
  t.same(ack.cseq, { number: 17, method: 'ACK' });
  t.equal(dialog.request('BYE').cseq.number, 19);
  t.end();
});

t.test('a strict router takes the place of the target, which goes last (§12.2.1.1, §16.12.1.2)', t => {
  const dialog = new Dialog({
    ...dialogOfInvite(INVITE, address('<sip:alice@192.0.2.1;method=INVITE?Subject=x>').uri, 'b1'),
    routeSet: [address('<sip:strict.example.com;method=BYE>'), address('<sip:p1.example.com;lr>')],
  });
  const { uri, routes } = dialog.request('BYE');
  t.equal(formatUri(uri), 'sip:strict.example.com', 'without what no Request-URI may have');
  t.equal(routes.length, 2);
  t.match(routes.at(-1), { uri: { user: 'alice', host: '192.0.2.1' } });
  t.match(dialog.nextUri, { host: 'strict.example.com' });
  t.end();
});

t.test('what the far end counts (§12.2.2)', t => {
  const dialog = new Dialog(dialogOfInvite(INVITE, INVITE.uri, 'b1'));
  const receive = (number: number) => dialog.receive({ ...INVITE, cseq: { number, method: 'INFO' } });
  t.same([17, 16, 18, 18, 900, 899, 4_294_967_295].map(receive), [
    false,
    false,
    true,
    false,
    true,
    false,
    true,
  ]);
  const fresh = new Dialog(dialogOfResponse(INVITE, newResponse(INVITE, 200, { toTag: 'b1' })));
  t.ok(fresh.receive({ ...INVITE, cseq: { number: 0, method: 'INFO' } }), 'any number is the first');
  t.end();
});

t.test('a target is refreshed by a Contact that can be one, and by no other', t => {
  const dialog = new Dialog(dialogOfInvite(INVITE, INVITE.uri, 'b1'));
  dialog.retarget({ ...INVITE, contacts: '*' });
  dialog.retarget({ ...INVITE, contacts: [] });
  t.same(dialog.state.remoteTarget, INVITE.uri);
  dialog.retarget({ ...INVITE, contacts: [address('<sip:moved@192.0.2.7>')] });
  t.match(dialog.state.remoteTarget, { user: 'moved' });
  t.end();
});

t.test('peers of RFC 2543 have no tag', t => {
  const old = { ...INVITE, from: address('<sip:old@example.com>') };
  const dialog = new Dialog(dialogOfInvite(old, INVITE.uri, 'b1'));
  t.equal(dialog.remoteTag, undefined);
  t.equal(dialog.key, keyOfRequest({ ...old, to: address('<sip:bob@example.com>;tag=b1') }));
  t.end();
});
