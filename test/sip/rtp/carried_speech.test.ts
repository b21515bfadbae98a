import t from 'tap';
import { CODECS } from '../../../bench/wire/codec.ts';
import { RtpReceiver } from '../../../bench/wire/rtp_receiver.ts';
import { RtpSender } from '../../../bench/wire/rtp_sender.ts';
import type { CodecName } from '../../../pipeline/kernels/codec_leg.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { RtpSession } from '../../../sip/rtp/rtp_session.ts';
import type { RtpPair, RtpSockets } from '../../../sip/rtp/rtp_sockets.ts';
import type { RtpStream } from '../../../sip/rtp/rtp_stream.ts';
import { SendSpread } from '../../../sip/rtp/send_spread.ts';
import { KERNEL_FOLDER, openLeg } from '../../pipeline/kernels/legs.ts';
import { BOTH, turn } from './both_sockets.ts';
import { createRandom } from './random.ts';
import { createSession, FAR_HOST, FAR_PORT, STREAM } from './session_rig.ts';

const HOST = '127.0.0.1';
const memory = await loadKernels(KERNEL_FOLDER, { leg: 16 });
/** A range of this process's own, below those that the system hands out. */
let nextPort = 30_000 + (process.pid % 300) * 8;

interface Leg {
  readonly session: RtpSession;
  readonly pair: RtpPair;
  readonly port: number;
  readonly stream: RtpStream;
}

/** What a leg of one codec agrees on, but for the address. */
function streamOf(codec: CodecName): RtpStream {
  const { payloadType } = CODECS[codec];
  return { ...STREAM, codec, sendPayloadType: payloadType, receive: [{ payloadType, codec }] };
}

/** A leg on real sockets and codec, whose clock is driven by hand. */
async function openSocketLeg(
  sockets: RtpSockets,
  name: CodecName,
  now: () => number,
  onKey: (key: string) => void,
): Promise<Leg> {
  let session: RtpSession | undefined;
  const port = nextPort;
  nextPort += 2;
  const pair = await sockets.bind({
    host: HOST,
    port,
    onRtp: (bytes, from, fromPort) => session?.receiveRtp(bytes, from, fromPort, now()),
    onRtcp: (bytes, from, fromPort) => session?.receiveRtcp(bytes, from, fromPort, now()),
  });
  session = new RtpSession({
    codecs: openLeg(name, memory).leg,
    wire: pair,
    spread: new SendSpread(),
    cname: 'call',
    epochMs: 0,
    random: createRandom(port),
    onKey,
  });
  return { session, pair, port, stream: streamOf(name) };
}

/** Share of a frame's power that is a tone's, by the Goertzel algorithm. */
function toneShare(frame: Float32Array, toneHz: number, rateHz: number): number {
  let [real, imaginary, power] = [0, 0, 1e-12];
  for (const [i, sample] of frame.entries()) {
    const phase = (2 * Math.PI * toneHz * i) / rateHz;
    real += sample * Math.cos(phase);
    imaginary += sample * Math.sin(phase);
    power += sample * sample;
  }
  return (2 * (real ** 2 + imaginary ** 2)) / (frame.length * power);
}

for (const [name, kind, sockets] of (['PCMU', 'G722'] as const).flatMap(codec =>
  BOTH.map(([way, them]) => [codec, way, them] as const),
)) {
  t.test(`${name}: tones and keys go over real sockets, both ways, ${kind}`, async t => {
    let nowMs = 0;
    const keys: string[] = [];
    const one = await openSocketLeg(
      sockets,
      name,
      () => nowMs,
      key => keys.push(key),
    );
    const two = await openSocketLeg(
      sockets,
      name,
      () => nowMs,
      key => keys.push(key),
    );
    for (const [leg, far] of [
      [one, two],
      [two, one],
    ] as const) {
      leg.session.agree({ ...leg.stream, remote: { host: HOST, rtpPort: far.port, rtcpPort: far.port + 1 } });
    }
    const rateHz = name === 'G722' ? 16_000 : 8_000;
    const samples = rateHz / 100;
    const legs = [
      { ...one, saysHz: 500, hearsHz: 1_200, heard: new Float32Array(samples), clear: 0 },
      { ...two, saysHz: 1_200, hearsHz: 500, heard: new Float32Array(samples), clear: 0 },
    ];
    const frame = new Float32Array(samples);
    for (let tick = 0; tick < 200; tick += 1) {
      if (tick === 120) t.ok(one.session.press('5', 80));
      for (const leg of legs) {
        for (let i = 0; i < samples; i += 1) {
          frame[i] = 0.4 * Math.sin((2 * Math.PI * leg.saysHz * (tick * samples + i)) / rateHz);
        }
        leg.session.pull(leg.heard, nowMs);
        leg.session.push(frame, nowMs);
        leg.session.sendNow();
        leg.session.tick(nowMs);
        if (toneShare(leg.heard, leg.hearsHz, rateHz) > 0.97) leg.clear += 1;
      }
      // The loopback delivers within a turn or two of the event loop.
      await turn(sockets);
      await turn(sockets);
      nowMs += 10;
    }
    t.ok(legs[0]!.clear > 180, `${legs[0]!.clear} clear frames`);
    t.ok(legs[1]!.clear > 150, `${legs[1]!.clear} clear frames, but for the key`);
    t.same(keys, ['5']);
    t.match(one.session.stats(), { packetsLost: 0, refused: 0, malformed: 0, unwanted: 0 });
    for (const { pair } of legs) pair.close();
  });
}

t.test('an independent end hears what is sent, and is heard with its keys', async t => {
  for (const name of ['PCMA', 'G722'] as const) {
    const codecs = openLeg(name, memory).leg;
    const samples = codecs.rateHz / 100;
    const keys: string[] = [];
    const { session, wire } = createSession({ codecs, onKey: key => keys.push(key) }, streamOf(name));
    let measured = 0;
    let heardMs = 0;
    const receiver = new RtpReceiver(CODECS[name], pcm => {
      heardMs += pcm.length / (codecs.rateHz / 1000);
      if (toneShare(Float32Array.from(pcm), 700, codecs.rateHz) > 0.97) measured += 1;
    });
    let spoken = 0;
    const sender = new RtpSender(
      CODECS[name],
      frame => {
        for (let i = 0; i < frame.length; i += 1, spoken += 1) {
          frame[i] = 12_000 * Math.sin((2 * Math.PI * 900 * spoken) / codecs.rateHz);
        }
      },
      101,
    );
    const frame = new Float32Array(samples);
    const heard = new Float32Array(samples);
    let clear = 0;
    for (let tick = 0; tick < 600; tick += 1) {
      const nowMs = tick * 10;
      if (tick === 300) sender.pressKeys('4#');
      if (tick % 2 === 1) session.receiveRtp(sender.next(), FAR_HOST, FAR_PORT, nowMs);
      for (let i = 0; i < samples; i += 1) {
        frame[i] = 0.4 * Math.sin((2 * Math.PI * 700 * (tick * samples + i)) / codecs.rateHz);
      }
      session.pull(heard, nowMs);
      session.push(frame, nowMs);
      session.sendNow();
      session.tick(nowMs);
      for (const { bytes } of wire.rtp.splice(0)) receiver.receive(bytes, nowMs);
      if (toneShare(heard, 900, codecs.rateHz) > 0.97) clear += 1;
    }
    t.same(keys, ['4', '#']);
    t.equal(heardMs, 6_000);
    t.ok(measured >= 299, `${measured} of 300 packets with a clear tone`);
    t.ok(clear > 540, `${clear} of 600 frames, 52 of them under keys`);
    t.match(receiver.stats, { lost: 0, duplicates: 0, ignored: 0, lateGaps: 0, reanchors: 0, jitterMs: 0 });
    codecs.close();
  }
});
