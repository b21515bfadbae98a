import { TokenVerifier } from 'livekit-server-sdk';
import t from 'tap';
import { configSchema } from '../../src/config/schema.ts';
import { createRoomMaker } from '../../src/http/browser_room.ts';
import { startTestPlane, WITH_KEY } from './test_plane.ts';

const SECRET = 'a-secret-for-tests-of-32-letters-or-more';
const { livekit } = configSchema.parse({ livekit: { url: 'ws://127.0.0.1:7880', apiSecret: SECRET } });
const rooms = { make: createRoomMaker(livekit), url: livekit.url };

const post = (payload: object) =>
  ({ method: 'POST', url: '/api/rooms', headers: WITH_KEY, payload }) as const;

t.test('a room for one browser, with no more rights than a call needs', async t => {
  const { app, end } = await startTestPlane({ plane: { rooms } });
  t.teardown(end);
  const answer = await app.inject(post({}));
  t.equal(answer.statusCode, 201);
  const { room, url, token, identity, workflow, expiresAt } = answer.json();
  t.match(room, /^web-[0-9a-f-]{36}$/);
  t.equal(url, 'ws://127.0.0.1:7880');
  t.equal(workflow, 'piano_removal');
  const claims = await new TokenVerifier(livekit.apiKey, SECRET).verify(token);
  t.equal(claims.sub, identity);
  t.same(claims.video, {
    roomJoin: true,
    room,
    canSubscribe: true,
    canPublish: true,
    canPublishSources: ['microphone'],
    canPublishData: true,
    canUpdateOwnMetadata: false,
  });
  t.match(claims.roomConfig, { maxParticipants: 2 });
  t.match(JSON.parse(JSON.stringify(claims.roomConfig)).agents, [
    { agentName: 'trunkline', metadata: JSON.stringify({ workflow: 'piano_removal' }) },
  ]);
  t.equal(Number(claims.exp), Date.parse(expiresAt) / 1000, 'the token dies when it is said to');
  const other = (await app.inject(post({ workflow: 'piano_removal' }))).json();
  t.not(other.room, room, 'no two callers share a room');
  t.not(other.identity, identity);
});

t.test('why there is no room', async t => {
  const cases = [
    [{}, 503, 'ROOMS_DISABLED', { rooms: undefined }],
    [{ workflow: 'no_such' }, 404, 'WORKFLOW_UNKNOWN', { rooms }],
    [{}, 503, 'DRAINING', { rooms, node: { draining: true, hasFreeSlot: () => true } }],
    [{}, 503, 'CAPACITY', { rooms, node: { draining: false, hasFreeSlot: () => false } }],
  ] as const;
  for (const [body, status, code, plane] of cases) {
    const { app, end } = await startTestPlane({ plane });
    t.teardown(end);
    const answer = await app.inject(post(body));
    t.equal(answer.statusCode, status, code);
    t.equal(answer.json().error.code, code);
  }
});
