import type { Hub } from '../ipc/hub.ts';
import type { Address } from '../ipc/messages.ts';

/** How often roles ended unasked, and how often of these because they hung. The api shows it; here it outlives the api. */
export class RoleFaults {
  readonly #hub: Hub;
  readonly #counts: Map<Address, { deaths: number; hangs: number }>;

  constructor(hub: Hub, roles: readonly Address[]) {
    this.#hub = hub;
    this.#counts = new Map(roles.map(role => [role, { deaths: 0, hangs: 0 }]));
    hub.on('ready', (_, from) => {
      if (from === 'api') this.#show();
    });
  }

  countDeath(role: Address): void {
    this.#of(role).deaths += 1;
    this.#show();
  }

  countHang(role: Address): void {
    this.#of(role).hangs += 1;
    this.#show();
  }

  /** There may be more roles than at the start, for a while. */
  #of(role: Address): { deaths: number; hangs: number } {
    const counts = this.#counts.get(role) ?? { deaths: 0, hangs: 0 };
    this.#counts.set(role, counts);
    return counts;
  }

  #show(): void {
    const roles = [...this.#counts].map(([role, counts]) => Object.assign({ role }, counts));
    this.#hub.send('api', { type: 'roleFaults', roles });
  }
}
