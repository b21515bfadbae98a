import type { RegionAssumption } from './assumptions.ts';
import { ASSUMED } from './assumptions.ts';
import type { FleetNode } from './fleet_node.ts';

/** The nodes of one region, and who of them is asked next. */
export class FleetRegion {
  readonly assumption: RegionAssumption;
  /** All that are paid for. */
  readonly nodes: FleetNode[] = [];
  isDown = false;
  /** Proxies send no calls here any more. */
  isAvoided = false;
  /** Its nodes are being replaced: none goes for want of calls. */
  isUpgraded = false;
  /** Nodes that were there before an outage. */
  nodesBefore = 0;
  #serving: readonly FleetNode[] = [];
  #turn = 0;
  #enoughSinceS: number | undefined;

  constructor(assumption: RegionAssumption) {
    this.assumption = assumption;
  }

  get name(): string {
    return this.assumption.name;
  }

  get calls(): number {
    return this.nodes.reduce((sum, { calls }) => sum + calls.size, 0);
  }

  /** Those that take calls. */
  get serving(): readonly FleetNode[] {
    return this.#serving;
  }

  serve(node: FleetNode): void {
    node.serve();
    this.#look();
  }

  drain(node: FleetNode): void {
    node.drain();
    this.#look();
  }

  remove(node: FleetNode): void {
    node.state = 'gone';
    this.nodes.splice(this.nodes.indexOf(node), 1);
    this.#look();
  }

  #look(): void {
    this.#serving = this.nodes.filter(({ state }) => state === 'serving');
  }

  /** The nodes that a proxy asks for a call, one after the other: in turn. */
  asked(most: number): readonly FleetNode[] {
    const serving = this.#serving;
    this.#turn += 1;
    const asked: FleetNode[] = [];
    for (let at = 0; at < Math.min(most, serving.length); at += 1) {
      asked.push(serving[(this.#turn + at) % serving.length]!);
    }
    return asked;
  }

  /** How many nodes there should be, and one more: any one may fail. */
  wanted(slotsPerNode: number, wantedUse: number): number {
    return Math.max(ASSUMED.leastNodes, Math.ceil(this.calls / (slotsPerNode * wantedUse)) + 1);
  }

  /** Nodes to start (more than 0), or to drain: −1 at most, and only when fewer have been enough for a while. */
  scaling(atS: number, wanted: number): number {
    const have = this.nodes.filter(({ state }) => state === 'serving' || state === 'starting').length;
    if (wanted >= have) {
      this.#enoughSinceS = undefined;
      return wanted - have;
    }
    this.#enoughSinceS ??= atS;
    if (this.isUpgraded || atS - this.#enoughSinceS < ASSUMED.scaleInAfterS) return 0;
    return -1;
  }

  /** Who has the fewest calls goes first. */
  emptiest(): FleetNode | undefined {
    return this.#serving.toSorted((a, b) => a.calls.size - b.calls.size)[0];
  }
}
