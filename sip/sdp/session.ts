import type { Codec, Format } from './codec.ts';
import type { Direction } from './description.ts';
import type { LocalAudio, LocalDescription, RefusedMedia } from './local_description.ts';
import type { EventFormat, RemoteEndpoints } from './remote_audio.ts';

/**
 * What one end has said in the session of a dialog; plain data, so that it goes where the dialog goes. Whoever offers
 * keeps the session of before until the offer is answered: if it is refused, nothing was said (RFC 3261 §14.1).
 */
export interface SdpSession {
  /** Session id of o=, decimal. */
  readonly id: string;
  readonly last: LocalDescription | undefined;
  /** All numbers given out: none changes its meaning while the session lasts (RFC 3264 §8.3.2). */
  readonly bindings: readonly Format[];
}

/** @param id random, of up to 62 bits (RFC 3264 §5) */
export function newSdpSession(id: bigint): SdpSession {
  return { id: id.toString(), last: undefined, bindings: [] };
}

/** The session after something was said: the version counts changes, not repetitions (RFC 3264 §8). */
export function sayInSession(
  { id, last, bindings }: SdpSession,
  address: string,
  media: readonly (LocalAudio | RefusedMedia)[],
): { readonly session: SdpSession; readonly said: LocalDescription } {
  const repeated = { sessionId: id, version: last?.version ?? 0, address, media };
  const same = JSON.stringify(repeated) === JSON.stringify(last);
  const said = same ? repeated : { ...repeated, version: repeated.version + 1 };
  const formats = media.flatMap(line => (line.kind === 'audio' ? line.formats : []));
  const fresh = formats.filter(
    ({ payloadType }) => !bindings.some(known => known.payloadType === payloadType),
  );
  return { said, session: { id, last: said, bindings: [...bindings, ...fresh] } };
}

/** A number that audio is received by. */
interface ReceivedFormat {
  readonly payloadType: number;
  readonly codec: Codec;
}

/** The stream as both ends agreed on it. */
export interface AudioStream {
  /** Undefined while the far end has no address to hear at. */
  readonly remote: RemoteEndpoints | undefined;
  /** From this end's view. */
  readonly direction: Direction;
  /** The far end would not listen although we would speak: it holds us. */
  readonly held: boolean;
  readonly sendCodec: Codec;
  readonly sendPayloadType: number;
  readonly receive: readonly ReceivedFormat[];
  /** Undefined: the far end takes no events; keys go by INFO or as tones. */
  readonly sendEvents: EventFormat | undefined;
  readonly receiveEvents: readonly EventFormat[];
  /** Audio in each packet sent. */
  readonly ptimeMs: number;
}
