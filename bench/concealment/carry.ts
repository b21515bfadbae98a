import type { MediaDecoder, MediaEncoder } from '../../sip/rtp/media_codec.ts';
import { RtpSession } from '../../sip/rtp/rtp_session.ts';
import { SendSpread } from '../../sip/rtp/send_spread.ts';
import type { SeededRandom } from '../caller/random.ts';
import { CODECS, type CodecName } from '../wire/codec.ts';
import { ImpairedPath, type Impairment } from '../wire/impaired_path.ts';
import { formatRtp } from '../wire/rtp_packet.ts';
import { toSample } from './sample.ts';

const PACKET_MS = 20;
const FRAME_MS = 10;
/** The receiver's clock ticks so long after the sender's. */
const PHASE_MS = 5;
const FAR_HOST = '192.0.2.1';
const FAR_PORT = 4_000;
const FULL_SCALE = 32_768;

/** A network with nobody else in it. */
const WIRE = { sendRtp: () => {}, sendRtcp: () => {}, hearOnly: () => {}, hearAll: () => {} };

/** What speech was sent as, and what was heard of it. */
export interface Carried {
  readonly heard: Int16Array;
  /** Made up for packets that never came or were late. */
  readonly concealedMs: number;
  /** Of each frame of 10 ms, whether any of it was made up. */
  readonly concealed: readonly boolean[];
}

/**
 * Sends speech in packets of 20 ms over an impaired network to a session that hears it by `codecs`, all on one clock
 * driven by hand: the same random numbers do the same to the same packets. `speech` is 16-bit at the codec's rate.
 */
export function carry(
  name: CodecName,
  speech: Int16Array,
  impairment: Impairment,
  random: SeededRandom,
  codecs: MediaDecoder & MediaEncoder,
): Carried {
  const session = openSession(name, codecs);
  const network = new ImpairedPath(impairment, random, (packet, nowMs) =>
    session.receiveRtp(packet, FAR_HOST, FAR_PORT, nowMs),
  );
  const packets = packetsOf(name, speech);
  const frame = new Float32Array((codecs.rateHz * FRAME_MS) / 1000);
  const heard = new Int16Array(packets.length * 2 * frame.length);
  const concealed: boolean[] = [];
  for (let nowMs = 0; nowMs < packets.length * PACKET_MS; nowMs += 1) {
    if (nowMs % PACKET_MS === 0) network.pass(packets[nowMs / PACKET_MS]!, nowMs);
    network.poll(nowMs);
    if (nowMs % FRAME_MS !== PHASE_MS) continue;
    concealed.push(session.pull(frame, nowMs));
    const at = Math.floor(nowMs / FRAME_MS) * frame.length;
    for (const [i, sample] of frame.entries()) heard[at + i] = toSample(sample * FULL_SCALE);
  }
  return { heard, concealedMs: session.buffer.stats().concealedMs, concealed };
}

function openSession(name: CodecName, codecs: MediaDecoder & MediaEncoder): RtpSession {
  const session = new RtpSession({
    codecs,
    wire: WIRE,
    spread: new SendSpread(),
    cname: 'bench',
    epochMs: 0,
    // Of what it would send.
    random: () => 0.5,
    onKey: () => {},
  });
  const { payloadType } = CODECS[name];
  session.agree({
    remote: { host: FAR_HOST, rtpPort: FAR_PORT, rtcpPort: null },
    sends: false,
    receives: true,
    codec: name,
    sendPayloadType: payloadType,
    receive: [{ payloadType, codec: name }],
    sendEvents: null,
    receiveEvents: [],
    ptimeMs: PACKET_MS,
  });
  return session;
}

function packetsOf(name: CodecName, speech: Int16Array): Uint8Array[] {
  const { payloadType, rateHz, ticksPerMs, createEncoder } = CODECS[name];
  const encode = createEncoder();
  const samples = (rateHz * PACKET_MS) / 1000;
  return Array.from({ length: Math.floor(speech.length / samples) }, (_, index) =>
    formatRtp({
      payloadType,
      marker: index === 0,
      sequence: index,
      timestamp: index * PACKET_MS * ticksPerMs,
      ssrc: 1,
      payload: encode(speech.subarray(index * samples, (index + 1) * samples)),
    }),
  );
}
