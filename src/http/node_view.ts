import type { Link } from '../ipc/link.ts';
import type { Address, MessageOf } from '../ipc/messages.ts';
import type { ProviderFigures } from '../ipc/provider_figures.ts';
import type { Metrics } from '../observe/metrics.ts';

type Load = MessageOf<'load'>;
type ProviderHealth = ProviderFigures['health'];

/** What the control plane knows of the node's other processes, from what they tell over the link. */
export class NodeView {
  readonly #ready = new Set<Address>();
  readonly #loads = new Map<Address, Load>();
  readonly #providers = new Map<Address, ProviderHealth>();
  readonly #metrics: Metrics;
  #draining = false;

  constructor(link: Pick<Link, 'on'>, metrics: Metrics) {
    this.#metrics = metrics;
    link.on('peerReady', ({ peer }) => this.#ready.add(peer));
    link.on('peerGone', ({ peer }) => this.#forget(peer));
    link.on('load', (load, from) => this.#noteLoad(load, from));
    link.on('providers', ({ figures }, from) => this.#noteProviders(figures, from));
    link.on('roleFaults', ({ roles }) => metrics.roleFaults(roles));
    link.on('notAdmitted', ({ code, calls }) => metrics.callsNotAdmitted(code, calls));
    link.on('sipTurnedAway', ({ cause, requests }) => metrics.sipTurnedAway(cause, requests));
    link.on('drain', () => {
      this.#draining = true;
    });
    link.on('takeCalls', () => {
      this.#draining = false;
    });
  }

  get draining(): boolean {
    return this.#draining;
  }

  isReady(role: 'edge' | 'media' | 'jobs'): boolean {
    return [...this.#ready].some(peer => peer === role || peer.startsWith(`${role}-`));
  }

  /** False when every media process says that it takes no call; what has not told of itself yet does. */
  hasFreeSlot(): boolean {
    const loads = [...this.#loads.values()];
    return loads.length === 0 || loads.some(takesCalls);
  }

  /** How each process finds the providers that it asks. */
  get providers(): ReadonlyMap<Address, ProviderHealth> {
    return this.#providers;
  }

  #noteProviders(figures: ProviderFigures, from: Address): void {
    this.#providers.set(from, figures.health);
    this.#metrics.providers.add(from, figures);
  }

  #noteLoad(load: Load, from: Address): void {
    this.#loads.set(from, load);
    this.#metrics.mediaLoad(from, load);
  }

  #forget(peer: Address): void {
    this.#ready.delete(peer);
    if (this.#loads.delete(peer)) this.#metrics.mediaGone(peer);
    this.#metrics.providers.gone(peer, this.#providers.get(peer) ?? []);
    this.#providers.delete(peer);
  }
}

function takesCalls({ draining, spoolFull, shed, calls, maxCalls }: Load): boolean {
  return !draining && !spoolFull && !shed.includes('newCalls') && calls < maxCalls;
}
