import t, { type Test } from 'tap';
import { Headers } from '../../../sip/message/headers.ts';
import type { InviteOptions, SessionEvents } from '../../../sip/session/session.ts';
import { type RealAgent, realAgent } from '../session/real_agent.ts';
import { answer, described, hear, OFFER, type Says, type Step, scenario } from './scenario.ts';
import { AS_IN_SCENARIO, SIPP_OR_SKIP, startSipp } from './sipp.ts';

// Each has sockets of its own, and mostly waits.
t.jobs = 4;

/** A session ends after three seconds without a refresh, and is refreshed after half of them. */
const QUICK_TIMER = { expiresS: 3, minSeS: 1 };

/** SIPp answers with a description, and hears the ACK. */
function answers(headers: readonly string[] = [], says: Says = {}): Step {
  return [hear('INVITE', { says }), answer(200, { tag: 'sipp', headers, body: OFFER }), hear('ACK')].join(
    '\n',
  );
}

const IS_HUNG_UP: Step = [hear('BYE'), answer(200)].join('\n');

interface Called {
  readonly caller: RealAgent;
  readonly protocol?: 'UDP' | 'TCP';
  /** That the caller goes by, should it be another one. */
  readonly hop?: 'UDP' | 'TCP';
  readonly options?: Partial<InviteOptions>;
  readonly events?: (hangUp: () => void) => SessionEvents;
}

/** SIPp finds nothing wrong with how it is called; the call is hung up when it is confirmed unless told otherwise. */
async function callsSipp(t: Test, steps: readonly Step[], called: Called): Promise<void> {
  const { caller, protocol = 'UDP', hop = protocol, options, events } = called;
  const { port, verdict } = await startSipp(t, scenario(...steps), protocol);
  const hangUp = (): void => session.hangUp();
  const session = caller.call({ protocol: hop, address: '127.0.0.1', port }, options, {
    confirmed: () => queueMicrotask(hangUp),
    ...events?.(hangUp),
  });
  t.same(await verdict, AS_IN_SCENARIO);
}

/** More than a datagram should have (RFC 3261 §18.1.1). */
const LARGE = { headers: Headers.of({ 'X-Long': 'x'.repeat(1400) }) };

t.test('an INVITE that is too long for a datagram goes by TCP', SIPP_OR_SKIP, async t => {
  const caller = await realAgent(t);
  const steps = [answers([], { 'Via:': 'SIP/2.0/TCP' }), IS_HUNG_UP];
  await callsSipp(t, steps, { caller, protocol: 'TCP', hop: 'UDP', options: LARGE });
});

t.test('and as a datagram to who takes no TCP', SIPP_OR_SKIP, async t => {
  const caller = await realAgent(t);
  await callsSipp(t, [answers([], { 'Via:': 'SIP/2.0/UDP' }), IS_HUNG_UP], { caller, options: LARGE });
});

t.test('a callee that wants longer sessions is asked again', SIPP_OR_SKIP, async t => {
  const caller = await realAgent(t, { sessionTimer: QUICK_TIMER });
  const steps = [
    hear('INVITE', { says: { 'Session-Expires:': '^ *3' } }),
    answer(422, { tag: 'short', headers: ['Min-SE: 1800'] }),
    hear('ACK'),
    answers([], { 'Session-Expires:': '1800', 'Min-SE:': '1800' }),
    IS_HUNG_UP,
  ];
  await callsSipp(t, steps, { caller });
});

const TIMED = ['Supported: timer', 'Session-Expires: 3;refresher=uac'];
const REFRESHED = { headers: TIMED, body: OFFER };

t.test('we refresh the session by UPDATE where that is taken, else by re-INVITE', SIPP_OR_SKIP, async t => {
  const caller = await realAgent(t, { sessionTimer: QUICK_TIMER });
  const byUpdate = [
    answers([...TIMED, 'Allow: INVITE, ACK, BYE, UPDATE']),
    hear('UPDATE', { says: { 'Session-Expires:': 'refresher=uac' } }),
    answer(200, { headers: TIMED }),
    IS_HUNG_UP,
  ];
  const byInvite = [
    answers([...TIMED, 'Allow: INVITE, ACK, BYE']),
    hear('INVITE', { says: { 'Session-Expires:': 'refresher=uac' } }),
    answer(200, REFRESHED),
    hear('ACK'),
    IS_HUNG_UP,
  ];
  const afterRefresh = (hangUp: () => void): SessionEvents => ({
    confirmed: () => void setTimeout(hangUp, 2000),
  });
  await callsSipp(t, byUpdate, { caller, events: afterRefresh });
  await callsSipp(t, byInvite, { caller, events: afterRefresh });
  t.same(caller.endings, ['local undefined', 'local undefined']);
});

t.test('a far end that was to refresh the session and does not is hung up', SIPP_OR_SKIP, async t => {
  const caller = await realAgent(t, { sessionTimer: QUICK_TIMER });
  const timed = ['Require: timer', 'Session-Expires: 3;refresher=uas'];
  await callsSipp(t, [answers(timed), IS_HUNG_UP], {
    caller,
    events: () => ({ confirmed: () => undefined }),
  });
  t.same(caller.endings, ['timeout undefined']);
});

t.test('a hold that crosses one of theirs is tried again (491)', SIPP_OR_SKIP, async t => {
  const caller = await realAgent(t);
  const steps = [
    answers(),
    hear('INVITE', { says: { body: 'a=sendonly' } }),
    answer(491),
    hear('ACK'),
    hear('INVITE', { says: { body: 'a=sendonly' } }),
    answer(200, { body: described({ direction: 'recvonly', version: 2 }) }),
    hear('ACK'),
    IS_HUNG_UP,
  ];
  const { port, verdict } = await startSipp(t, scenario(...steps), 'UDP');
  const session = caller.call({ protocol: 'UDP', address: '127.0.0.1', port }, undefined, {
    confirmed: () => queueMicrotask(() => session.hold()),
    changed: () => queueMicrotask(() => session.hangUp()),
  });
  t.same(await verdict, AS_IN_SCENARIO);
});

t.test('the next way is taken where the first one answers with 503', SIPP_OR_SKIP, async t => {
  const caller = await realAgent(t);
  const busy = await startSipp(
    t,
    scenario(hear('INVITE'), answer(503, { tag: 'busy', headers: ['Retry-After: 5'] }), hear('ACK')),
    'UDP',
  );
  const first = { protocol: 'UDP', address: '127.0.0.1', port: busy.port } as const;
  const { port, verdict } = await startSipp(t, scenario(answers(), IS_HUNG_UP), 'UDP');
  const session = caller.call(
    first,
    { hops: [first, { protocol: 'UDP', address: '127.0.0.1', port }] },
    { confirmed: () => queueMicrotask(() => session.hangUp()) },
  );
  t.same(await busy.verdict, AS_IN_SCENARIO);
  t.same(await verdict, AS_IN_SCENARIO);
});
