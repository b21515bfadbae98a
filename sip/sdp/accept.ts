import { type Capabilities, ptimeToSend } from './capabilities.ts';
import { type Codec, codecOf, type Format, TELEPHONE_EVENT } from './codec.ts';
import type { SessionDescription } from './description.ts';
import { agreedDirection, waysOf } from './direction.ts';
import type { LocalAudio } from './local_description.ts';
import { SdpRejection } from './rejection.ts';
import { chooseEvents, type EventFormat, readRemoteAudio } from './remote_audio.ts';
import type { AudioStream, SdpSession } from './session.ts';

interface AgreedCodec {
  readonly codec: Codec;
  /** The far end's number, by which we send. */
  readonly send: Format;
  /** Our number, by which it sends. */
  readonly receive: Format;
}

/**
 * What was agreed by an answer to our offer (RFC 3264 §7): also one in a provisional response, in ACK, or one of
 * several that a forked INVITE brings, each for its own dialog. We send the first codec of the answer that was
 * offered, by the answer's number; we receive any of them by the number of the offer.
 * @param session as makeOffer gave it
 * @throws SdpRejection when no call can be held with it: the dialog is to be ended
 */
export function acceptAnswer(
  session: SdpSession,
  answer: SessionDescription,
  capabilities: Capabilities,
): AudioStream {
  const lines = session.last?.media ?? [];
  const index = lines.findIndex(({ kind }) => kind === 'audio');
  const offered = lines[index];
  const media = answer.media[index];
  if (offered?.kind !== 'audio') throw new TypeError('an answer without an offer');
  if (media === undefined || media.type !== 'audio' || media.port === 0)
    throw new SdpRejection('noAudio', 'audio was refused');
  const remote = readRemoteAudio(answer, media, offered.formats);
  const codecs = agreedCodecs(offered, remote.formats);
  const [first] = codecs;
  if (first === undefined) throw new SdpRejection('noCommonCodec', 'the answer has no codec of the offer');
  const sendEvents = chooseEvents(remote.formats, first.codec, capabilities);
  return {
    remote: remote.endpoints,
    direction: agreedDirection(offered.direction, remote.direction),
    held: waysOf(offered.direction).sends && !waysOf(remote.direction).receives,
    sendCodec: first.codec,
    sendPayloadType: first.send.payloadType,
    receive: codecs.map(({ codec, receive }) => ({ codec, payloadType: receive.payloadType })),
    sendEvents,
    receiveEvents: sendEvents === undefined ? [] : offeredEvents(offered),
    ptimeMs: ptimeToSend(remote, capabilities),
  };
}

/** In the order of the answer. */
function agreedCodecs({ formats }: LocalAudio, answered: readonly Format[]): AgreedCodec[] {
  return answered.flatMap(send => {
    const codec = codecOf(send);
    const receive = codec && formats.find(format => codecOf(format) === codec);
    return codec && receive ? [{ codec, send, receive }] : [];
  });
}

function offeredEvents({ formats }: LocalAudio): EventFormat[] {
  return formats
    .filter(({ encoding }) => encoding === TELEPHONE_EVENT)
    .map(({ payloadType, clockHz }) => ({ payloadType, clockHz }));
}
