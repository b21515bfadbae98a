import t from 'tap';
import { REGISTRATION_LIMITS } from '../../../sip/registration/limits.ts';
import { settle } from '../far_end.ts';
import { Rig } from './registrar_rig.ts';

t.test('the binding is given back at the end', async t => {
  const rig = new Rig();
  await rig.start();
  const [first] = rig.far.take();
  await rig.registration.end();
  const [removal, ...more] = rig.far.take();
  t.same(more, []);
  t.equal(removal?.headers.get('expires'), '0');
  t.match(removal, { callId: first?.callId, cseq: { number: 2 } });
  t.equal(rig.registration.binding, undefined);
  await rig.registration.end();
  await rig.far.turn(86_400_000);
  t.same(rig.far.take(), [], 'and that is all');
  t.equal(rig.far.clock.waiting, 0);
  t.same(rig.takeTold(), ['registered 3600']);
});

t.test('a registrar that does not answer is not waited for', async t => {
  const rig = new Rig();
  await rig.start();
  rig.far.answer = () => 'silence';
  let ended = false;
  const ending = rig.registration.end().then(() => {
    ended = true;
  });
  await rig.far.turn(REGISTRATION_LIMITS.removalMs - 1);
  t.equal(ended, false);
  await rig.far.turn(1);
  await ending;
  rig.far.take();
  await rig.far.turn(86_400_000);
  t.same(rig.far.take(), [], 'nor tried elsewhere');
});

t.test('a removal is asked for credentials, too, and 423 keeps nothing', async t => {
  const rig = new Rig();
  await rig.start();
  rig.far.answer = ({ headers }) =>
    headers.has('authorization')
      ? { status: 200 }
      : { status: 401, headers: { 'WWW-Authenticate': 'Digest realm="r", nonce="n", qop="auth"' } };
  rig.far.take();
  await rig.registration.end();
  t.same(
    rig.far.take().map(({ headers }) => headers.get('expires')),
    ['0', '0'],
  );
  const brief = new Rig();
  await brief.start();
  brief.far.answer = () => ({ status: 423, headers: { 'Min-Expires': '600' } });
  await brief.registration.end();
  t.same(
    brief.far.take().map(({ headers }) => headers.get('expires')),
    ['3600', '0'],
  );
});

t.test('an end while a request is under way waits for its answer, and takes back what it gave', async t => {
  const rig = new Rig();
  rig.far.answer = () => 'silence';
  await rig.start();
  const ending = rig.registration.end();
  const [under] = rig.far.received;
  if (under === undefined) throw new Error('nothing was sent');
  rig.far.answer = () => ({ status: 200 });
  rig.far.respond(under.request, under.hop, { status: 200 });
  await ending;
  t.same(
    rig.far.take().map(({ headers }) => headers.get('expires')),
    ['3600', '0'],
  );
  t.same(rig.takeTold(), [], 'nobody is told of what is over');
});

t.test('an end before the start, and while credentials are asked for', async t => {
  const rig = new Rig();
  await rig.registration.end();
  rig.registration.start();
  await settle();
  t.same(rig.far.take(), []);

  const asked = new Rig();
  asked.far.answer = () => 'silence';
  await asked.start();
  const [under] = asked.far.received;
  if (under === undefined) throw new Error('nothing was sent');
  const ending = asked.registration.end();
  const headers = { 'WWW-Authenticate': 'Digest realm="r", nonce="n", qop="auth"' };
  asked.far.respond(under.request, under.hop, { status: 401, headers });
  await ending;
  t.equal(asked.far.take().length, 1, 'no second one');
});
