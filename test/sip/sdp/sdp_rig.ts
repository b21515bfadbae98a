import { type Answered, answerOffer } from '../../../sip/sdp/answer.ts';
import type { Capabilities, LocalMedia } from '../../../sip/sdp/capabilities.ts';
import type { CodecName } from '../../../sip/sdp/codec.ts';
import type { Direction } from '../../../sip/sdp/description.ts';
import { parseSdp } from '../../../sip/sdp/parse.ts';
import { SdpRejection } from '../../../sip/sdp/rejection.ts';
import { newSdpSession, type SdpSession } from '../../../sip/sdp/session.ts';

export const LOCAL: LocalMedia = {
  addresses: ['198.51.100.1', '2001:db8::1'],
  rtpPort: 30000,
  rtcpPort: 30001,
};

export function capabilitiesOf(codecs: readonly CodecName[] = ['PCMU', 'PCMA', 'G722']): Capabilities {
  return { codecs, eventClocksHz: [8000, 16000, 48000], ptimeMs: 20, maxPtimeMs: 60 };
}

export function newSession(): SdpSession {
  return newSdpSession(4711n);
}

export function answered(
  offer: string,
  capabilities = capabilitiesOf(),
  session = newSession(),
  direction?: Direction,
): Answered {
  return answerOffer(session, parseSdp(offer), capabilities, LOCAL, direction);
}

/** An offer of one audio stream; `lines` go below its m= line. */
export function offerOf(
  lines = '',
  { formats = '0 8 101', port = 4000, address = '192.0.2.1' } = {},
): string {
  return `v=0
o=- 1 1 IN IP4 192.0.2.1
s=-
c=IN IP4 ${address}
t=0 0
m=audio ${port} RTP/AVP ${formats}
a=rtpmap:101 telephone-event/8000
${lines}
`;
}

/** How a description is refused: reason, status and warning code; undefined if it isn't. */
export function refusalOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof SdpRejection) return `${error.reason} ${error.status} ${error.warningCode}`;
    throw error;
  }
  return undefined;
}
