import type { Test } from 'tap';
import { CODECS } from '../../bench/wire/codec.ts';
import type { InboundSession, Session, SessionEvents } from '../../sip/session/session.ts';
import { UserAgent } from '../../sip/session/user_agent.ts';
import type { ServerTransaction } from '../../sip/transaction/server_transaction.ts';
import { TransactionLayer } from '../../sip/transaction/transaction_layer.ts';
import { TransportLayer } from '../../sip/transport/transport_layer.ts';
import { HOST, TrunkPeer } from '../lines/trunk_peer.ts';
import { toneShare } from '../lines/trunk_rig.ts';
import { address } from '../sip/transport/requests.ts';
import { portForBoth } from '../sip/transport/transport_rig.ts';

/** A telephone of the test: SIP on a port of the loopback, sound that it says and hears in real time. */
export class Phone {
  readonly port: number;
  readonly sound: TrunkPeer;
  /** As `remote`, `local 487`. */
  readonly endings: string[] = [];
  session: Session | undefined;
  /** How it answers who calls it. */
  onCall: (session: InboundSession) => void = session => this.accept(session);
  /** What it does with requests inside calls that only some phones know. */
  onRequest: (server: ServerTransaction) => boolean = () => false;
  readonly #agent: UserAgent;

  private constructor(port: number, sound: TrunkPeer) {
    this.port = port;
    this.sound = sound;
    this.#agent = new UserAgent({
      handler: {
        incoming: session => {
          session.listen(this.#listen(session));
          this.onCall(session);
        },
      },
      contactOf: () => ({ host: HOST, port }),
    });
  }

  static async open(t: Test): Promise<Phone> {
    const sound = await TrunkPeer.open();
    const phone = new Phone(await portForBoth(), sound);
    const transactions = new TransactionLayer({ user: phone.#agent });
    const transport = new TransportLayer({ handler: transactions });
    transactions.use(transport);
    phone.#agent.use(transactions);
    for (const protocol of ['UDP', 'TCP'] as const)
      await transport.listen({ protocol, address: HOST, port: phone.port });
    const clock = phone.#speak();
    t.teardown(async () => {
      clearInterval(clock);
      sound.close();
      await transport.close();
    });
    return phone;
  }

  call(sipPort: number, number: string): void {
    const session: Session = this.#agent.invite(
      {
        target: address(`<sip:${number}@${HOST}:${sipPort}>`).uri,
        from: address(`<sip:+15557773000@${HOST}>`),
        hops: [{ protocol: 'UDP', address: HOST, port: sipPort }],
        media: this.#media,
      },
      {},
    );
    session.listen(this.#listen(session));
  }

  accept(session: InboundSession): void {
    session.progress(180);
    session.negotiate(this.#media);
    session.accept();
  }

  /** Share of the last half second heard that is a tone's. */
  share(toneHz: number): number {
    return toneShare(TrunkPeer.samplesOf(this.sound.heard, 'PCMU').slice(-4_000), toneHz, 8000);
  }

  get #media() {
    const { remote } = this.sound.stream();
    return {
      capabilities: { codecs: ['PCMU'], eventClocksHz: [8000], ptimeMs: 20, maxPtimeMs: 60 },
      local: { addresses: [HOST], rtpPort: this.sound.port, rtcpPort: remote?.rtcpPort ?? 1 },
    } as const;
  }

  #listen(session: Session): SessionEvents {
    return {
      confirmed: ({ remote }) => {
        this.session = session;
        this.sound.linePort = remote?.rtp.port ?? 0;
      },
      request: server => this.onRequest(server),
      ended: ({ by, status }) => this.endings.push(status === undefined ? by : `${by} ${status}`),
    };
  }

  #speak(): NodeJS.Timeout {
    let nextMs = performance.now();
    return setInterval(() => {
      for (const nowMs = performance.now(); nextMs <= nowMs; nextMs += 10)
        if (this.sound.linePort > 0) this.sound.tick();
    }, 10);
  }
}

/** The rate of what a phone says. */
export const PHONE_RATE_HZ = CODECS.PCMU.rateHz;
