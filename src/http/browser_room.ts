import { randomUUID } from 'node:crypto';
import { RoomAgentDispatch, RoomConfiguration } from '@livekit/protocol';
import { AccessToken, TrackSource } from 'livekit-server-sdk';
import type { Config } from '../config/schema.ts';

/** A place for one browser and one agent. */
interface BrowserRoom {
  readonly room: string;
  readonly url: string;
  readonly token: string;
  readonly identity: string;
  readonly expiresAt: string;
}

/** To join; who is in stays in. */
const TOKEN_SECONDS = 120;
/** A room without anybody, and one that everybody has left. */
const EMPTY_SECONDS = 30;
const DEPARTURE_SECONDS = 10;
/** The caller and the agent. */
const PARTICIPANTS = 2;

export type RoomMaker = (workflow: string) => Promise<BrowserRoom>;

/**
 * Makes rooms that exist on paper only: the token carries the room's configuration, so that LiveKit makes the room and
 * dispatches the agent when the browser joins, and a browser that never comes leaves nothing behind.
 */
export function createRoomMaker(livekit: Config['livekit']): RoomMaker {
  return async workflow => {
    const room = `web-${randomUUID()}`;
    const identity = `browser-${randomUUID()}`;
    const token = new AccessToken(livekit.apiKey, livekit.apiSecret, { identity, ttl: TOKEN_SECONDS });
    token.addGrant({
      roomJoin: true,
      room,
      canSubscribe: true,
      canPublish: true,
      canPublishSources: [TrackSource.MICROPHONE],
      // The keys of a telephone.
      canPublishData: true,
      canUpdateOwnMetadata: false,
    });
    token.roomConfig = new RoomConfiguration({
      emptyTimeout: EMPTY_SECONDS,
      departureTimeout: DEPARTURE_SECONDS,
      maxParticipants: PARTICIPANTS,
      agents: [
        new RoomAgentDispatch({ agentName: livekit.agentName, metadata: JSON.stringify({ workflow }) }),
      ],
    });
    const jwt = await token.toJwt();
    return { room, url: livekit.url, token: jwt, identity, expiresAt: expiryOf(jwt).toISOString() };
  };
}

/** As the token itself has it (RFC 7519 §4.1.4). */
function expiryOf(jwt: string): Date {
  const [, claims = ''] = jwt.split('.');
  const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  return new Date(Number(exp) * 1000);
}
