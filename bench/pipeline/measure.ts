import { measured, StageMeter } from '../../pipeline/measured.ts';
import type { PipelinePolicy } from '../../pipeline/policy.ts';
import type { SharedParts } from '../../pipeline/shared_parts.ts';
import type { Stage } from '../../pipeline/stage.ts';
import type { Scene } from '../echo/scene.ts';
import { BenchCall } from './call.ts';

const NOTHING = { reset: (): void => undefined, close: (): void => undefined };

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

/** The same by stage, each timed for itself: reading the clock costs some, which is taken off. */
export function measureStages({ shared, scene, calls: count, policy, frames }: Load): Record<string, number> {
  const calls = openCalls(scene, shared, policy, count);
  const voices = calls.map(({ voice }) => voice);
  const meters = new Map<string, StageMeter>();
  const meterOf = (name: string): StageMeter => {
    const meter = meters.get(name) ?? new StageMeter();
    meters.set(name, meter);
    return meter;
  };
  const timed = (way: string, stages: readonly Stage[]): Stage[] =>
    stages.map(stage => measured(stage, meterOf(`${way} ${stage.name}`), () => performance.now()));
  const up = calls.map(({ uplink }) => timed('up:', uplink.chain.stages));
  const judging: Stage = { ...NOTHING, name: 'judging', process: () => shared.tick(voices) };
  const turns = calls.map(call => ({ ...NOTHING, name: 'turns', process: () => call.takeTurns() }));
  const judged = measured(judging, meterOf('voices judged, echoes looked for'), () => performance.now());
  const taken = turns.map(stage => measured(stage, meterOf('turn taking'), () => performance.now()));
  const down = calls.map(({ downlink }) => timed('down:', downlink.chain.stages as readonly Stage[]));
  const ticks = WARM_UP_TICKS + Math.max(1, Math.round(frames / count));
  for (let i = 0; i < ticks; i += 1) {
    if (i === WARM_UP_TICKS) for (const meter of meters.values()) Object.assign(meter, new StageMeter());
    for (const call of calls) call.receive();
    for (const [index, { caller }] of calls.entries()) for (const stage of up[index]!) stage.process(caller);
    judged.process(calls[0]!.caller);
    for (const [index, call] of calls.entries()) {
      taken[index]!.process(call.caller);
      for (const stage of down[index]!) stage.process(call.agent);
      call.send();
    }
  }
  for (const call of calls) call.close();
  const clockUs = costOfClock();
  const perFrame = ({ totalUs, frames: times }: StageMeter): number =>
    round(Math.max(0, (totalUs - times * clockUs) / ((ticks - WARM_UP_TICKS) * count)));
  return Object.fromEntries([...meters].map(([name, meter]) => [name, perFrame(meter)]));
}

function openCalls(scene: Scene, shared: SharedParts, policy: PipelinePolicy, count: number): BenchCall[] {
  return Array.from({ length: count }, (_, index) => new BenchCall(scene, shared, policy, index));
}

/** Reading it, in microseconds. */
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
