import { AssertionError } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { dispose } from '@livekit/rtc-node';
import t from 'tap';
import { CODECS, type CodecName } from '../../bench/wire/codec.ts';
import { FRAME_MS, type PipelineRateHz } from '../../pipeline/frame.ts';
import { RoomLine } from '../../src/lines/room_line.ts';
import { checkLine, LINE_CHECKS, type LineHarness, soundMs } from './line_conformance.ts';
import { type Fault, loopHarness } from './loop_line.ts';
import type { RoomPeer } from './room_peer.ts';
import { NO_SERVER, TestRooms } from './rooms.ts';
import { TrunkPeer } from './trunk_peer.ts';
import { kernels, TrunkRig } from './trunk_rig.ts';

const FAULTS: readonly Fault[] = [
  'never answers',
  'answers twice',
  'is deaf',
  'is dumb',
  'leaves frames as they were',
  'loses the first words',
  'sends what was flushed',
  'ends twice',
  'does not tell its end',
  'breaks at odd frames',
];

t.test('the suite passes a line that does all, and fails each that does one thing wrong', async t => {
  for (const rateHz of [8000, 16_000] as const) {
    for (const [name, check] of Object.entries(LINE_CHECKS)) {
      await t.resolves(checkLine(loopHarness(rateHz), check), `${name} at ${rateHz}`);
    }
  }
  for (const fault of FAULTS) {
    const outcomes = await Promise.allSettled(
      Object.values(LINE_CHECKS).map(check => checkLine(loopHarness(16_000, fault), check)),
    );
    t.ok(
      outcomes.some(({ status }) => status === 'rejected'),
      `a line that ${fault} is found out`,
    );
  }
});

/** A room line with a participant of the test at the other end, in real time. */
function roomHarness(rooms: TestRooms, rateHz: PipelineRateHz): LineHarness {
  let peer: RoomPeer | undefined;
  let nextMs = 0;
  return {
    rateHz,
    open: async events => {
      const room = rooms.name();
      const joined = await rooms.peer(room);
      peer = joined;
      const line = new RoomLine({ ...(await rooms.access(room, 'agent', true)), rateHz, kernels }, events);
      nextMs = performance.now();
      const farEnd = {
        say: (samples: Int16Array) => void joined.say(atRate(samples, rateHz, PEER_RATE_HZ)),
        soundMs: () => joined.heard.reduce((sum, frame) => sum + soundMs(frame, 16_000, 32768), 0),
        hangUp: () => joined.leave(),
      };
      return { line, farEnd };
    },
    tick: async () => {
      nextMs += FRAME_MS;
      await sleep(Math.max(0, nextMs - performance.now()));
    },
    close: async () => {
      await peer?.leave();
    },
  };
}

/** At which the participant speaks. */
const PEER_RATE_HZ = 16_000;

/** Repeats or leaves out samples. */
function atRate(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  const length = (samples.length * toHz) / fromHz;
  return Int16Array.from({ length }, (_, i) => samples[Math.floor((i * fromHz) / toHz)]!);
}

/** A trunk line with sockets of the test at the other end, on a clock that is driven by hand. */
function trunkHarness(rateHz: PipelineRateHz, codec: CodecName): LineHarness {
  let rig: TrunkRig | undefined;
  return {
    rateHz,
    open: async events => {
      const peer = await TrunkPeer.open();
      peer.use(codec);
      const opened = await TrunkRig.up({ rateHz, events }, peer);
      rig = opened;
      const farEnd = {
        say: (samples: Int16Array) => peer.say(atRate(samples, rateHz, CODECS[codec].rateHz)),
        soundMs: () => peer.soundMs(),
        hangUp: async () => opened.line.gone('remoteHangup'),
      };
      return { line: opened.line, farEnd };
    },
    tick: async () => rig?.tick(),
    close: async () => rig?.close(),
  };
}

t.test('a trunk line holds it over real sockets, at the rate of its codec and at the other', async t => {
  for (const rateHz of [8000, 16_000] as const) {
    for (const codec of ['PCMA', 'G722'] as const) {
      for (const [name, check] of Object.entries(LINE_CHECKS)) {
        await t.resolves(checkLine(trunkHarness(rateHz, codec), check), `${name}: ${codec} at ${rateHz}`);
      }
    }
  }
});

const ATTEMPTS = 3;

/** WebRTC gives sound up where the machine is busy with others: what a line does wrong it does wrong each time. */
async function holds(check: () => Promise<void>): Promise<void> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
    }
  }
  await check();
}

t.test('a room line holds it over a real livekit-server', { skip: NO_SERVER }, async t => {
  const rooms = await TestRooms.start();
  t.after(async () => {
    await rooms.stop();
    await dispose();
  });
  for (const [name, check] of Object.entries(LINE_CHECKS)) {
    await t.resolves(
      holds(() => checkLine(roomHarness(rooms, 16_000), check)),
      name,
    );
    // Only the voice depends on the rate.
    if (name.startsWith('carries'))
      await t.resolves(
        holds(() => checkLine(roomHarness(rooms, 8000), check)),
        `${name}, 8 kHz`,
      );
  }
});
