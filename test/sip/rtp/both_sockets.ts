import { PolledSockets } from '../../../sip/rtp/polled_sockets.ts';
import type { RtpSockets } from '../../../sip/rtp/rtp_sockets.ts';
import { eventSockets } from '../../../sip/rtp/socket_pair.ts';

const polled = PolledSockets.open();

/** Every kind of sockets that works here. */
export const BOTH: readonly (readonly [name: string, sockets: RtpSockets])[] = [
  ['event loop', eventSockets],
  ...(polled === undefined ? [] : [['polled', polled] as const]),
];

/** After so many polls, RTCP has been read as well. */
const POLLS = 8;

/** Lets the loopback deliver, and takes what came. */
export async function turn(sockets: RtpSockets): Promise<void> {
  await new Promise(resolve => setImmediate(resolve));
  for (let i = 0; i < POLLS; i += 1) sockets.poll();
}
