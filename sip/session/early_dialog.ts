import { Headers } from '../message/headers.ts';
import type { SipResponse } from '../message/message.ts';
import { SdpRejection } from '../sdp/rejection.ts';
import type { AudioStream } from '../sdp/session.ts';
import type { InviteUsage } from './invite_usage.ts';
import { descriptionIn, type OfferAnswer, SDP_TYPE } from './offer_answer.ts';
import { ReliableReceipt } from './reliable.ts';

/** What the ACK or PRACK says of media where the far end made the offer. */
interface Reply {
  readonly ackHeaders: Headers | undefined;
  readonly ackBody: Buffer | undefined;
}

/** One dialog that an INVITE of this end made, from its first response to the 2xx (RFC 3261 §13.2.2, RFC 3262 §4). */
export class EarlyDialog {
  readonly usage: InviteUsage;
  readonly #receipt = new ReliableReceipt();

  constructor(usage: InviteUsage) {
    this.usage = usage;
  }

  /**
   * Takes a provisional response; a reliable one is acknowledged by PRACK.
   * @returns the early media that it describes, or `copy` for a reliable one that was here before
   * @throws SdpRejection for a reliable description that makes no call
   */
  receive(response: SipResponse): AudioStream | undefined | 'copy' {
    const media = this.#media;
    this.usage.link.learn(response);
    const receipt = this.#receipt.receive(response);
    if (receipt === 'copy') return 'copy';
    if (receipt === 'unreliable') return media.preview(response);
    const before = media.stream;
    try {
      const { ackHeaders = new Headers(), ackBody } = this.#agree(response, false);
      this.#acknowledge(receipt.rack, ackHeaders, ackBody);
    } catch (error) {
      this.#acknowledge(receipt.rack, new Headers(), undefined);
      throw error;
    }
    return media.stream === before ? undefined : media.stream;
  }

  /**
   * Takes the 2xx.
   * @returns what was agreed, and what the ACK says
   * @throws SdpRejection for a 2xx that makes no call
   */
  accept(response: SipResponse): Reply & { readonly stream: AudioStream } {
    const reply = this.#agree(response, true);
    const { stream } = this.#media;
    if (stream === undefined) throw new SdpRejection('noAudio', 'no description');
    return { ...reply, stream };
  }

  get #media(): OfferAnswer {
    const { media } = this.usage;
    if (media === undefined) throw new TypeError('an outbound dialog without media');
    return media;
  }

  /** The first description of the far end counts: the answer to our offer, or its own offer; later ones repeat it. */
  #agree(response: SipResponse, isFinal: boolean): Reply {
    const media = this.#media;
    const hasBody = response.body.length > 0;
    if (media.awaits('invite')) {
      if (hasBody || isFinal) media.takeAnswer(response);
    } else if (media.stream === undefined) {
      const offer = descriptionIn(response);
      if (offer !== undefined)
        return {
          ackHeaders: Headers.of({ 'Content-Type': SDP_TYPE }),
          ackBody: media.answer(offer).body,
        };
    }
    return { ackHeaders: undefined, ackBody: undefined };
  }

  #acknowledge(rack: string, headers: Headers, body: Buffer | undefined): void {
    headers.set('RAck', rack);
    this.usage.link.request(
      { method: 'PRACK', headers, ...(body && { body }) },
      {
        final: ({ status }) => {
          if (status < 300 && this.#media.stream !== undefined && !this.#media.awaits('invite'))
            this.usage.open();
        },
        failed: () => undefined,
      },
    );
  }
}
