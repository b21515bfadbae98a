import type {
  AddressFamily,
  AddressRecord,
  NaptrRecord,
  Resolver,
  SrvRecord,
} from '../../../sip/locate/resolver.ts';

/** A name server of a test: what is not written down has no records; `silent` names are never answered. */
export class HandResolver implements Resolver {
  readonly naptrRecords = new Map<string, readonly NaptrRecord[]>();
  readonly srvRecords = new Map<string, readonly SrvRecord[]>();
  readonly addressRecords = new Map<string, readonly AddressRecord[]>();
  readonly silent = new Set<string>();
  readonly refused = new Set<string>();
  /** Every question, in order: `SRV _sip._udp.example.com`. */
  readonly asked: string[] = [];

  naptr(name: string): Promise<readonly NaptrRecord[]> {
    return this.#answer('NAPTR', name, this.naptrRecords);
  }

  srv(name: string): Promise<readonly SrvRecord[]> {
    return this.#answer('SRV', name, this.srvRecords);
  }

  async addresses(name: string, family: AddressFamily): Promise<readonly AddressRecord[]> {
    const records = await this.#answer(family === 4 ? 'A' : 'AAAA', name, this.addressRecords);
    return records.filter(({ address }) => address.includes(':') === (family === 6));
  }

  /** Names with one address each. */
  hosts(addresses: Readonly<Record<string, string>>, ttlS?: number): this {
    for (const [name, address] of Object.entries(addresses))
      this.addressRecords.set(name, [{ address, ttlS }]);
    return this;
  }

  services(name: string, ...records: [priority: number, weight: number, port: number, name: string][]): this {
    this.srvRecords.set(
      name,
      records.map(([priority, weight, port, target]) => ({ priority, weight, port, name: target })),
    );
    return this;
  }

  pointers(
    name: string,
    ...records: [order: number, preference: number, service: string, to: string][]
  ): this {
    this.naptrRecords.set(
      name,
      records.map(([order, preference, service, replacement]) => ({
        order,
        preference,
        service,
        replacement,
        flags: 'S',
        regexp: '',
      })),
    );
    return this;
  }

  #answer<Found>(
    type: string,
    name: string,
    records: ReadonlyMap<string, readonly Found[]>,
  ): Promise<readonly Found[]> {
    this.asked.push(`${type} ${name}`);
    if (this.silent.has(name)) return new Promise(() => undefined);
    if (this.refused.has(name)) return Promise.reject(new Error('SERVFAIL'));
    return Promise.resolve(records.get(name) ?? []);
  }
}
