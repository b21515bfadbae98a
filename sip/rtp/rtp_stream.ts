/** Codecs of one sample clock, 8000 Hz, and 64 kbit/s (RFC 3551 §4.5), by their encoding names. */
export type RtpCodec = 'PCMU' | 'PCMA' | 'G722';

/** Where a far end hears, as its session description tells; addresses, never names. */
export interface RtpRemote {
  readonly host: string;
  readonly rtpPort: number;
  /** Null: it takes no reports. */
  readonly rtcpPort: number | null;
}

/** Telephone events one way (RFC 4733). */
interface RtpEvents {
  readonly payloadType: number;
  readonly clockHz: number;
}

/** One stream of audio as both ends agreed on it. Plain JSON, so that it goes from process to process. */
export interface RtpStream {
  /** Null while the far end has no address to hear at. */
  readonly remote: RtpRemote | null;
  readonly sends: boolean;
  readonly receives: boolean;
  /** Of what is sent; payload types are 0…127. */
  readonly codec: RtpCodec;
  readonly sendPayloadType: number;
  /** Whatever of these comes is heard, without further notice (RFC 3264 §6.1). */
  readonly receive: readonly { readonly payloadType: number; readonly codec: RtpCodec }[];
  /** Null: the far end takes no events. */
  readonly sendEvents: RtpEvents | null;
  readonly receiveEvents: readonly RtpEvents[];
  /** Audio in each packet sent: 10 to 60, a multiple of 10. */
  readonly ptimeMs: number;
}
