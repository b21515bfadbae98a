import type { Test } from 'tap';
import type { SessionTimerOptions } from '../../../sip/session/handler.ts';
import type { InboundSession, InviteOptions, Session, SessionEvents } from '../../../sip/session/session.ts';
import { UserAgent } from '../../../sip/session/user_agent.ts';
import { TransactionLayer } from '../../../sip/transaction/transaction_layer.ts';
import type { Hop } from '../../../sip/transport/transport.ts';
import { TransportLayer } from '../../../sip/transport/transport_layer.ts';
import { address } from '../transport/requests.ts';
import { portForBoth } from '../transport/transport_rig.ts';
import { mediaAt } from './session_rig.ts';

export interface RealAgent {
  readonly agent: UserAgent;
  readonly port: number;
  /** How each session ended, as `remote 487`. */
  readonly endings: string[];
  call(hop: Hop, options?: Partial<InviteOptions>, events?: SessionEvents): Session;
}

interface RealAgentOptions {
  readonly incoming?: (session: Session) => void;
  readonly sessionTimer?: SessionTimerOptions;
}

/** How a user is called that does not answer at once. */
export const RINGING = 'ringing';
export const EARLY_MEDIA = 'early';

/**
 * A user agent on real sockets of the loopback, UDP and TCP on one port. It answers at once, but for the users named
 * above; an INFO with `hold` or `hangup` has it do that.
 */
export async function realAgent(
  t: Test,
  { incoming = () => undefined, sessionTimer }: RealAgentOptions = {},
): Promise<RealAgent> {
  const port = await portForBoth();
  const endings: string[] = [];
  const agent = new UserAgent({
    handler: {
      incoming: session => {
        session.listen(listening(session, endings));
        incoming(session);
        answer(session);
      },
    },
    contactOf: () => ({ host: '127.0.0.1', port }),
    ...(sessionTimer && { sessionTimer }),
  });
  const transactions = new TransactionLayer({ user: agent });
  const transport = new TransportLayer({ handler: transactions });
  transactions.use(transport);
  agent.use(transactions);
  for (const protocol of ['UDP', 'TCP'] as const)
    await transport.listen({ protocol, address: '127.0.0.1', port });
  t.teardown(() => transport.close());
  const call: RealAgent['call'] = (hop, options, events = {}) => {
    const session: Session = agent.invite(
      {
        target: address(`<sip:callee@127.0.0.1:${hop.port};transport=${hop.protocol.toLowerCase()}>`).uri,
        from: address('<sip:caller@127.0.0.1>'),
        hops: [hop],
        media: mediaAt('127.0.0.1'),
        ...options,
      },
      { ended: ({ by, status }) => endings.push(`${by} ${status}`), ...events },
    );
    return session;
  };
  return { agent, port, endings, call };
}

function answer(session: InboundSession): void {
  const { uri } = session.invite;
  const user = uri.kind === 'sip' ? uri.user : undefined;
  session.progress(180);
  if (user === RINGING) return;
  session.negotiate(mediaAt('127.0.0.1', 40_000));
  if (user === EARLY_MEDIA) session.progress(183, { withMedia: true });
  session.accept();
}

function listening(session: Session, endings: string[]): SessionEvents {
  return {
    info: ({ body }) => {
      const word = body.toString().trim();
      queueMicrotask(() => {
        if (word === 'hold') session.hold();
        if (word === 'hangup') session.hangUp();
      });
      return { status: 200 };
    },
    ended: ({ by, status }) => endings.push(`${by} ${status}`),
  };
}
