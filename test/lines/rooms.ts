import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';
import { findLiveKitServer, startLiveKitServer, type TestLiveKit } from '../edge/livekit_server.ts';
import { RoomPeer } from './room_peer.ts';

/** Says why a suite can't run, or nothing. */
export const NO_SERVER =
  findLiveKitServer() === undefined &&
  'no livekit-server: not in TEST_LIVEKIT_SERVER, var/tools or PATH (npm start builds it)';

/** Rooms on a real livekit-server, for one test file. */
export class TestRooms {
  readonly #server: TestLiveKit;
  readonly service: RoomServiceClient;
  #count = 0;

  private constructor(server: TestLiveKit) {
    this.#server = server;
    this.service = new RoomServiceClient(server.httpUrl, server.apiKey, server.apiSecret);
  }

  static async start(): Promise<TestRooms> {
    return new TestRooms(await startLiveKitServer(findLiveKitServer() ?? ''));
  }

  get url(): string {
    return this.#server.url;
  }

  /** What a node of this server would be configured with. */
  get keys(): Pick<TestLiveKit, 'url' | 'apiKey' | 'apiSecret'> {
    return this.#server;
  }

  /** The name of a room nobody was in yet. */
  name(): string {
    this.#count += 1;
    return `room-${this.#count}`;
  }

  async access(
    room: string,
    identity: string,
    agent = false,
    attributes: Record<string, string> = {},
  ): Promise<{ url: string; token: string }> {
    const token = new AccessToken(this.#server.apiKey, this.#server.apiSecret, { identity, attributes });
    token.addGrant({
      roomJoin: true,
      room,
      canPublish: true,
      canSubscribe: true,
      canPublishData: true,
      canUpdateOwnMetadata: true,
      agent,
    });
    if (agent) token.kind = 'agent';
    return { url: this.#server.url, token: await token.toJwt() };
  }

  /** A caller in the room. */
  async peer(
    room: string,
    options: { identity?: string; mute?: boolean; agent?: boolean; attributes?: Record<string, string> } = {},
  ): Promise<RoomPeer> {
    const { identity = 'caller', agent, attributes } = options;
    const peer = new RoomPeer();
    const { url, token } = await this.access(room, identity, agent, attributes);
    await peer.join(url, token, { mute: options.mute === true });
    return peer;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }
}
