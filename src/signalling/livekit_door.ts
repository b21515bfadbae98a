import { ParticipantInfo_Kind } from '@livekit/protocol';
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';
import type { Config } from '../config/schema.ts';
import type { RoomDoor } from './room_leg.ts';

/** To join; who is in stays in. */
const TOKEN_SECONDS = 120;
/** Participants that are machinery. */
const MACHINES = new Set([
  ParticipantInfo_Kind.AGENT,
  ParticipantInfo_Kind.EGRESS,
  ParticipantInfo_Kind.INGRESS,
]);

/** The rooms of a LiveKit server. */
export function openLiveKitDoor({
  url,
  apiKey,
  apiSecret,
}: Pick<Config['livekit'], 'url' | 'apiKey' | 'apiSecret'>): RoomDoor {
  const service = new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret);
  return {
    hasPeople: async room => {
      const participants = await service.listParticipants(room);
      return participants.some(({ kind }) => !MACHINES.has(kind));
    },
    access: async (room, identity) => {
      const token = new AccessToken(apiKey, apiSecret, { identity, ttl: TOKEN_SECONDS });
      token.kind = 'agent';
      token.addGrant({
        roomJoin: true,
        room,
        agent: true,
        canPublish: true,
        canSubscribe: true,
        canPublishData: true,
      });
      return { url, token: await token.toJwt() };
    },
  };
}
