import t from 'tap';
import { Headers } from '../../../sip/message/headers.ts';
import { type Capabilities, screenRequest } from '../../../sip/message/screen.ts';
import { requestOf } from '../transport/requests.ts';

const PHONE: Capabilities = {
  methods: ['INVITE', 'ACK', 'BYE'],
  schemes: ['sip'],
  extensions: ['timer'],
  contentTypes: ['application/sdp'],
};

function screen(method: string, headers: Readonly<Record<string, string>> = {}, body = '') {
  return screenRequest(requestOf(method, { headers: Headers.of(headers), body: Buffer.from(body) }), PHONE);
}

t.test('what may go on', async t => {
  for (const headers of [
    {},
    { Accept: 'application/sdp' },
    { Accept: 'text/plain, application/*;q=0.5' },
    { Accept: '*/*' },
    { Require: 'Timer' },
    { 'Content-Type': 'APPLICATION/SDP;charset=utf-8' },
    { 'Content-Type': 'application/sdp', 'Content-Encoding': 'identity' },
    { 'Content-Type': 'image/png', 'Content-Disposition': 'icon;handling=optional' },
  ])
    t.equal(
      screen('INVITE', headers, 'Content-Type' in headers ? 'x' : ''),
      undefined,
      JSON.stringify(headers),
    );
  t.equal(screen('ACK', { Require: 'unknown' }), undefined, 'ACK is never refused for Require (§8.2.2.3)');
});

t.test('what is refused, and the header field that says why', async t => {
  t.match(screen('PUBLISH'), { status: 405 });
  t.equal(screen('PUBLISH')?.headers.get('Allow'), 'INVITE, ACK, BYE');
  t.match(screen('publish'), { status: 501 }, 'methods have a case');
  t.equal(screen('INVITE', { Require: 'timer, replaces' })?.headers.get('Unsupported'), 'replaces');
  t.equal(screen('INVITE', { 'Content-Type': 'text/html' }, 'x')?.headers.get('Accept'), 'application/sdp');
  const zipped = screen('INVITE', { 'Content-Type': 'application/sdp', 'Content-Encoding': 'gzip' }, 'x');
  t.match(zipped, { status: 415 });
  t.equal(zipped?.headers.get('Accept-Encoding'), 'identity');
  t.match(screen('INVITE', {}, 'x'), { status: 415 }, 'a body without a type');
  t.match(screen('INVITE', { Accept: 'text/*' }), { status: 406 });
  t.equal(screen('BYE', { Accept: 'text/*' }), undefined, 'only an INVITE is answered with a body');
});
