import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startLiveKitStack } from '../../bench/livekit_peer/stack.ts';
import { startCarrier } from '../../bench/sip/carrier.ts';
import { type CarryingRun, measureCarrying } from '../../bench/sip/carrying.ts';
import { measureSettingUp, type SettingUpRun } from '../../bench/sip/setting_up.ts';
import { figuresOf, summaryOf } from '../../bench/sip/summary.ts';
import { findLiveKitServer } from '../edge/livekit_server.ts';
import { ROOT } from '../tidy/sources.ts';

const PLAN = { calls: 2, callsPerSecond: 10, settleMs: 500, measureMs: 4000 };

t.test('our own way carries calls that hear themselves, and sets calls up', async t => {
  const stack = await startCarrier(16);
  t.teardown(() => stack.stop());
  const run = await measureCarrying(stack, PLAN);
  t.match(run, { calls: 2, isSound: true, wire: { outcomes: { answered: 2 }, received: { lost: 0 } } });
  t.same(Object.keys(run.busy).toSorted(), ['edge', 'hub', 'media']);
  t.ok(run.packets >= 600, `${run.packets} packets in four seconds`);
  t.ok(run.wire.markers!.returned > 0, 'the caller is heard');
  const settingUp = await measureSettingUp(stack, 20, 1);
  t.match(settingUp, { calls: 20, isSound: true, wire: { statuses: {}, setupMs: { count: 20 } } });
  t.ok(settingUp.usPerSetup > 0);
});

const livekitServer = findLiveKitServer();
const livekitSip = join(ROOT, 'var/tools/livekit-sip');
const programs = livekitServer !== undefined && existsSync(livekitSip) && { livekitServer, livekitSip };

t.test(
  'the way through LiveKit does the same',
  { skip: programs === false && 'livekit-server and livekit-sip are not built' },
  async t => {
    if (programs === false) return;
    const stack = await startLiveKitStack(programs);
    t.teardown(() => stack.stop());
    const run = await measureCarrying(stack, PLAN);
    t.match(run, { calls: 2, isSound: true, wire: { outcomes: { answered: 2 } } });
    t.same(Object.keys(run.busy).toSorted(), ['livekit-server', 'livekit-sip', 'room peer']);
    t.ok(run.wire.markers!.returned > 0, 'the caller is heard');
  },
);

t.test('figures: medians, LiveKit without what it uses at rest', async t => {
  const carrying = (calls: number, busy: Record<string, number>, idlePercent: number): CarryingRun =>
    ({
      calls,
      busy,
      idlePercent,
      busyPercent: Object.values(busy).reduce((sum, percent) => sum + percent, 0),
      seconds: 10,
      packets: calls * 1000,
      timeliness: { lateP99Ms: 1 },
      wire: { received: { lost: 0, longestGapMs: 0 }, setupMs: { p50: 1 } },
    }) as unknown as CarryingRun;
  const settingUp = (callsPerSecond: number, usPerSetup: number, isSound: boolean): SettingUpRun =>
    ({
      callsPerSecond,
      calls: 10,
      busy: { edge: 10 },
      usPerSetup,
      isSound,
      wire: { outcomes: { answered: 10 }, setupMs: { p50: 1, p95: usPerSetup / 1000, p99: 9 } },
    }) as unknown as SettingUpRun;
  const runs = {
    edge: [20, 30, 40].map(media => carrying(100, { media, edge: 0, hub: 0 }, 4)),
    livekit: [41, 51, 101].map(percent => carrying(5, { 'livekit-sip': percent }, 1)),
    settingUp: [settingUp(50, 4000, true), settingUp(100, 5000, true), settingUp(150, 3000, false)],
  };
  const figures = figuresOf(runs);
  t.same(figures, {
    cpsPerCore: 200,
    usPerSetup: 5000,
    setupP95Ms: 4,
    usPerRtpPacket: 30,
    pctCorePerCall: { edge: 0.3, livekit: 10 },
    ratio: 33.3,
  });
  const posture = {
    at: '2026-01-02T00:00:00Z',
    cores: 2,
    cpu: 'some',
    node: 'v24',
    kernel: '6',
    commit: 'c',
  };
  const summary = summaryOf(figures, runs, { ...posture, memoryGiB: 1, loadBefore: 0 });
  t.match(summary, '| times less | 33.3 |');
  t.equal(summary.match(/^\| (own|LiveKit) \|/gm)?.length, 6, 'six runs, in turn');
  t.notMatch(summary, 'undefined');
});
