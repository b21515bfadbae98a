import { PolledSockets } from '../../sip/rtp/polled_sockets.ts';
import type { RtpSockets } from '../../sip/rtp/rtp_sockets.ts';
import { eventSockets } from '../../sip/rtp/socket_pair.ts';

/** The sockets of lines that are tested: those that a node has here, unless a test chooses others first. */
export const chosen: { sockets: RtpSockets } = { sockets: byHand(PolledSockets.open() ?? eventSockets) };

/** For lines whose time is driven by hand: how long a packet has waited by the system's is nothing to them. */
function byHand(sockets: RtpSockets): RtpSockets {
  return {
    bind: ({ onRtp, onRtcp, ...at }) =>
      sockets.bind({
        ...at,
        onRtp: (bytes, host, port) => onRtp(bytes, host, port, 0),
        onRtcp: (bytes, host, port) => onRtcp(bytes, host, port, 0),
      }),
    poll: () => sockets.poll(),
  };
}
