/** What is wrong with a description or a negotiation, with the response that says so. */
const REASONS = {
  /** Not a session description at all, or not within limits (RFC 8866 §9). */
  malformed: { status: 400, warning: 399 },
  /** Well formed, but it says two things that exclude each other. */
  contradiction: { status: 400, warning: 399 },
  /** A body of another kind; the response carries Accept: application/sdp (RFC 3261 §8.2.3). */
  contentType: { status: 415, warning: 399 },
  /** No audio is asked for, or it was refused. */
  noAudio: { status: 488, warning: 304 },
  /** None of the codecs is ours. */
  noCommonCodec: { status: 488, warning: 305 },
  /** Only encrypted media, by SDES or DTLS. */
  encrypted: { status: 488, warning: 302 },
  /** Media over something other than RTP on UDP. */
  transport: { status: 488, warning: 302 },
  /** A host name, a group address or a family that is not spoken here. */
  address: { status: 488, warning: 301 },
} as const satisfies Record<string, { readonly status: 400 | 415 | 488; readonly warning: number }>;

export type SdpReason = keyof typeof REASONS;

/**
 * A description that no call can be held with. For an offer it ends its request with `status`; for an answer, which no
 * response follows, the dialog is ended by BYE (RFC 3261 §13.2.2.4).
 */
export class SdpRejection extends Error {
  override readonly name = 'SdpRejection';
  readonly reason: SdpReason;
  readonly status: 400 | 415 | 488;
  /** For the Warning header (RFC 3261 §20.43). */
  readonly warningCode: number;

  /** @param detail says what in particular; holds nothing that the far end wrote */
  constructor(reason: SdpReason, detail: string) {
    super(detail);
    this.reason = reason;
    this.status = REASONS[reason].status;
    this.warningCode = REASONS[reason].warning;
  }
}
