import { isIPv6 } from 'node:net';
import { SYSTEM_CLOCK } from '../../sip/clock.ts';
import { Locator } from '../../sip/locate/locator.ts';
import { PortRange } from '../../sip/rtp/port_range.ts';
import { UserAgent } from '../../sip/session/user_agent.ts';
import { TransactionLayer } from '../../sip/transaction/transaction_layer.ts';
import { namedAddress } from '../../sip/transport/named_address.ts';
import { hostOf } from '../../sip/transport/routing.ts';
import { TransportLayer } from '../../sip/transport/transport_layer.ts';
import type { Admission } from '../calls/admission.ts';
import type { Assignment } from '../calls/assignment.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Config } from '../config/schema.ts';
import type { Address, Message } from '../ipc/messages.ts';
import type { Logger } from '../observe/log.ts';
import type { EventSink } from '../store/events.ts';
import { TrunkPeers } from '../telephony/trunk_peers.ts';
import { trunkTable } from '../telephony/trunk_table.ts';
import { Acquaintances } from './acquaintances.ts';
import { HeldLines } from './held_lines.ts';
import { reviveSession } from './kept_session.ts';
import { Legs } from './legs.ts';
import { NewLegs } from './new_legs.ts';
import { PhoneCalls } from './phone_calls.ts';
import { PhoneLadders } from './phone_ladders.ts';
import type { RoomDoor } from './room_leg.ts';
import { SourceGuard } from './source_guard.ts';
import { TrunkCredentials } from './trunk_credentials.ts';
import { TrunkGate } from './trunk_gate.ts';
import { TurnedAwayCounts } from './turned_away.ts';

export interface PhoneOptions {
  readonly config: Config;
  /** What the files of secrets are relative to. */
  readonly folder: string;
  readonly admission: Admission;
  readonly assignment: Assignment;
  /** For what belongs into the records of calls. */
  readonly events: Pick<EventSink, 'append'>;
  /** Undefined on a node without rooms. */
  readonly rooms: RoomDoor | undefined;
  readonly log: Logger;
  /** To another process of the node. */
  send(to: Address, message: Message): void;
  /** To the control plane, about what was turned away. */
  tell(message: Message): void;
}

/** The node's own telephone: SIP on UDP and TCP, and the calls that come by it. */
export class Phone {
  readonly calls: PhoneCalls;
  /** Further legs of calls. */
  readonly legs: Legs;
  readonly #options: PhoneOptions;
  readonly #gate: TrunkGate;
  readonly #transport: TransportLayer;
  readonly #agent: UserAgent;
  readonly #guard: SourceGuard;
  readonly #acquaintances = new Acquaintances();
  readonly #turnedAway: TurnedAwayCounts;
  readonly #ladders: PhoneLadders;
  readonly #locator: Locator;
  readonly #peers: TrunkPeers;
  #trunks: Config['trunks'];

  /** @throws TrunklineError CONFIG_INVALID when a trunk's secret is not there */
  constructor(options: PhoneOptions) {
    const { config, folder, admission, assignment, events, log, tell } = options;
    this.#options = options;
    this.#locator = new Locator({ families: isIPv6(config.sip.host) ? [6] : [4] });
    const table = trunkTable(config);
    const gate = new TrunkGate(table, TrunkCredentials.read(table, folder, process.env), {
      nowMs: SYSTEM_CLOCK.nowMs,
      turnedAway: cause => this.#turnedAway.request(cause),
    });
    this.#gate = gate;
    this.#ladders = new PhoneLadders(events, SYSTEM_CLOCK);
    const { sip, tenant } = config;
    const ports = portRange(sip.rtpPorts);
    this.calls = new PhoneCalls({
      tenantId: tenant,
      gate,
      acquaintances: this.#acquaintances,
      admission,
      assignment,
      ports,
      clock: SYSTEM_CLOCK,
      ladders: this.#ladders,
      restoreSession: (text, digest) => reviveSession(text, this.#agent, digest),
      digestOf: trunk => this.#peers.digestOf(trunk),
      rtpHost: sip.host,
      rtpAdvertised: ownAddress(sip),
      notAdmitted: code => this.#turnedAway.call(code),
    });
    this.#guard = new SourceGuard({
      isKnown: address => gate.isNamed(address),
      isAwaited: address => this.#acquaintances.has(address) || this.#locator.hasLedTo(address),
      nowMs: SYSTEM_CLOCK.nowMs,
    });
    this.#turnedAway = new TurnedAwayCounts(tell, () => this.#guard.refused);
    this.#agent = new UserAgent({
      handler: {
        admit: this.calls.admit,
        digestFor: this.calls.digestFor,
        incoming: session => this.calls.incoming(session),
        rejected: (_, { remote }) => gate.isKnown(remote.address),
        fault: ({ cause }) => log.warn({ cause }, 'a SIP socket broke'),
        broken: error => log.error({ err: error }, 'a fault ended a call'),
      },
      contactOf: () => this.#contact(),
      serverName: 'Trunkline',
    });
    const transactions = new TransactionLayer({ user: this.#agent });
    this.#transport = new TransportLayer({
      handler: transactions,
      accepts: this.#guard.accepts,
      isKnown: address => gate.isKnown(address) || this.#locator.hasLedTo(address),
      tap: this.#ladders.tap,
    });
    transactions.use(this.#transport);
    this.#agent.use(transactions);
    this.#peers = this.#trunkPeers(transactions);
    this.#peers.use(config.trunks);
    this.#trunks = config.trunks;
    this.legs = this.#furtherLegs(ports);
  }

  /** Far ends of trunks hear of it. @throws TrunklineError PORT_BUSY when the sockets can't be opened */
  async listen(): Promise<void> {
    const { sip } = this.#options.config;
    const advertised = { host: this.#contact().host, port: sip.port };
    try {
      for (const protocol of ['UDP', 'TCP'] as const)
        await this.#transport.listen({ protocol, address: sip.host, port: sip.port, advertised });
    } catch (cause) {
      const { code = 'unknown' } = cause as NodeJS.ErrnoException;
      throw new TrunklineError('PORT_BUSY', `sip.port ${sip.port} on ${sip.host} (${code})`, { cause });
    }
    this.#peers.start();
  }

  /**
   * Other trunks from now on. Calls that are up go on.
   * @throws TrunklineError CONFIG_INVALID when a secret is not there; then all stays as it was
   */
  useTrunks(config: Config): void {
    const table = trunkTable(config);
    const credentials = TrunkCredentials.read(table, this.#options.folder, process.env);
    this.#peers.use(config.trunks);
    this.#gate.use(table, credentials);
    this.#trunks = config.trunks;
    this.#guard.forget();
  }

  async close(): Promise<void> {
    this.#turnedAway.close();
    await Promise.all([this.#agent.close(), this.#peers.end()]);
    this.#ladders.close();
    await this.#transport.close();
  }

  #furtherLegs(ports: PortRange): Legs {
    const { config, admission, assignment, rooms, send } = this.#options;
    const ways = new NewLegs({
      clock: SYSTEM_CLOCK,
      ports,
      tenantId: config.tenant,
      rtpHost: config.sip.host,
      rtpAdvertised: ownAddress(config.sip),
      trunks: () => this.#trunks,
      peerOf: trunk => this.#peers.of(trunk),
      callsOf: trunk => this.#gate.calls(trunk),
      count: (trunk, change) => this.#gate.count(trunk, change),
      invite: (options, events) => this.#agent.invite(options, events),
      acquaintances: this.#acquaintances,
      door: rooms,
      relayMedia: () => {
        const slot = admission.reserve();
        if ('refused' in slot) return undefined;
        // A room beside a call takes no slot.
        admission.release(slot.media);
        return slot.media;
      },
      send,
      ladders: this.#ladders,
    });
    return new Legs({
      mediaOf: callId => assignment.mediaOf(callId),
      send,
      begin: (wish, place) => ways.begin(wish, place),
      held: new HeldLines({
        ports,
        count: (trunk, change) => this.#gate.count(trunk, change),
        nowMs: SYSTEM_CLOCK.nowMs,
      }),
    });
  }

  #trunkPeers(requester: TransactionLayer): TrunkPeers {
    const { folder, log } = this.#options;
    return new TrunkPeers({
      access: { requester, locator: this.#locator, contactOf: () => this.#contact() },
      events: {
        registered: trunk => log.info({ trunk }, 'registered'),
        notRegistered: (trunk, { cause, status }) => log.warn({ trunk, cause, status }, 'not registered'),
        gatewayChanged: (trunk, gateway, isUp) => log.warn({ trunk, gateway, isUp }, 'gateway changed'),
      },
      folder,
      env: process.env,
    });
  }

  #contact(): { readonly host: string; readonly port: number } {
    const { sip } = this.#options.config;
    return { host: hostOf(ownAddress(sip)), port: sip.port };
  }
}

/** What far ends are told. */
function ownAddress({ host, advertisedHost }: Config['sip']): string {
  return advertisedHost === '' ? namedAddress(host) : advertisedHost;
}

function portRange([lowest, highest]: readonly [number, number]): PortRange {
  return new PortRange({ lowest, highest, reuseDelayMs: LIMITS.rtpPortRestMs, random: Math.random });
}
