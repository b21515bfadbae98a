import { resolve } from 'node:path';
import { loadFlow } from '../src/workflow/load.ts';
import type { BenchOptions, BenchResult } from './bench.ts';
import { COOPERATIVE } from './caller/behaviour.ts';
import { Display } from './caller/display.ts';
import { openEars, openVoice } from './caller/local_speech.ts';
import { VOICES } from './caller/options.ts';
import { placeCalls } from './caller/place.ts';
import { type CallReport, spreadOf } from './caller/report.ts';
import { localDate } from './caller/script.ts';
import { type CalledNode, type Way, withNode } from './node.ts';
import { measureProcesses, type ProcessUse } from './process_cpu.ts';
import { CODECS } from './wire/codec.ts';

const CALLS = 10;
const QUICK_CALLS = 3;
/** Which of the agent's turns a caller cuts into goes round from the greeting to this one. */
const INTERRUPTED_TURNS = 3;

/** Several callers with different wishes at once, each of whom cuts in once: is anybody disturbed? */
export function benchCallers(options: BenchOptions, way: Way): Promise<BenchResult> {
  return withNode(options, node => callAtOnce(options, node), way);
}

async function callAtOnce({ quick }: BenchOptions, node: CalledNode): Promise<BenchResult> {
  const calls = quick ? QUICK_CALLS : CALLS;
  const measuring = node.pid === undefined ? undefined : measureProcesses(node.pid);
  const callers = measureProcesses(process.pid);
  const reports = await callAll(node, calls);
  const figures = figuresOf(reports);
  const processes = measuring?.stop() ?? [];
  return {
    ok: figures.completed === calls && figures.quotesAgree === calls && figures.disturbed.length === 0,
    figures: {
      ...figures,
      processes,
      processesTotalCpuPercent: totalCpu(processes),
      callersCpuPercent: totalCpu(callers.stop()),
    },
    validity: [
      'callers and node share one machine: the callers’ own recognition and synthesis take part of its processors',
      'loopback: no loss and no jitter of a network',
      'synthetic voices without noise',
      'latencies are from the caller’s last sound on the wire to the agent’s first, found to within 5 ms',
    ],
  };
}

async function callAll({ target, config }: CalledNode, calls: number): Promise<CallReport[]> {
  const flow = await loadFlow(resolve(config.workflows.dir), config.workflows.default);
  const stt = await openEars(config);
  const voices = await Promise.all(VOICES.map(name => openVoice(config, name)));
  const seeds = Array.from({ length: calls }, (_, index) => index + 1);
  try {
    return await placeCalls(
      seeds.map(seed => ({
        seed,
        voice: VOICES[seed % VOICES.length]!,
        behaviour: { ...COOPERATIVE, interruptTurn: 1 + (seed % INTERRUPTED_TURNS) },
        flow,
        todayIso: localDate(new Date()),
        stt,
        tts: voices[seed % VOICES.length]!,
        watcher: new Display(process.stderr, `[${seed}]`),
        out: undefined,
      })),
      {
        target,
        fromUser: '+15557770001',
        codecs: [CODECS.G722, CODECS.PCMU],
        localHost: undefined,
        credentials: undefined,
        answerTimeoutMs: 30_000,
        signal: new AbortController().signal,
      },
      calls,
    );
  } finally {
    await Promise.all([stt.close(), ...voices.map(voice => voice.close())]);
  }
}

function figuresOf(reports: readonly CallReport[]) {
  const outcomes = Object.groupBy(reports, ({ outcome }) => outcome);
  return {
    calls: reports.length,
    completed: outcomes.completed?.length ?? 0,
    outcomes: Object.fromEntries(Object.entries(outcomes).map(([outcome, those]) => [outcome, those.length])),
    quotesAgree: reports.filter(({ quoteAgrees }) => quoteAgrees === true).length,
    disturbed: reports.flatMap(({ seed, wire }) => {
      if (wire === undefined || (wire.lost === 0 && wire.lateGaps === 0 && wire.reanchors === 0)) return [];
      const { lost, lateGaps, longestGapMs, reanchors } = wire;
      return [{ seed, lost, lateGaps, longestGapMs: Math.round(longestGapMs), reanchors }];
    }),
    connectMs: spreadOf(reports.flatMap(({ connectMs }) => connectMs ?? [])),
    latencyMs: spreadOf(reports.flatMap(({ turns }) => turns.flatMap(({ latencyMs }) => latencyMs ?? []))),
    latencyMedianByCallMs: reports.map(({ latencyMs }) => latencyMs?.median ?? null),
    bargeInStopMs: spreadOf(reports.flatMap(({ bargeIns }) => bargeIns.map(({ stopMs }) => stopMs))),
    durationMs: spreadOf(reports.flatMap(({ durationMs }) => durationMs ?? [])),
  };
}

function totalCpu(processes: readonly ProcessUse[]): number {
  return Math.round(processes.reduce((sum, { cpuPercent }) => sum + cpuPercent, 0) * 10) / 10;
}
