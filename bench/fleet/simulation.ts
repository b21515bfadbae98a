import { nextArrival, rateAt } from './arrivals.ts';
import { ASSUMED, REGIONS } from './assumptions.ts';
import { MEAN_HANDLING_S } from './capacity.ts';
import { Chance } from './chance.ts';
import { EventQueue } from './event_queue.ts';
import type { FleetEvent } from './fleet_event.ts';
import { type FleetCall, FleetNode } from './fleet_node.ts';
import type { FleetPlan } from './plan.ts';
import { FleetRegion } from './region.ts';
import { type LostBy, type RefusedWhy, sumOf, Tally } from './tally.ts';

const HOUR_S = 3600;
const DAY_S = 86_400;
const SAMPLE_S = 60;
/** A node that is drained is looked at so often: it goes once it is empty. */
const DRAIN_LOOK_S = 15;

/** Carries a day of calls through the fleet. The same plan gives the same day. */
export function simulateDay(plan: FleetPlan): Tally {
  return new Day(plan).run();
}

class Day {
  readonly #plan: FleetPlan;
  readonly #tally = new Tally();
  readonly #queue = new EventQueue<FleetEvent>();
  readonly #regions = REGIONS.map(region => new FleetRegion(region));
  readonly #arriving: ReadonlyMap<FleetRegion, Chance>;
  readonly #handling: Chance;
  readonly #failing: Chance;
  readonly #redialling: Chance;
  readonly #endS: number;
  #nodesMade = 0;
  #atS = 0;
  /** Counts as they were when the fleet was looked at last. */
  #sampled = { setups: 0, refused: 0, lost: 0 };

  constructor(plan: FleetPlan) {
    this.#plan = plan;
    this.#endS = plan.hours * HOUR_S;
    this.#arriving = new Map(this.#regions.map(region => [region, new Chance(plan.seed, region.name)]));
    this.#handling = new Chance(plan.seed, 'handling');
    this.#failing = new Chance(plan.seed, 'failing');
    this.#redialling = new Chance(plan.seed, 'redialling');
  }

  run(): Tally {
    this.#begin();
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop()) {
      this.#atS = next.atS;
      this.#happen(next.event);
    }
    for (const node of this.#regions.flatMap(({ nodes }) => nodes)) this.#pay(node);
    return this.#tally;
  }

  /** The fleet as the first calls of the day need it, and all that will happen by the clock. */
  #begin(): void {
    const { capacity, wantedUse, peakCalls } = this.#plan;
    for (const region of this.#regions) {
      const expected = rateAt(0, region.assumption, peakCalls) * MEAN_HANDLING_S;
      const nodes = Math.ceil(expected / (capacity.slots * wantedUse)) + 1;
      for (let made = 0; made < Math.max(ASSUMED.leastNodes, nodes); made += 1) this.#order(region, 0);
      this.#arriveNext(region);
    }
    const { outage, upgradeAtHourUtc } = ASSUMED;
    const away = this.#regions.find(({ name }) => name === outage.region)!;
    const outageS = outage.atHourUtc * HOUR_S;
    if (this.#plan.hasOutage) {
      this.#later(outageS, { type: 'outage', region: away });
      this.#later(outageS + outage.noticedAfterS, { type: 'outageNoticed', region: away });
      this.#later(outageS + outage.minutes * 60, { type: 'outageOver', region: away });
    }
    if (this.#plan.hasUpgrade) this.#later(upgradeAtHourUtc * HOUR_S, { type: 'upgradeBegins' });
    this.#later(ASSUMED.scaleEveryS, { type: 'scales' });
    this.#later(0, { type: 'sample' });
  }

  /** Only what is there to do before the end of the day, and what it leaves to be finished. */
  #later(atS: number, event: FleetEvent): void {
    const isOpenEnded = event.type === 'callEnds' || event.type === 'processBack' || event.type === 'drains';
    if (isOpenEnded || event.type === 'redial' || atS < this.#endS) this.#queue.push(atS, event);
  }

  #happen(event: FleetEvent): void {
    switch (event.type) {
      case 'arrival':
        this.#tally.fresh += 1;
        this.#arriveNext(event.region);
        this.#dispatch(event.region, 0);
        break;
      case 'redial':
        this.#tally.redials += 1;
        this.#dispatch(event.region, event.tries);
        break;
      case 'callEnds':
        this.#finish(event.call);
        break;
      case 'nodeReady':
        if (event.node.state === 'starting') this.#regionOf(event.node).serve(event.node);
        break;
      case 'processDies':
        this.#processDies(event.node);
        break;
      case 'processBack':
        this.#processBack(event.node, event.process);
        break;
      case 'nodeDies':
        if (event.node.state !== 'gone') this.#loseNode(event.node, 'node');
        break;
      case 'drains':
        this.#drains(event.node, event.untilS);
        break;
      case 'sample':
        this.#sample();
        break;
      default:
        this.#operate(event);
        break;
    }
  }

  /** What is done to the fleet from outside. */
  #operate(event: FleetEvent): void {
    switch (event.type) {
      case 'scales':
        for (const region of this.#regions) if (!region.isDown) this.#scale(region);
        this.#later(this.#atS + ASSUMED.scaleEveryS, event);
        break;
      case 'upgradeBegins':
        for (const region of this.#regions) this.#upgrade(region, region.serving);
        break;
      case 'upgrades':
        this.#upgradeNext(event.region, event.old);
        break;
      case 'outage':
        this.#outage(event.region);
        break;
      case 'outageNoticed':
        event.region.isAvoided = true;
        break;
      case 'outageOver':
        event.region.isDown = false;
        event.region.isAvoided = false;
        for (let made = 0; made < event.region.nodesBefore; made += 1) {
          this.#order(event.region, this.#plan.nodeStartS);
        }
        break;
      default:
        throw new TypeError(`nobody knows what ${event.type} does`);
    }
  }

  #arriveNext(region: FleetRegion): void {
    const chance = this.#arriving.get(region)!;
    const atS = nextArrival(this.#atS, region.assumption, this.#plan.peakCalls, chance);
    this.#later(atS, { type: 'arrival', region });
  }

  /** Some nodes of the call's own region are asked, then one of each other. */
  #dispatch(home: FleetRegion, tries: number): void {
    if (home.isDown && !home.isAvoided) {
      this.#refuse(home, tries, 'unreachable');
      return;
    }
    const call: FleetCall = {
      home: home.name,
      startS: this.#atS,
      tries,
      node: undefined,
      process: undefined,
    };
    let why = this.#offer(call, home.asked(ASSUMED.nodesAsked));
    if (why === 'unreachable' || (why !== undefined && this.#plan.overflows)) {
      const others = this.#regions.filter(region => region !== home);
      why = this.#offer(
        call,
        others.flatMap(region => region.asked(1)),
      );
    }
    if (why === undefined) this.#up(call);
    else this.#refuse(home, tries, why);
  }

  /** Undefined once one of them has taken it. */
  #offer(call: FleetCall, nodes: readonly FleetNode[]): RefusedWhy | undefined {
    let why: RefusedWhy = 'unreachable';
    for (const node of nodes) {
      const refused = node.take(call, this.#atS);
      if (refused === undefined) return undefined;
      why = refused;
    }
    return why;
  }

  #up(call: FleetCall): void {
    this.#tally.setups += 1;
    this.#noteFullest(call.node!);
    const { handlingMedianS, handlingSigma, handlingMostS } = ASSUMED;
    const lengthS = Math.min(handlingMostS, this.#handling.logNormal(handlingMedianS, handlingSigma));
    this.#later(this.#atS + lengthS, { type: 'callEnds', call });
  }

  #noteFullest(node: FleetNode): void {
    const { needs } = this.#plan;
    const tally = this.#tally;
    tally.fullestProcess = Math.max(tally.fullestProcess, ...node.callsByProcess);
    tally.fullestNodeCores = Math.max(tally.fullestNodeCores, (node.calls.size * needs.pctCore) / 100);
  }

  #refuse(home: FleetRegion, tries: number, why: RefusedWhy): void {
    this.#tally.refused[why] += 1;
    this.#redial(home, tries);
  }

  #redial(home: FleetRegion, tries: number): void {
    if (tries >= ASSUMED.redialsMost || !this.#redialling.happens(this.#plan.redialShare)) {
      this.#tally.gaveUp += 1;
      return;
    }
    const afterS = this.#redialling.exponential(ASSUMED.redialMeanS);
    this.#later(this.#atS + afterS, { type: 'redial', region: home, tries: tries + 1 });
  }

  /** A call ends by itself; of one that was lost nothing is left to end. */
  #finish(call: FleetCall): void {
    const { node } = call;
    if (node === undefined) return;
    this.#tally.carried += 1;
    if (node.region !== call.home) this.#tally.elsewhere += 1;
    this.#tally.callSeconds += this.#atS - call.startS;
    node.release(call);
  }

  #lose(call: FleetCall, by: LostBy): void {
    this.#tally.lost[by] += 1;
    this.#tally.callSeconds += this.#atS - call.startS;
    call.node?.release(call);
    this.#redial(this.#regions.find(({ name }) => name === call.home)!, call.tries);
  }

  /** Its siblings go on with its calls; who finds no slot there waits until it is back. */
  #processDies(node: FleetNode): void {
    if (node.state === 'gone') return;
    this.#failProcessLater(node);
    const { killedGapMs, hungGapMs, lostAtTakeover } = this.#plan;
    const process = this.#failing.pick([...node.callsByProcess.keys()]);
    const gaps = this.#failing.happens(ASSUMED.hungShare) ? hungGapMs : killedGapMs;
    const calls = node.loseProcess(process);
    let lost = 0;
    for (const call of calls) {
      if (this.#failing.happens(lostAtTakeover)) {
        this.#lose(call, 'process');
        lost += 1;
      } else if (node.takeLost(call)) {
        this.#tally.takeoverGapsMs.push(this.#failing.measured(gaps));
      }
    }
    this.#noteFullest(node);
    this.#tally.failures.push({ atS: this.#atS, what: 'process', calls: calls.length, lost });
    this.#later(this.#atS + ASSUMED.processRestartS, { type: 'processBack', node, process });
  }

  #processBack(node: FleetNode, process: number): void {
    if (node.state === 'gone') return;
    node.restoreProcess(process);
    for (const call of node.calls) {
      if (call.process !== undefined || !node.takeLost(call)) continue;
      this.#tally.takeoverGapsMs.push(ASSUMED.processRestartS * 1000);
    }
  }

  /** All its calls end, unless other nodes of its region can go on with them. */
  #loseNode(node: FleetNode, by: 'node' | 'region'): void {
    const { nodeGapP95Ms } = this.#plan;
    const region = this.#regionOf(node);
    this.#remove(node);
    const calls = [...node.calls];
    let lost = 0;
    for (const call of calls) {
      node.release(call);
      const isTaken =
        by === 'node' &&
        nodeGapP95Ms !== undefined &&
        region.asked(Infinity).some(other => other.takeLost(call));
      if (isTaken) this.#tally.takeoverGapsMs.push(nodeGapP95Ms!);
      else {
        this.#lose(call, by);
        lost += 1;
      }
    }
    this.#tally.failures.push({ atS: this.#atS, what: by, calls: calls.length, lost });
  }

  #outage(region: FleetRegion): void {
    region.isDown = true;
    region.nodesBefore = region.nodes.length;
    for (const node of region.nodes.slice()) this.#loseNode(node, 'region');
  }

  #regionOf(node: FleetNode): FleetRegion {
    return this.#regions.find(({ name }) => name === node.region)!;
  }

  #order(region: FleetRegion, startS: number): FleetNode {
    const { capacity, setupsPerS, nodeFailsAfterDays } = this.#plan;
    this.#nodesMade += 1;
    const name = `${region.name}-${this.#nodesMade}`;
    const node = new FleetNode(name, region.name, this.#atS, capacity, setupsPerS);
    region.nodes.push(node);
    if (startS === 0) region.serve(node);
    else this.#later(this.#atS + startS, { type: 'nodeReady', node });
    this.#failProcessLater(node);
    const diesS = this.#failing.exponential(nodeFailsAfterDays * DAY_S);
    this.#later(this.#atS + diesS, { type: 'nodeDies', node });
    return node;
  }

  #failProcessLater(node: FleetNode): void {
    const meanS = (this.#plan.processFailsAfterDays * DAY_S) / node.callsByProcess.length;
    this.#later(this.#atS + this.#failing.exponential(meanS), { type: 'processDies', node });
  }

  #scale(region: FleetRegion): void {
    const { capacity, wantedUse, nodeStartS } = this.#plan;
    const change = region.scaling(this.#atS, region.wanted(capacity.slots, wantedUse));
    for (let made = 0; made < change; made += 1) this.#order(region, nodeStartS);
    if (change < 0) this.#drain(region.emptiest());
  }

  /** A new node is ordered; once it is there the first of the old ones is drained, and it is the next one's turn. */
  #upgrade(region: FleetRegion, old: readonly FleetNode[]): void {
    const rest = old.filter(({ state }) => state === 'serving');
    region.isUpgraded = rest.length > 0 && !region.isDown;
    if (!region.isUpgraded) return;
    const { nodeStartS } = this.#plan;
    this.#order(region, nodeStartS);
    this.#later(this.#atS + nodeStartS, { type: 'upgrades', region, old: rest });
  }

  #upgradeNext(region: FleetRegion, [node, ...rest]: readonly FleetNode[]): void {
    if (node?.state === 'serving') {
      this.#tally.upgraded += 1;
      this.#drain(node);
    }
    this.#upgrade(region, rest);
  }

  #drain(node: FleetNode | undefined): void {
    if (node === undefined) return;
    this.#regionOf(node).drain(node);
    this.#drains(node, this.#atS + this.#plan.drainS);
  }

  #drains(node: FleetNode, untilS: number): void {
    if (node.state !== 'draining') return;
    if (this.#atS >= untilS) for (const call of node.calls) this.#lose(call, 'drain');
    if (node.calls.size === 0) this.#remove(node);
    else this.#later(this.#atS + DRAIN_LOOK_S, { type: 'drains', node, untilS });
  }

  #remove(node: FleetNode): void {
    this.#regionOf(node).remove(node);
    this.#pay(node);
  }

  /** A node is paid for from its order, within the day. */
  #pay(node: FleetNode): void {
    this.#tally.nodeSeconds += Math.max(0, Math.min(this.#atS, this.#endS) - node.startedS);
  }

  #sample(): void {
    const { capacity, needs, usPerSetup } = this.#plan;
    const tally = this.#tally;
    const callsByRegion = this.#regions.map(({ calls }) => calls);
    const slotsByRegion = this.#regions.map(region => region.serving.length * capacity.slots);
    const calls = sumOf(callsByRegion);
    const [setups, refused, lost] = [tally.setups, tally.refusedInAll, tally.lostInAll];
    const setupsPerS = (setups - this.#sampled.setups) / SAMPLE_S;
    tally.add({
      atS: this.#atS,
      calls,
      slots: sumOf(slotsByRegion),
      nodes: sumOf(this.#regions.map(({ nodes }) => nodes.length)),
      coresUsed: (calls * needs.pctCore) / 100 + (setupsPerS * usPerSetup) / 1e6,
      callsByRegion,
      slotsByRegion,
      refused: refused - this.#sampled.refused,
      lost: lost - this.#sampled.lost,
    });
    this.#sampled = { setups, refused, lost };
    this.#later(this.#atS + SAMPLE_S, { type: 'sample' });
  }
}
