import { randomBytes } from 'node:crypto';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { mediaType, readParts } from '../message/multipart.ts';
import { acceptAnswer } from '../sdp/accept.ts';
import { answerOffer } from '../sdp/answer.ts';
import { readSdpBody } from '../sdp/body.ts';
import { CODECS } from '../sdp/codec.ts';
import type { Direction, SessionDescription } from '../sdp/description.ts';
import { makeOffer } from '../sdp/offer.ts';
import { SdpRejection } from '../sdp/rejection.ts';
import { type AudioStream, newSdpSession, type SdpSession } from '../sdp/session.ts';
import type { MediaSnapshot, SessionMedia } from './session.ts';

export const SDP_TYPE = 'application/sdp';

/**
 * The description that a message carries, also as one part among others (RFC 5621 §3; trunks add ISUP).
 * @throws SdpRejection as readSdpBody
 */
export function descriptionIn(message: SipRequest | SipResponse): SessionDescription | undefined {
  const contentType = message.headers.get('content-type');
  if (contentType === undefined || !mediaType(contentType).startsWith('multipart/'))
    return readSdpBody({ contentType, body: message.body });
  const part = readParts(contentType, message.body)?.find(({ type }) => type === SDP_TYPE);
  if (part === undefined) throw new SdpRejection('contentType', 'no part of application/sdp');
  return readSdpBody({ contentType: SDP_TYPE, body: part.content });
}

/**
 * What an offer of ours goes with, and is answered with: an INVITE of either end with its responses, PRACKs and ACK, or
 * a change that this end asked for.
 */
type OfferedWith = 'invite' | 'change';

interface PendingOffer {
  readonly offeredWith: OfferedWith;
  /** As it will be when the offer is answered. */
  readonly session: SdpSession;
  readonly media: SessionMedia;
}

/**
 * Offer and answer of one dialog (RFC 3264): what this end said, wants and agreed to. One offer at a time: while ours is
 * not answered, theirs is not to be answered (RFC 3264 §4; the message layer above says 491).
 */
export class OfferAnswer {
  /** What this end wants from now on: `sendrecv`, or `sendonly` to hold. */
  direction: Direction = 'sendrecv';
  media: SessionMedia;
  #session: SdpSession;
  #pending: PendingOffer | undefined;
  #stream: AudioStream | undefined;
  /** What an unreliable provisional response described: it counts if the 2xx says nothing. */
  #preview: SessionDescription | undefined;

  constructor(media: SessionMedia, session = newSdpSession(randomSessionId())) {
    this.media = media;
    this.#session = session;
  }

  static restore({ session, capabilities, local, direction, stream }: MediaSnapshot): OfferAnswer {
    const restored = new OfferAnswer({ capabilities, local }, session);
    restored.direction = direction;
    restored.#stream = stream && withOwnCodecs(stream);
    return restored;
  }

  snapshot(): MediaSnapshot {
    return {
      ...this.media,
      session: this.#session,
      direction: this.direction,
      stream: this.#stream,
    };
  }

  /** As last agreed. */
  get stream(): AudioStream | undefined {
    return this.#stream;
  }

  /** Whether an offer of ours waits for its answer. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** The same for another dialog of a forked INVITE, which answers the same offer for itself. */
  fork(): OfferAnswer {
    const forked = new OfferAnswer(this.media, this.#session);
    forked.#pending = this.#pending;
    return forked;
  }

  /** Whether that offer went with the INVITE, or with a change. */
  awaits(offeredWith: OfferedWith): boolean {
    return this.#pending?.offeredWith === offeredWith;
  }

  /** Our next offer. */
  offer(offeredWith: OfferedWith): Buffer {
    const { capabilities, local } = this.media;
    const { text, session } = makeOffer(this.#session, capabilities, local, this.direction);
    this.#pending = { offeredWith, session, media: this.media };
    return Buffer.from(text);
  }

  /** Our offer was refused: nothing was said (RFC 3261 §14.1). */
  withdraw(): void {
    this.#pending = undefined;
  }

  /** What a provisional response that is not reliable says of early media; nothing is agreed by it. */
  preview(message: SipResponse): AudioStream | undefined {
    if (this.#pending === undefined) return undefined;
    try {
      const described = descriptionIn(message);
      if (described === undefined) return undefined;
      const stream = this.#accept(this.#pending, described);
      this.#preview = described;
      return stream;
    } catch (error) {
      if (error instanceof SdpRejection) return undefined;
      throw error;
    }
  }

  /**
   * Takes the answer to our offer.
   * @throws SdpRejection for one that makes no call or has no offer, or for a message without one; the offer is
   * withdrawn then
   */
  takeAnswer(message: SipRequest | SipResponse): AudioStream {
    const pending = this.#pending;
    const preview = this.#preview;
    this.#pending = undefined;
    this.#preview = undefined;
    if (pending === undefined) throw new SdpRejection('noAudio', 'an answer without an offer');
    const described = descriptionIn(message) ?? preview;
    if (described === undefined) throw new SdpRejection('noAudio', 'no answer');
    this.#stream = this.#accept(pending, described);
    this.#session = pending.session;
    return this.#stream;
  }

  /**
   * Answers an offer of theirs.
   * @throws SdpRejection for one that makes no call; all stays as it was
   */
  answer(offer: SessionDescription): { readonly body: Buffer; readonly stream: AudioStream } {
    const { capabilities, local } = this.media;
    const { text, session, stream } = answerOffer(this.#session, offer, capabilities, local, this.direction);
    this.#session = session;
    this.#stream = stream;
    return { body: Buffer.from(text), stream };
  }

  #accept({ session, media }: PendingOffer, described: SessionDescription): AudioStream {
    return acceptAnswer(session, described, media.capabilities);
  }
}

/** The same stream with codecs that are told by their identity. */
function withOwnCodecs(stream: AudioStream): AudioStream {
  return {
    ...stream,
    sendCodec: CODECS[stream.sendCodec.name],
    receive: stream.receive.map(({ payloadType, codec }) => ({ payloadType, codec: CODECS[codec.name] })),
  };
}

/** RFC 3264 §5: of up to 62 bits. */
function randomSessionId(): bigint {
  return randomBytes(8).readBigUInt64BE() >> 2n;
}
