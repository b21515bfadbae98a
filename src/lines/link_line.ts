import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { LineEvents } from './line.ts';
import { TrunkLine, type TrunkParts } from './trunk_line.ts';
import type { TrunkStream } from './trunk_stream.ts';

/** Both ends are on this machine. */
const HOST = '127.0.0.1';
/** Payload types of RFC 3551, and the usual one of events. */
const PAYLOAD_TYPES = { PCMU: 0, G722: 9, events: 101 } as const;
const EVENTS = { payloadType: PAYLOAD_TYPES.events, clockHz: 8000 };

export interface LinkOptions {
  /** Even ports of this end and the other, for RTP; RTCP is on the next. */
  readonly port: number;
  readonly farPort: number;
  /** Of this end; the other may run at the other rate. */
  readonly rateHz: PipelineRateHz;
}

/**
 * A line to another process of the node, over the loopback: RTP whose stream both ends know beforehand, in packets of
 * 10 ms. It is up as soon as its ports are; when the other end goes, that is told by whoever told of it.
 */
export function openLink(options: LinkOptions, parts: TrunkParts, events: LineEvents): TrunkLine {
  const { port, rateHz } = options;
  const access = { host: HOST, port, stream: null, from: '', to: '', rateHz };
  const line: TrunkLine = new TrunkLine(
    access,
    parts,
    {
      ready: () => line.answered(streamTo(options)),
      failed: () => undefined,
      closed: () => undefined,
    },
    events,
  );
  return line;
}

function streamTo({ farPort, rateHz }: LinkOptions): TrunkStream {
  const codec = rateHz === 16_000 ? 'G722' : 'PCMU';
  return {
    remote: { host: HOST, rtpPort: farPort, rtcpPort: farPort + 1 },
    sends: true,
    receives: true,
    held: false,
    codec,
    sendPayloadType: PAYLOAD_TYPES[codec],
    receive: [
      { payloadType: PAYLOAD_TYPES.PCMU, codec: 'PCMU' },
      { payloadType: PAYLOAD_TYPES.G722, codec: 'G722' },
    ],
    sendEvents: EVENTS,
    receiveEvents: [EVENTS],
    ptimeMs: 10,
  };
}
