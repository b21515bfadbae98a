import { newResponse } from '../../../sip/message/build.ts';
import type { Headers } from '../../../sip/message/headers.ts';
import type { SipRequest, SipResponse } from '../../../sip/message/message.ts';
import type { Rejected } from '../../../sip/message/outcome.ts';
import type { Refusal } from '../../../sip/message/screen.ts';
import type { ClientFailure, ClientTransaction } from '../../../sip/transaction/client_transaction.ts';
import type { ServerFailure, ServerTransaction } from '../../../sip/transaction/server_transaction.ts';
import { TransactionLayer, type TransactionLimits } from '../../../sip/transaction/transaction_layer.ts';
import type {
  Flow,
  Hop,
  Protocol,
  Sending,
  SendWatcher,
  Transport,
} from '../../../sip/transport/transport.ts';
import { HandClock } from '../transport/hand_clock.ts';

/** Everything that would have left, each sending as one entry, each repetition too. */
class HandTransport implements Transport {
  readonly sent: (SipRequest | SipResponse)[] = [];
  readonly rejections: Rejected[] = [];
  /** Of the last message, for tests that let it fail. */
  watcher: SendWatcher = { failed: () => undefined };
  /** Protocol that requests fall back to when `fallBack` is called. */
  #protocol: Protocol | undefined;

  sendRequest(request: SipRequest, hop: Hop, watcher: SendWatcher): Sending {
    return this.#send(request, hop, watcher);
  }

  sendResponse(response: SipResponse, flow: Flow, watcher: SendWatcher): Sending {
    return this.#send(response, { ...flow.remote, protocol: flow.protocol }, watcher);
  }

  sendRejection(rejected: Rejected): void {
    this.rejections.push(rejected);
  }

  fallBack(): void {
    this.#protocol = 'UDP';
    this.watcher.fellBack?.();
  }

  /** What left since the last look, as methods and statuses. */
  take(): (string | number)[] {
    return this.sent.splice(0).map(one => (one.kind === 'request' ? one.method : one.status));
  }

  #send(message: SipRequest | SipResponse, hop: Hop, watcher: SendWatcher): Sending {
    this.watcher = watcher;
    this.sent.push(message);
    const protocolNow = (): Protocol => this.#protocol ?? hop.protocol;
    return {
      get hop() {
        return { ...hop, protocol: protocolNow() };
      },
      get reliable() {
        return protocolNow() !== 'UDP';
      },
      resend: () => void this.sent.push(message),
    };
  }
}

export function flowBy(protocol: Protocol): Flow {
  return {
    protocol,
    local: { address: '192.0.2.1', port: 5060 },
    remote: { address: '192.0.2.2', port: 5062 },
  };
}

export function hopBy(protocol: Protocol): Hop {
  return { protocol, address: '192.0.2.2', port: 5062 };
}

/** A transaction layer between a hand-driven transport and a user that writes everything down. */
export class Rig {
  readonly clock = new HandClock();
  readonly transport = new HandTransport();
  readonly layer: TransactionLayer;
  /** In order: responses by status, failures by cause, `ended`, and what servers hear. */
  readonly heard: (string | number)[] = [];
  readonly servers: ServerTransaction[] = [];
  readonly acks: SipRequest[] = [];
  readonly strays: SipResponse[] = [];
  answersRejected = true;
  /** What the user says to a new request. */
  admission: Refusal | 'silence' | undefined;

  constructor(limits?: Partial<TransactionLimits>) {
    this.layer = new TransactionLayer({
      clock: this.clock,
      ...(limits && { limits }),
      user: {
        admit: () => this.admission,
        request: server => {
          this.servers.push(server);
          server.watch({
            cancelled: () => this.heard.push('cancelled'),
            acknowledged: () => this.heard.push('acknowledged'),
            failed: failure => this.#failed(failure),
            ended: () => this.heard.push('ended'),
          });
        },
        ack: ack => this.acks.push(ack),
        strayResponse: response => this.strays.push(response),
        rejected: () => this.answersRejected,
        fault: failure => this.#failed(failure),
      },
    });
    this.layer.use(this.transport);
  }

  #failed(failure: ClientFailure | ServerFailure): void {
    this.heard.push(failure.cause);
  }

  /** Sends a request by this protocol. */
  send(request: SipRequest, protocol: Protocol = 'UDP'): ClientTransaction {
    return this.layer.send(request, hopBy(protocol), {
      response: ({ status }) => this.heard.push(status),
      failed: failure => this.#failed(failure),
      ended: () => this.heard.push('ended'),
    });
  }

  /** A response to what a client transaction sent. */
  answer({ request }: ClientTransaction, status: number, toTag = 'remote', headers?: Headers): SipResponse {
    const response = newResponse(request, status, { toTag, ...(headers && { headers }) });
    this.layer.response(response, flowBy('UDP'));
    return response;
  }

  /** A request from a peer; its server transaction when it made one. */
  receive(request: SipRequest, protocol: Protocol = 'UDP'): ServerTransaction | undefined {
    const before = this.servers.length;
    this.layer.request(request, flowBy(protocol));
    return this.servers.length > before ? this.servers.at(-1) : undefined;
  }

  /** The same where the test knows that there is one. */
  open(request: SipRequest, protocol: Protocol = 'UDP'): ServerTransaction {
    const server = this.receive(request, protocol);
    if (server === undefined) throw new Error('no new server transaction');
    return server;
  }

  takeHeard(): (string | number)[] {
    return this.heard.splice(0);
  }

  /** Nothing is left: no transaction, no alarm. */
  get isEmpty(): boolean {
    const { clients, servers } = this.layer.size;
    return clients + servers + this.clock.waiting === 0;
  }
}
