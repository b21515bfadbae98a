import { CodecLeg } from '../../pipeline/kernels/codec_leg.ts';
import type { KernelMemory } from '../../pipeline/kernels/kernel_memory.ts';
import { RtpSession, type RtpWire } from '../../sip/rtp/rtp_session.ts';
import type { RtpStream } from '../../sip/rtp/rtp_stream.ts';
import { SendSpread } from '../../sip/rtp/send_spread.ts';
import { liveHeapBytes } from './heap.ts';
import { type Draw, drawFrom, mutate } from './mutate.ts';
import { speechOrReport } from './packets.ts';

export interface MediaRun {
  readonly packets: number;
  readonly perSecond: number;
  readonly heard: number;
  readonly malformed: number;
  readonly refused: number;
  readonly keys: number;
  readonly faults: readonly string[];
  readonly heapGrowthBytes: number;
}

const RATE_HZ = 8000;
const FRAME_SAMPLES = 80;
const HOST = '192.0.2.7';
const PORT = 40_000;
const MOST_FAULTS = 5;
/** Packets that come in 10 ms. */
const PER_TICK = 20;

const STREAM: RtpStream = {
  remote: { host: HOST, rtpPort: PORT, rtcpPort: PORT + 1 },
  sends: true,
  receives: true,
  codec: 'PCMU',
  sendPayloadType: 0,
  receive: [
    { payloadType: 0, codec: 'PCMU' },
    { payloadType: 8, codec: 'PCMA' },
    { payloadType: 9, codec: 'G722' },
  ],
  sendEvents: { payloadType: 101, clockHz: RATE_HZ },
  receiveEvents: [{ payloadType: 101, clockHz: RATE_HZ }],
  ptimeMs: 20,
};

const DEAF_WIRE: RtpWire = {
  sendRtp: () => undefined,
  sendRtcp: () => undefined,
  hearOnly: () => undefined,
  hearAll: () => undefined,
};

/** So many packets, of speech, keys and reports, half of them mutated, at one leg that hears and speaks meanwhile. */
export function runMedia(packets: number, seed: number, kernels: KernelMemory): MediaRun {
  const draw = drawFrom(seed);
  const codecs = CodecLeg.open(RATE_HZ, kernels);
  if (codecs === undefined) throw new Error('no kernel slot is left');
  let keys = 0;
  const spread = new SendSpread();
  const session = new RtpSession({
    codecs,
    spread,
    wire: DEAF_WIRE,
    cname: 'hostile',
    epochMs: 0,
    random: () => draw(1000) / 1000,
    onKey: () => {
      keys += 1;
    },
  });
  session.agree(STREAM);
  const faults: string[] = [];
  const frame = new Float32Array(FRAME_SAMPLES);
  const heapBefore = liveHeapBytes();
  const startedMs = performance.now();
  let nowMs = 0;
  for (let count = 0; count < packets; count += 1) {
    const packet = nextPacket(draw, count);
    try {
      receive(session, packet, draw, nowMs);
      if (count % PER_TICK === 0) {
        nowMs += 10;
        spread.startTick();
        session.pull(frame, nowMs);
        session.push(frame, nowMs);
        session.tick(nowMs);
      }
    } catch (error) {
      if (faults.length < MOST_FAULTS) faults.push(`${String(error)} at ${packet.toString('base64')}`);
    }
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const { packetsReceived, malformed, refused } = session.stats();
  codecs.close();
  return {
    packets,
    perSecond: Math.round(packets / seconds),
    heard: packetsReceived,
    malformed,
    refused,
    keys,
    faults,
    heapGrowthBytes: liveHeapBytes() - heapBefore,
  };
}

/** Mostly from where the far end is, else from elsewhere. */
function receive(session: RtpSession, packet: Buffer, draw: Draw, nowMs: number): void {
  const host = draw(4) === 0 ? '198.51.100.9' : HOST;
  const port = draw(4) === 0 ? 1 + draw(65_535) : PORT;
  if (draw(3) === 0) session.receiveRtcp(packet, host, port, nowMs);
  else session.receiveRtp(packet, host, port, nowMs);
}

function nextPacket(draw: Draw, count: number): Buffer {
  const packet = speechOrReport(draw, count);
  return draw(2) === 0 ? packet : mutate(packet, [speechOrReport(draw, count)], draw);
}
