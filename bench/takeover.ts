import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mediaProcesses } from '../src/config/media_processes.ts';
import { nodePaths } from '../src/config/paths.ts';
import type { Config } from '../src/config/schema.ts';
import type { Bench } from './bench.ts';
import { spreadOf } from './caller/report.ts';
import { type CalledNode, PROJECT, withNode } from './node.ts';
import { Roles } from './takeover/roles.ts';
import { type Blow, type RoundResult, strikeAmidCalls } from './takeover/round.ts';

interface Strike {
  readonly role: string;
  readonly blow: Blow;
}

const KILLS = 10;
/** So many of the media processes' ends are that they hang. */
const HANGS = 3;
const MOST_GAP_P95_MS = 1500;
/** Restarts close to each other are put off by the supervisor. */
const REST_MS = 3000;

/** Twenty calls at once while a process of the node dies, again and again: is any lost, and for how long is it silent? */
export const bench: Bench = {
  name: 'takeover',
  run: options =>
    withNode(options, async node => {
      const strikes = options.quick ? QUICK_STRIKES : allStrikes(mediaProcesses(node.config));
      const rounds = await strikeAll(node, strikes);
      const media = rounds.filter(({ role }) => role !== 'edge');
      const all = summaryOf(rounds);
      const gapMs = { p95: summaryOf(media).gapMs?.p95 ?? 0 };
      return {
        ok: all.lost === 0 && gapMs.p95 <= MOST_GAP_P95_MS,
        headline: { calls: all.calls, lost: all.lost, mediaGapP95Ms: gapMs.p95 },
        figures: {
          mediaKilled: summaryOf(media.filter(({ blow }) => blow === 'SIGKILL')),
          mediaHung: summaryOf(media.filter(({ blow }) => blow === 'SIGSTOP')),
          edgeKilled: summaryOf(rounds.filter(({ role }) => role === 'edge')),
          mediaProcesses: mediaProcesses(node.config),
        },
        validity: [
          'loopback: no loss and no jitter of a network',
          'callers press a key and are silent: what the recogniser does is not part of it',
          'a gap is the longest time without a packet from the kill on, also of calls that it did not touch',
        ],
      };
    }),
};

const QUICK_STRIKES: readonly Strike[] = [
  { role: 'media-0', blow: 'SIGKILL' },
  { role: 'edge', blow: 'SIGKILL' },
];

/** Media processes in turn, and the edge between them. */
function allStrikes(processes: number): Strike[] {
  return Array.from({ length: KILLS }, (_, index): Strike[] => [
    { role: `media-${index % processes}`, blow: index < HANGS ? 'SIGSTOP' : 'SIGKILL' },
    { role: 'edge', blow: 'SIGKILL' },
  ]).flat();
}

async function strikeAll(
  { target, config }: CalledNode,
  strikes: readonly Strike[],
): Promise<(Strike & RoundResult)[]> {
  const roles = new Roles(join(nodePaths(PROJECT, config).run, 'runtime.json'));
  const rounds: (Strike & RoundResult)[] = [];
  for (const [index, { role, blow }] of strikes.entries()) {
    const pid = roles.pidOf(role);
    const result = await strikeAmidCalls(target, index, () => process.kill(pid, blow));
    rounds.push({ role, blow, ...result });
    process.stderr.write(`${role} ${blow}: ${result.lost} of ${result.calls} lost\n`);
    await roles.replaced(role, pid);
    await untilReady(config);
    await sleep(REST_MS);
  }
  return rounds;
}

async function untilReady({ http }: Config): Promise<void> {
  while (!(await fetch(`http://127.0.0.1:${http.port}/readyz`).catch(() => undefined))?.ok) await sleep(200);
}

function summaryOf(rounds: readonly RoundResult[]) {
  return {
    kills: rounds.length,
    calls: rounds.reduce((sum, { calls }) => sum + calls, 0),
    lost: rounds.reduce((sum, { lost }) => sum + lost, 0),
    gapMs: spreadOf(rounds.flatMap(({ gapsMs }) => gapsMs)),
    setupMs: spreadOf(rounds.flatMap(({ setupsMs }) => setupsMs)),
    refusedChanges: rounds.reduce((sum, { refusedChanges }) => sum + refusedChanges, 0),
  };
}
