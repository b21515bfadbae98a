import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { atMostPercent } from '../survive/summary.ts';
import { ASSUMED } from './assumptions.ts';

const RESULTS = fileURLToPath(new URL('../results', import.meta.url));

const spread = z.object({ median: z.number(), p95: z.number(), max: z.number() });
const killed = z.object({ calls: z.number(), lost: z.number(), gapMs: spread });
const sip = z.object({
  cpsPerCore: z.number(),
  usPerSetup: z.number(),
  usPerRtpPacket: z.number(),
  pctCorePerCall: z.object({ edge: z.number() }),
  figures: z.object({
    runs: z.object({ edge: z.array(z.object({ calls: z.number(), isSound: z.boolean() })) }),
  }),
});
const pipeline = z.object({ usPerFrame: z.record(z.string(), z.number()) });
const takeover = z.object({ figures: z.object({ mediaKilled: killed, mediaHung: killed }) });
const density = z.object({
  calls: z.number().nonnegative(),
  pctCorePerCall: z.number().positive(),
  mbPerCall: z.number(),
  latenessP999Ms: z.number(),
});
const survive = z.object({ nodeGapP95Ms: z.number().nullish() });

type Gap = z.infer<typeof spread>;

/** What the committed results say, as the formula and the simulation need it. */
export interface Measured {
  readonly carryPct: number;
  readonly speechPct: number;
  /** Undefined until `density` has been kept, with a number of calls that was carried in time. */
  readonly density: z.infer<typeof density> | undefined;
  /** The most calls that one media process carried soundly. */
  readonly mostCallsPerProcess: number;
  readonly setupsPerCoreS: number;
  readonly usPerSetup: number;
  readonly killedGapMs: Gap;
  readonly hungGapMs: Gap;
  readonly takenOver: number;
  readonly lostAtTakeover: number;
  /** Upper end of the 95 % interval. */
  readonly lostAtMostPct: number;
  readonly nodeGapP95Ms: number | undefined;
}

/** Stages of the bench `pipeline` that are switched off in the bench `sip`. */
const SPEECH_STAGES = [
  'up: echo cancellation',
  'up: noise suppression',
  'up: level control',
  'down: comfort noise',
  'voices judged, echoes looked for',
] as const;
/** Microseconds in 10 ms, for one per cent. */
const US_PER_PERCENT = 100;

export function readMeasured(folder = RESULTS): Measured {
  const read = <T>(name: string, schema: z.ZodType<T>): T =>
    schema.parse(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')));
  const readIfThere = <T>(name: string, schema: z.ZodType<T>): T | undefined =>
    existsSync(join(folder, `${name}.json`)) ? read(name, schema) : undefined;
  const carrying = read('sip', sip);
  const { usPerFrame } = read('pipeline', pipeline);
  const { mediaKilled, mediaHung } = read('takeover', takeover).figures;
  const kept = readIfThere('density', density);
  const dense = kept !== undefined && kept.calls > 0 ? kept : undefined;
  const takenOver = mediaKilled.calls + mediaHung.calls;
  const lostAtTakeover = mediaKilled.lost + mediaHung.lost;
  const sound = carrying.figures.runs.edge.filter(({ isSound }) => isSound).map(({ calls }) => calls);
  return {
    carryPct: carrying.pctCorePerCall.edge,
    speechPct: SPEECH_STAGES.reduce((sum, stage) => sum + usPerFrame[stage]!, 0) / US_PER_PERCENT,
    density: dense,
    mostCallsPerProcess: dense?.calls ?? Math.max(...sound),
    setupsPerCoreS: carrying.cpsPerCore,
    usPerSetup: carrying.usPerSetup,
    killedGapMs: mediaKilled.gapMs,
    hungGapMs: mediaHung.gapMs,
    takenOver,
    lostAtTakeover,
    lostAtMostPct: atMostPercent(lostAtTakeover, takenOver),
    nodeGapP95Ms: readIfThere('survive', survive)?.nodeGapP95Ms ?? undefined,
  };
}

/** With everything on: as `density` has it, else put together from what has been measured and what is assumed. */
export function pctCorePerCallOf({ density: dense, carryPct, speechPct }: Measured): number {
  return dense?.pctCorePerCall ?? carryPct + speechPct + ASSUMED.talkPctCorePerCall;
}

export function mbPerCallOf({ density: dense }: Measured): number {
  return dense?.mbPerCall ?? ASSUMED.mbPerCall;
}
