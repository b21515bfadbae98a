import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  type RemoteTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import { AccessToken } from 'livekit-server-sdk';
import { z } from 'zod';

/**
 * The other side of calls through LiveKit: one process for all rooms, which joins every room that is begun, publishes a
 * track, subscribes to the caller's and sends back what it hears. No speech work: what remains is what a call costs.
 *
 * `node room_peer.ts`, with its settings as JSON in ROOM_PEER; prints one line when it is ready.
 */
const settings = z
  .object({
    url: z.string(),
    apiKey: z.string(),
    apiSecret: z.string(),
    /** Where livekit-server tells that a room has begun. */
    port: z.number(),
  })
  .parse(JSON.parse(process.env.ROOM_PEER ?? '{}'));

/** The phone's own rate: what is resampled here would cost more. */
const RATE_HZ = 8000;
/** The library sends frames of 10 ms without a queue of its own. */
const FRAME_MS = 10;
const MOST_BODY_BYTES = 1 << 20;
const roomStarted = z.object({ event: z.literal('room_started'), room: z.object({ name: z.string() }) });

async function join(roomName: string): Promise<void> {
  const token = new AccessToken(settings.apiKey, settings.apiSecret, { identity: 'peer' });
  token.addGrant({ roomJoin: true, room: roomName, canPublish: true, canSubscribe: true });
  const room = new Room();
  const source = new AudioSource(RATE_HZ, 1, 0);
  room.on(RoomEvent.TrackSubscribed, track => {
    if (track.kind === TrackKind.KIND_AUDIO) void echo(track, source);
  });
  room.on(RoomEvent.ParticipantDisconnected, () => void room.disconnect());
  await room.connect(settings.url, await token.toJwt(), { autoSubscribe: true, dynacast: false });
  const options = new TrackPublishOptions();
  options.source = TrackSource.SOURCE_MICROPHONE;
  options.dtx = false;
  const track = LocalAudioTrack.createAudioTrack('echo', source);
  await room.localParticipant?.publishTrack(track, options);
}

async function echo(track: RemoteTrack, source: AudioSource): Promise<void> {
  const stream = new AudioStream(track, { sampleRate: RATE_HZ, numChannels: 1, frameSizeMs: FRAME_MS });
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    await source.captureFrame(value);
  }
}

async function receiveEvent(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > MOST_BODY_BYTES) break;
  }
  response.end();
  const event = roomStarted.safeParse(JSON.parse(body));
  if (event.success) await join(event.data.room.name);
}

const server = createServer((request, response) => {
  receiveEvent(request, response).catch((error: unknown) => {
    process.stderr.write(`room peer: ${error instanceof Error ? error.message : String(error)}\n`);
  });
});
server.listen(settings.port, '127.0.0.1', () => process.stdout.write('ready\n'));
