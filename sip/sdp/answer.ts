import { isIPv6 } from 'node:net';
import { type Capabilities, type LocalMedia, ptimeToSend } from './capabilities.ts';
import { CODECS, type Codec, type Format, KEY_EVENTS, TELEPHONE_EVENT } from './codec.ts';
import type { Direction, MediaDescription, SessionDescription } from './description.ts';
import { agreedDirection, waysOf } from './direction.ts';
import { type LocalAudio, type RefusedMedia, writeSdp } from './local_description.ts';
import { SdpRejection } from './rejection.ts';
import {
  chooseEvents,
  type EventFormat,
  findFormat,
  type RemoteAudio,
  readRemoteAudio,
} from './remote_audio.ts';
import { type AudioStream, type SdpSession, sayInSession } from './session.ts';

export interface Answered {
  readonly text: string;
  readonly session: SdpSession;
  readonly stream: AudioStream;
}

interface Choice {
  readonly index: number;
  readonly protocol: string;
  readonly address: string;
  readonly remote: RemoteAudio;
  readonly codec: Codec;
  readonly format: Format;
}

/**
 * Answers an offer (RFC 3264 §6), the first of a session or a later one (§8): one audio stream with one codec, the
 * first of ours that is offered, by the numbers of the offer; all other streams are refused. Saying the same again,
 * as in 183 and then 200, gives the same text.
 * @param direction what this end wants; the answer grants as much of it as the offer allows
 * @throws SdpRejection when no stream can be used; the session then is as before
 */
export function answerOffer(
  session: SdpSession,
  offer: SessionDescription,
  capabilities: Capabilities,
  local: LocalMedia,
  direction: Direction = 'sendrecv',
): Answered {
  const choice = chooseStream(session, offer, capabilities, local);
  const { remote, codec, format } = choice;
  const events = chooseEvents(remote.formats, codec, capabilities);
  const agreed = agreedDirection(direction, remote.direction);
  const ptimeMs = ptimeToSend(remote, capabilities);
  const audio: LocalAudio = {
    kind: 'audio',
    protocol: choice.protocol,
    rtpPort: local.rtpPort,
    rtcpPort: local.rtcpPort,
    formats: answeredFormats(codec, format, events),
    // Many phones send as they receive.
    ptimeMs,
    maxPtimeMs: capabilities.maxPtimeMs,
    direction: agreed,
  };
  const lines = offer.media.map((media, index) => (index === choice.index ? audio : refuse(media)));
  const next = sayInSession(session, choice.address, lines);
  return {
    text: writeSdp(next.said),
    session: next.session,
    stream: {
      remote: remote.endpoints,
      direction: agreed,
      held: !waysOf(remote.direction).receives,
      sendCodec: codec,
      sendPayloadType: format.payloadType,
      receive: [{ payloadType: format.payloadType, codec }],
      sendEvents: events,
      receiveEvents: events === undefined ? [] : [events],
      ptimeMs,
    },
  };
}

/** The stream of before if it can still be used, else the first that can. */
function chooseStream(
  { last }: SdpSession,
  offer: SessionDescription,
  capabilities: Capabilities,
  local: LocalMedia,
): Choice {
  const current = last?.media.findIndex(({ kind }) => kind === 'audio') ?? -1;
  const candidates = offer.media
    .map((media, index) => ({ media, index }))
    .filter(({ media }) => media.type === 'audio' && media.port > 0)
    .toSorted((a, b) => Number(b.index === current) - Number(a.index === current));
  let problem: SdpRejection | undefined;
  for (const { media, index } of candidates) {
    try {
      const { protocol } = media;
      return { index, protocol, ...readChoice(offer, media, capabilities, local, last?.address) };
    } catch (error) {
      if (!(error instanceof SdpRejection)) throw error;
      problem ??= error;
    }
  }
  throw problem ?? new SdpRejection('noAudio', 'no audio is offered');
}

function readChoice(
  offer: SessionDescription,
  media: MediaDescription,
  { codecs }: Capabilities,
  { addresses }: LocalMedia,
  before: string | undefined,
): Omit<Choice, 'index' | 'protocol'> {
  const remote = readRemoteAudio(offer, media);
  const near = addresses.find(candidate => isIPv6(candidate) === (remote.family === 6));
  // Who hears nowhere has no family: on hold by 0.0.0.0 even an IPv6 call keeps its address.
  const address = remote.endpoints === undefined ? (before ?? near ?? addresses[0]) : near;
  if (address === undefined) throw new SdpRejection('address', `IPv${remote.family} is not spoken here`);
  for (const name of codecs) {
    const codec = CODECS[name];
    const format = findFormat(remote.formats, codec);
    if (format !== undefined) return { address, remote, codec, format };
  }
  throw new SdpRejection('noCommonCodec', `none of ${codecs.join(', ')}`);
}

/** As the offer wrote them, so that it recognises them; what belongs to us is ours. */
function answeredFormats(codec: Codec, format: Format, events: EventFormat | undefined): Format[] {
  const audio = { ...format, fmtp: codec.fmtp };
  if (events === undefined) return [audio];
  return [audio, { ...events, encoding: TELEPHONE_EVENT, channels: 1, fmtp: KEY_EVENTS }];
}

function refuse({ type, protocol, formats }: MediaDescription): RefusedMedia {
  return { kind: 'refused', type, protocol, formats: formats.slice(0, 1) };
}
