import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import { LiveKitWorker } from '../../src/calls/worker_protocol.ts';
import { createLogger } from '../../src/observe/log.ts';
import type { TestLiveKit } from '../edge/livekit_server.ts';

const RATE_HZ = 16_000;
const FRAME_SAMPLES = RATE_HZ / 100;

/** Answers a room's job like an agent: sounds a tone, and listens. */
export interface StandInAgent {
  /** Jobs that came, in their order. */
  readonly jobs: readonly { readonly room: string; readonly metadata: string }[];
  /** Loudest sample heard from the caller so far, of full scale 32768. */
  loudest(): number;
  /** Telephone keys that came, each with its event code, in their order. */
  readonly keys: readonly { readonly key: string; readonly code: number }[];
  /** Leaves the room it is in. */
  leave(): Promise<void>;
  /** Takes no more jobs, or takes them again. */
  setAvailable(available: boolean): void;
  stop(): Promise<void>;
}

export async function startStandInAgent(livekit: TestLiveKit, agentName: string): Promise<StandInAgent> {
  const jobs: { room: string; metadata: string }[] = [];
  const keys: { key: string; code: number }[] = [];
  const rooms = new Set<Room>();
  let loudest = 0;
  let available = true;
  const { promise: registered, resolve } = Promise.withResolvers<void>();
  const worker = new LiveKitWorker({
    url: livekit.url,
    apiKey: livekit.apiKey,
    apiSecret: livekit.apiSecret,
    agentName,
    log: createLogger('edge', 'silent'),
    handlers: {
      available: job => (available ? `agent-${job.id}` : undefined),
      assigned: (job, token) => {
        jobs.push({ room: job.room?.name ?? '', metadata: job.metadata });
        void answer(livekit.url, token, rooms, {
          level: level => {
            loudest = Math.max(loudest, level);
          },
          key: (code, key) => keys.push({ key, code }),
        });
      },
      terminated: () => undefined,
      registered: () => resolve(),
      disconnected: () => undefined,
    },
  });
  worker.start();
  await registered;
  worker.tellLoad({ load: 0, jobs: 0, available: true });
  const leave = async () => {
    await Promise.all([...rooms].map(room => room.disconnect()));
    rooms.clear();
  };
  return {
    jobs,
    loudest: () => loudest,
    keys,
    leave,
    setAvailable: now => {
      available = now;
    },
    stop: async () => {
      await leave();
      worker.close();
    },
  };
}

interface Ears {
  level(level: number): void;
  key(code: number, key: string): void;
}

async function answer(url: string, token: string, rooms: Set<Room>, ears: Ears): Promise<void> {
  const room = new Room();
  room.on(RoomEvent.TrackSubscribed, track => {
    if (track.kind === TrackKind.KIND_AUDIO) void listen(new AudioStream(track, RATE_HZ, 1), ears.level);
  });
  room.on(RoomEvent.DtmfReceived, ears.key);
  await room.connect(url, token, { autoSubscribe: true, dynacast: false });
  rooms.add(room);
  const source = new AudioSource(RATE_HZ, 1, 100);
  const track = LocalAudioTrack.createAudioTrack('agent', source);
  const options = new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE });
  await room.localParticipant?.publishTrack(track, options);
  const tone = Int16Array.from({ length: FRAME_SAMPLES }, (_, at) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 500 * at) / RATE_HZ)),
  );
  while (rooms.has(room)) await source.captureFrame(new AudioFrame(tone, RATE_HZ, 1, FRAME_SAMPLES));
  await source.close();
}

async function listen(stream: AudioStream, onLevel: (level: number) => void): Promise<void> {
  for await (const frame of stream) {
    onLevel(frame.data.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0));
  }
}
