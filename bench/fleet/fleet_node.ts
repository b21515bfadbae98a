import { Admission, type Refusal } from '../../src/calls/admission.ts';
import { TokenBucket } from '../../src/signalling/token_bucket.ts';
import type { NodeCapacity } from './capacity.ts';

/** A call on its way through the fleet. */
export interface FleetCall {
  readonly home: string;
  readonly startS: number;
  readonly tries: number;
  /** Where it is carried; undefined once it is over. */
  node: FleetNode | undefined;
  /** Of the node's media processes; undefined while it waits for one after its own has died. */
  process: number | undefined;
}

type NodeRefusal = Refusal | 'RATE';

/** A node: its admission is the real one, with a media process for each core. */
export class FleetNode {
  readonly name: string;
  readonly region: string;
  readonly startedS: number;
  state: 'starting' | 'serving' | 'draining' | 'gone' = 'starting';
  readonly calls = new Set<FleetCall>();
  readonly #admission = new Admission();
  readonly #perProcess: number[];
  readonly #slotsPerProcess: number;
  readonly #setups: TokenBucket;

  constructor(name: string, region: string, atS: number, capacity: NodeCapacity, setupsPerS: number) {
    this.name = name;
    this.region = region;
    this.startedS = atS;
    this.#slotsPerProcess = capacity.slotsPerProcess;
    this.#perProcess = Array.from({ length: capacity.processes }, () => 0);
    this.#setups = new TokenBucket(setupsPerS, setupsPerS, atS * 1000);
  }

  /** From now on calls are taken. */
  serve(): void {
    this.state = 'serving';
    for (const process of this.#perProcess.keys()) this.#tell(process);
  }

  drain(): void {
    this.state = 'draining';
    this.#admission.drain(true);
  }

  /** Calls of each media process. */
  get callsByProcess(): readonly number[] {
    return this.#perProcess;
  }

  /** Takes the call, or says why not. */
  take(call: FleetCall, atS: number): NodeRefusal | undefined {
    if (!this.#setups.take(atS * 1000)) return 'RATE';
    const slot = this.#admission.reserve();
    if ('refused' in slot) return slot.refused;
    this.#put(call, slot.media);
    return undefined;
  }

  /** Takes a call that has lost its process or node; false when all slots are taken. */
  takeLost(call: FleetCall): boolean {
    const media = this.#admission.reserveForLost([]);
    if (media !== undefined) this.#put(call, media);
    return media !== undefined;
  }

  release(call: FleetCall): void {
    this.calls.delete(call);
    if (call.process !== undefined) this.#count(call.process, -1);
    call.node = undefined;
    call.process = undefined;
  }

  /** A media process dies: its calls have none, and no call comes to it. */
  loseProcess(process: number): readonly FleetCall[] {
    const lost = [...this.calls].filter(call => call.process === process);
    for (const call of lost) call.process = undefined;
    this.#perProcess[process] = 0;
    this.#admission.remove(addressOf(process));
    return lost;
  }

  restoreProcess(process: number): void {
    this.#tell(process);
  }

  #put(call: FleetCall, media: string): void {
    const process = Number(media.slice(ADDRESS.length));
    call.node = this;
    call.process = process;
    this.calls.add(call);
    this.#count(process, 1);
    this.#admission.release(media);
  }

  #count(process: number, change: 1 | -1): void {
    this.#perProcess[process]! += change;
    this.#tell(process);
  }

  /** What a media process tells of itself (src/roles/media.ts). */
  #tell(process: number): void {
    this.#admission.update(addressOf(process), {
      calls: this.#perProcess[process]!,
      unanswered: 0,
      maxCalls: this.#slotsPerProcess,
      tickLatenessP99Ms: 0,
      draining: false,
      spoolFull: false,
      busyShare: 0,
      shed: [],
    });
  }
}

const ADDRESS = 'media-';

function addressOf(process: number): string {
  return `${ADDRESS}${process}`;
}
