import type { Hub } from '../ipc/hub.ts';
import type { Address } from '../ipc/messages.ts';

/** How often roles ended unasked, and how often of these because they hung. The api shows it; here it outlives the api. */
export class RoleFaults {
  readonly #hub: Hub;
  readonly #counts: ReadonlyMap<Address, { deaths: number; hangs: number }>;

  constructor(hub: Hub, roles: readonly Address[]) {
    this.#hub = hub;
    this.#counts = new Map(roles.map(role => [role, { deaths: 0, hangs: 0 }]));
    hub.on('ready', (_, from) => {
      if (from === 'api') this.#show();
    });
  }

  countDeath(role: Address): void {
    this.#counts.get(role)!.deaths += 1;
    this.#show();
  }

  countHang(role: Address): void {
    this.#counts.get(role)!.hangs += 1;
    this.#show();
  }

  #show(): void {
    const roles = [...this.#counts].map(([role, counts]) => Object.assign({ role }, counts));
    this.#hub.send('api', { type: 'roleFaults', roles });
  }
}
