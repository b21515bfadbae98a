/** A session description as lines say it (RFC 8866 §5); what calls don't need is read over. */
export interface SessionDescription {
  readonly origin: Origin;
  readonly connection: Connection | undefined;
  /** As given for all media; undefined where it isn't. */
  readonly direction: Direction | undefined;
  readonly media: readonly MediaDescription[];
}

/** o= (RFC 8866 §5.2). Ids should be decimal numbers, of any length; they are only compared. */
export interface Origin {
  readonly username: string;
  readonly sessionId: string;
  readonly sessionVersion: string;
}

/** c= (RFC 8866 §5.7). */
export interface Connection {
  readonly family: 4 | 6;
  /** An address of that family, or what else stands there. */
  readonly address: string;
}

/** Seen from who wrote the description (RFC 8866 §6.7). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** An m= line and what belongs to it (RFC 8866 §5.14). */
export interface MediaDescription {
  /** audio, video, image, application, … */
  readonly type: string;
  /** 0: refused or ended (RFC 3264 §6, §8.2). */
  readonly port: number;
  /** Ports in a row, for layered media; 1 for all else. */
  readonly portCount: number;
  /** RTP/AVP, RTP/SAVP, udptl, … */
  readonly protocol: string;
  /** Payload types for RTP; as written, in order of preference. */
  readonly formats: readonly string[];
  readonly connection: Connection | undefined;
  readonly direction: Direction | undefined;
  readonly rtpmaps: readonly RtpMap[];
  /** a=fmtp by format; the first of each counts. */
  readonly fmtp: Readonly<Record<string, string>>;
  /** Milliseconds, as given. */
  readonly ptimeMs: number | undefined;
  readonly maxPtimeMs: number | undefined;
  /** a=rtcp (RFC 3605). */
  readonly rtcp: RtcpPort | undefined;
}

export interface RtcpPort {
  readonly port: number;
  readonly connection: Connection | undefined;
}

/** a=rtpmap (RFC 8866 §6.6). */
export interface RtpMap {
  readonly payloadType: number;
  readonly encoding: string;
  /** Of RTP timestamps, Hz. */
  readonly clockHz: number;
  readonly channels: number;
}
