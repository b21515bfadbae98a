import type { CodecName } from '../../sip/sdp/codec.ts';
import type { SessionMedia } from '../../sip/session/session.ts';

/** Events are keyed at the clock of the codecs that a trunk may have. */
const EVENT_CLOCKS_HZ = [8000];
const PTIME = { ptimeMs: 20, maxPtimeMs: 60 } as const;

/** What this end can do with audio on a pair of ports, and where far ends are told to send it. */
export function sessionMedia(
  codecs: readonly CodecName[],
  rtpPort: number,
  advertised: string,
): SessionMedia {
  return {
    capabilities: { codecs, eventClocksHz: EVENT_CLOCKS_HZ, ...PTIME },
    local: { addresses: [advertised], rtpPort, rtcpPort: rtpPort + 1 },
  };
}
