import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { heldByName } from '../../bench/soak/sample.ts';
import { slopeOf } from '../../bench/soak/slope.ts';
import { judge, type Sample } from '../../bench/soak/summary.ts';
import { ROOT } from '../tidy/sources.ts';

const HOUR_MS = 3_600_000;

/** Samples of two hours whose memory is what `memoryOf` says of the time from 0 to 1. */
function samplesOf(memoryOf: (share: number, index: number) => number): Sample[] {
  return Array.from({ length: 240 }, (_, index) => ({
    atMs: (index * 2 * HOUR_MS) / 240,
    calls: 60,
    latenessP99Ms: 1,
    bareTimerP999Ms: 1,
    byProcess: {
      'media-0': {
        memoryMiB: memoryOf(index / 240, index),
        descriptors: 100,
        threads: 20,
        timers: 40,
        handles: 80,
      },
    },
  }));
}

/** The same at every run, between −1 and 1. */
const noise = (index: number): number => Math.sin(index * 12.9898) * Math.cos(index * 78.233);

t.test('a slope is found in noise, and its interval holds the truth', async t => {
  const rising = Array.from({ length: 300 }, (_, index) => ({
    atMs: (index * HOUR_MS) / 300,
    value: 200 + (index / 300) * 30 + 5 * noise(index),
  }));
  const slope = slopeOf(rising)!;
  t.ok(slope.low < 30 && slope.high > 30, JSON.stringify(slope));
  t.ok(slope.high - slope.low < 10);
  t.equal(slopeOf(rising.slice(0, 2)), undefined);
});

t.test('what rises is named, what only swings or rose at first is not', async t => {
  const judged = (memoryOf: Parameters<typeof samplesOf>[0]): readonly string[] =>
    judge(samplesOf(memoryOf), 2 * HOUR_MS).growing;
  t.same(
    judged((share, index) => 300 + 60 * share + 10 * noise(index)),
    ['media-0 memoryMiB'],
  );
  t.same(
    judged((_, index) => 300 + 60 * noise(index)),
    [],
  );
  t.same(
    judged(share => 300 + 60 * Math.min(share, 0.19)),
    [],
  );
});

t.test('what a process holds is seen from outside, its timers by the probe', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'probe-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const hold = `const fs = require('node:fs');
    for (let i = 0; i < 5; i += 1) { fs.openSync('/dev/null', 'r'); setInterval(() => {}, 1e6); }`;
  const child = spawn(process.execPath, ['--import', join(ROOT, 'bench/soak/probe.mjs'), '-e', hold], {
    env: { SOAK_PROBE_FOLDER: folder },
    stdio: 'ignore',
  });
  t.teardown(() => child.kill('SIGKILL'));
  while (!existsSync(join(folder, String(child.pid)))) await sleep(50);
  const [held] = Object.values(heldByName(child.pid!, folder));
  t.equal(held?.timers, 5);
  t.ok((held?.descriptors ?? 0) >= 8 && (held?.memoryMiB ?? 0) > 5 && (held?.threads ?? 0) > 1);
});
