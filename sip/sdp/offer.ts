import { isIPv6 } from 'node:net';
import type { Capabilities, LocalMedia } from './capabilities.ts';
import { CODECS, type Codec, type Format, KEY_EVENTS, TELEPHONE_EVENT } from './codec.ts';
import type { Direction } from './description.ts';
import { type LocalAudio, type RefusedMedia, writeSdp } from './local_description.ts';
import { type SdpSession, sayInSession } from './session.ts';

const FIRST_DYNAMIC = 96;
const LAST_DYNAMIC = 127;
/** What everybody gives to events at 8 kHz; some gateways know no other. */
const USUAL_EVENTS = 101;

export interface Offered {
  readonly text: string;
  /** Takes the place of the session when the offer is answered. */
  readonly session: SdpSession;
}

/**
 * An offer (RFC 3264 §5), also the one of a 200 to an INVITE without one (RFC 3261 §13.2.1), or the next of a session
 * (§8): to hold, `sendonly` or `inactive`; to resume, `sendrecv`; to change codecs, other capabilities.
 */
export function makeOffer(
  session: SdpSession,
  capabilities: Capabilities,
  local: LocalMedia,
  direction: Direction = 'sendrecv',
): Offered {
  const { rtpPort, rtcpPort, addresses } = local;
  const { ptimeMs, maxPtimeMs } = capabilities;
  const before = session.last?.media.find(line => line.kind === 'audio');
  const audio: LocalAudio = {
    kind: 'audio',
    protocol: before?.protocol ?? 'RTP/AVP',
    rtpPort,
    rtcpPort,
    formats: offeredFormats(session, capabilities),
    ptimeMs,
    maxPtimeMs,
    direction,
  };
  // An address of the family that was agreed on, whichever is preferred.
  const known = session.last?.address ?? addresses[0];
  const address = addresses.find(candidate => isIPv6(candidate) === isIPv6(known)) ?? addresses[0];
  const next = sayInSession(session, address, linesOf(session, audio));
  return { text: writeSdp(next.said), session: next.session };
}

/** As many lines as before, the call's at its place (RFC 3264 §8). */
function linesOf({ last }: SdpSession, audio: LocalAudio): (LocalAudio | RefusedMedia)[] {
  return last === undefined ? [audio] : last.media.map(line => (line.kind === 'audio' ? audio : line));
}

function offeredFormats(session: SdpSession, { codecs, eventClocksHz }: Capabilities): Format[] {
  const taken = new Set([...session.bindings.map(({ payloadType }) => payloadType), USUAL_EVENTS]);
  const bind = (wanted: Omit<Format, 'payloadType'>, usual: number | undefined): Format => {
    const known = session.bindings.find(
      ({ encoding, clockHz }) =>
        encoding.toLowerCase() === wanted.encoding.toLowerCase() && clockHz === wanted.clockHz,
    );
    const payloadType = known?.payloadType ?? usual ?? nextFree(taken);
    taken.add(payloadType);
    return { payloadType, ...wanted };
  };
  const offered = codecs.map(name => CODECS[name]);
  const audio = offered.map(codec => bind(audioFormat(codec), codec.staticPayloadType));
  // Events at a clock that no codec has would only mislead: phones are known to choose the wrong one.
  const clocks = eventClocksHz.filter(clockHz => offered.some(codec => codec.clockHz === clockHz));
  const usualIsFree = !session.bindings.some(({ payloadType }) => payloadType === USUAL_EVENTS);
  const events = clocks.map((clockHz, index) =>
    bind(eventFormat(clockHz), index === 0 && usualIsFree ? USUAL_EVENTS : undefined),
  );
  return [...audio, ...events];
}

function audioFormat({ name, clockHz, channels, fmtp }: Codec): Omit<Format, 'payloadType'> {
  return { encoding: name, clockHz, channels, fmtp };
}

function eventFormat(clockHz: number): Omit<Format, 'payloadType'> {
  return { encoding: TELEPHONE_EVENT, clockHz, channels: 1, fmtp: KEY_EVENTS };
}

/** Only a far end that has gone through all numbers of a session gets the last one again. */
function nextFree(taken: ReadonlySet<number>): number {
  for (let number = FIRST_DYNAMIC; number < LAST_DYNAMIC; number += 1) if (!taken.has(number)) return number;
  return LAST_DYNAMIC;
}
