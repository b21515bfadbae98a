import { StageMeter } from '../../pipeline/measured.ts';
import type { PipelinePolicy } from '../../pipeline/policy.ts';
import type { SharedParts } from '../../pipeline/shared_parts.ts';
import type { Stage } from '../../pipeline/stage.ts';
import type { Scene } from '../echo/scene.ts';
import { BenchCall } from './call.ts';

export interface Load {
  readonly shared: SharedParts;
  readonly scene: Scene;
  readonly calls: number;
  readonly policy: PipelinePolicy;
  /** Frames of all calls together that each round takes. */
  readonly frames: number;
  readonly rounds: number;
}

/** So much of the call has passed before anything counts: filters have settled, the code is compiled. */
const WARM_UP_TICKS = 300;

/** Processor time of this thread for a frame of a call, both ways, with judging and turn taking; median of the rounds. */
export function measureTotal({ shared, scene, calls: count, policy, frames, rounds }: Load): number {
  const calls = openCalls(scene, shared, policy, count);
  const voices = calls.map(({ voice }) => voice);
  const tick = (): void => {
    for (const call of calls) {
      call.receive();
      call.uplink.chain.process(call.caller);
    }
    shared.tick(voices);
    for (const call of calls) {
      call.takeTurns();
      call.downlink.chain.process(call.agent);
      call.send();
    }
  };
  for (let i = 0; i < WARM_UP_TICKS; i += 1) tick();
  const ticks = Math.max(1, Math.round(frames / count));
  const costs = Array.from({ length: rounds }, () => {
    const before = process.threadCpuUsage();
    for (let i = 0; i < ticks; i += 1) tick();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / (ticks * count);
  });
  for (const call of calls) call.close();
  return median(costs);
}

/** The same by stage, each timed for itself: clocks between stages cost some, which is taken off. */
export function measureStages({ shared, scene, calls: count, policy, frames }: Load): Record<string, number> {
  const calls = openCalls(scene, shared, policy, count);
  const voices = calls.map(({ voice }) => voice);
  const meters = new Map<string, StageMeter>();
  const clockUs = costOfClock();
  const timed = (name: string, act: () => void, times: number): void => {
    const startMs = performance.now();
    act();
    const meter = meters.get(name) ?? new StageMeter();
    meters.set(name, meter);
    meter.totalUs += (performance.now() - startMs) * 1000 - clockUs;
    meter.frames += times;
  };
  const through = (
    way: string,
    stages: readonly Stage[],
    frameOf: (call: BenchCall) => BenchCall['caller'],
  ): void => {
    for (const [place, { name }] of stages.entries())
      timed(
        `${way} ${name}`,
        () => {
          for (const call of calls) stageAt(call, way, place).process(frameOf(call));
        },
        count,
      );
  };
  const [first] = calls;
  const ticks = WARM_UP_TICKS + Math.max(1, Math.round(frames / count));
  for (let i = 0; i < ticks; i += 1) {
    if (i === WARM_UP_TICKS) meters.clear();
    for (const call of calls) call.receive();
    through('up:', first!.uplink.chain.stages, call => call.caller);
    timed('voices judged, echoes looked for', () => shared.tick(voices), count);
    timed(
      'turn taking',
      () => {
        for (const call of calls) call.takeTurns();
      },
      count,
    );
    through('down:', first!.downlink.chain.stages as readonly Stage[], call => call.agent);
    for (const call of calls) call.send();
  }
  for (const call of calls) call.close();
  return Object.fromEntries([...meters].map(([name, meter]) => [name, round(Math.max(0, meter.meanUs))]));
}

function stageAt(call: BenchCall, way: string, place: number): Stage {
  const { stages } = way === 'up:' ? call.uplink.chain : call.downlink.chain;
  return stages[place]! as Stage;
}

function openCalls(scene: Scene, shared: SharedParts, policy: PipelinePolicy, count: number): BenchCall[] {
  return Array.from({ length: count }, (_, index) => new BenchCall(scene, shared, policy, index));
}

/** Reading it twice, in microseconds. */
function costOfClock(): number {
  const times = 10_000;
  const startMs = performance.now();
  for (let i = 0; i < times; i += 1) performance.now();
  return ((performance.now() - startMs) * 1000) / times;
}

function median(values: readonly number[]): number {
  return round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
