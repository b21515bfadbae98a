import t, { type Test } from 'tap';
import type { InviteOptions, SessionEvents } from '../../../sip/session/session.ts';
import { AS_IN_SCENARIO, SIPP_OR_SKIP, startSipp } from '../judges/sipp.ts';
import { EARLY_MEDIA, type RealAgent, RINGING, realAgent } from './real_agent.ts';
import { callBySipp } from './sipp_caller.ts';

const SCENARIOS = new URL('../sipp/', import.meta.url);

function scenario(name: string): URL {
  return new URL(`${name}.xml`, SCENARIOS);
}

/** Scenarios in which SIPp calls, and whom. */
const CALLS: Readonly<Record<string, string>> = {
  basic_call: 'alice',
  invite_twice: 'alice',
  cancel: RINGING,
  late_cancel: 'alice',
  bye_while_ringing: RINGING,
  bye_crossing: 'alice',
  far_end_hangs_up: 'alice',
  delayed_offer: 'alice',
  prack: EARLY_MEDIA,
  update: 'alice',
  hold: 'alice',
  reinvite_without_offer: 'alice',
  glare: 'alice',
  session_timer: 'alice',
  out_of_order: 'alice',
  options: 'alice',
};

/** Those that a protocol has of its own: only over UDP does SIPp itself know copies from new messages. */
const OWN_CALLS: Readonly<Record<'UDP' | 'TCP', Readonly<Record<string, string>>>> = {
  UDP: { lost_ack: 'alice', lost_200: 'alice', prack_late: EARLY_MEDIA },
  TCP: { repeated_200: 'alice' },
};

for (const protocol of ['UDP', 'TCP'] as const)
  t.test(`SIPp calls over ${protocol} and finds nothing wrong`, SIPP_OR_SKIP, async t => {
    const { port, endings } = await realAgent(t);
    const calls = { ...CALLS, ...OWN_CALLS[protocol] };
    await Promise.all(
      Object.entries(calls).map(async ([name, user]) => {
        t.equal(await callBySipp(t, scenario(name), { protocol, user, port }), '', name);
      }),
    );
    t.equal(endings.length, Object.keys(calls).length - 1, 'each made one call and one end, but for OPTIONS');
  });

interface Called {
  readonly ending: string;
  readonly options?: Partial<InviteOptions>;
  /** What the caller does, besides hanging up when the call is confirmed. */
  readonly events?: (hangUp: () => void) => SessionEvents;
}

/** Scenarios in which SIPp is called. */
const CALLED: Readonly<Record<string, Called>> = {
  called_basic: { ending: 'local undefined' },
  called_forked: {
    ending: 'local undefined',
    events: hangUp => ({ confirmed: () => void setTimeout(hangUp, 300) }),
  },
  called_reliably: { ending: 'local undefined' },
  called_busy: { ending: 'remote 486' },
  called_cancelled: { ending: 'local 487', events: hangUp => ({ progress: hangUp }) },
  called_without_offer: { ending: 'local undefined', options: { lateOffer: true } },
};

async function callSipp(t: Test, name: string, protocol: 'UDP' | 'TCP', caller: RealAgent): Promise<void> {
  const { options, events } = CALLED[name] ?? {};
  const { port, verdict } = await startSipp(t, scenario(name), protocol);
  const hangUp = (): void => session.hangUp();
  const session = caller.call({ protocol, address: '127.0.0.1', port }, options, {
    confirmed: () => void setTimeout(hangUp, 20),
    ...events?.(hangUp),
  });
  t.same(await verdict, AS_IN_SCENARIO, name);
}

for (const protocol of ['UDP', 'TCP'] as const)
  t.test(`SIPp is called over ${protocol} and finds nothing wrong`, SIPP_OR_SKIP, async t => {
    const caller = await realAgent(t);
    for (const [name, { ending }] of Object.entries(CALLED)) {
      await callSipp(t, name, protocol, caller);
      t.equal(caller.endings.at(-1), ending, name);
    }
  });
