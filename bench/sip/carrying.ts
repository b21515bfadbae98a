import { setTimeout as delay } from 'node:timers/promises';
import { SeededRandom } from '../caller/random.ts';
import { encodeAudio } from '../load/encoded_audio.ts';
import { Load } from '../load/load.ts';
import { type LoadReport, reportOn } from '../load/load_report.ts';
import type { CallScript } from '../load/script.ts';
import { babble } from '../load/sounds.ts';
import type { Timeliness } from '../load/watch.ts';
import { CODECS } from '../wire/codec.ts';
import type { CpuPercents, Stack } from './processes.ts';

/** How many calls one way carries at once, and for how long it is measured. */
export interface CarryingPlan {
  readonly calls: number;
  readonly callsPerSecond: number;
  /** From the last answer until it is measured: compilers and jitter buffers settle. */
  readonly settleMs: number;
  readonly measureMs: number;
}

export interface CarryingRun {
  readonly calls: number;
  /** Of one core, without calls. */
  readonly idle: CpuPercents;
  readonly busy: CpuPercents;
  readonly idlePercent: number;
  readonly busyPercent: number;
  readonly seconds: number;
  /** RTP, both ways, while it was measured. */
  readonly packets: number;
  readonly timeliness: Timeliness;
  /** All calls were answered and heard both ways. */
  readonly isSound: boolean;
  readonly wire: LoadReport;
}

const CODEC = CODECS.PCMU;
const SPEECH_DBFS = -20;
const SPEECH_MS = 1500;
const PAUSE_MS = 500;
/** Every so many-th call keeps what it hears, so that its markers can be looked for. */
const KEPT_CALL = 10;
/** Programs are still busy with their start when they are ready. */
const STARTED_MS = 3000;
const IDLE_MS = 2000;

/** Calls that talk and hear themselves, carried by one way without speech work: what do its processes use? */
export async function measureCarrying(stack: Stack, plan: CarryingPlan): Promise<CarryingRun> {
  await delay(STARTED_MS);
  const measuringIdle = stack.processes.measure();
  await delay(IDLE_MS);
  const idle = measuringIdle.stop();
  const load = await Load.open({
    target: stack.target,
    codec: CODEC,
    seed: 1,
    script: talkAndMark,
    keepsTrack: index => index % KEPT_CALL === 0,
  });
  try {
    await load.place(plan);
    await delay(plan.settleMs);
    const calls = load.up;
    const packetsBefore = load.packets;
    const watch = load.watch();
    const measuring = stack.processes.measure();
    const startedMs = performance.now();
    await delay(plan.measureMs);
    const busy = measuring.stop();
    const seconds = (performance.now() - startedMs) / 1000;
    const timeliness = watch.stop();
    const packets = load.packets - packetsBefore;
    await load.hangUp();
    const wire = reportOn(load.records);
    return {
      calls,
      idle,
      busy,
      idlePercent: totalOf(idle),
      busyPercent: totalOf(busy),
      seconds,
      packets,
      timeliness,
      isSound: calls === plan.calls && Object.keys(wire.oneWay).length === 0,
      wire,
    };
  } finally {
    load.close();
  }
}

/** Every call in a voice of its own. */
export function talkAndMark(index: number): CallScript {
  const voice = new SeededRandom(index, 'voice');
  const audio = encodeAudio(babble(SPEECH_MS, CODEC.rateHz, SPEECH_DBFS, voice), CODEC);
  const pause = { do: 'wait', ms: PAUSE_MS } as const;
  return { steps: [{ do: 'mark' }, pause, { do: 'say', audio }, pause], goesRound: true };
}

export function totalOf(percents: CpuPercents): number {
  return Object.values(percents).reduce((sum, percent) => sum + percent, 0);
}
