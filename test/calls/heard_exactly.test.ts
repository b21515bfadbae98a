import t from 'tap';
import { CODECS } from '../../bench/wire/codec.ts';
import type { Frame, PipelineRateHz } from '../../pipeline/frame.ts';
import { CodecLeg, type CodecName } from '../../pipeline/kernels/codec_leg.ts';
import type { RtpSession } from '../../sip/rtp/rtp_session.ts';
import type { SendSpread } from '../../sip/rtp/send_spread.ts';
import { AudioCall } from '../../src/calls/audio_call.ts';
import { CONTROL, createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import { SpeechWriter } from '../../src/calls/speech_writer.ts';
import type { Line, LineStats } from '../../src/lines/line.ts';
import { PLAIN_POLICY } from '../pipeline/plain_sound.ts';
import { sharedParts } from '../pipeline/shared_parts.ts';
import { steepest } from '../pipeline/stage_bench.ts';
import { createSession, type NotingWire } from '../sip/rtp/session_rig.ts';
import { hear, speak } from './halves.ts';

const shared = await sharedParts(1, 1);
/** What the agent says, full scale 1. */
const LEVEL = 0.25;
const RAMP_MS = 5;
const AUDIBLE = 0.002;
/** So much of each ramp is not. */
const QUIET_SAMPLES = Array.from(
  { length: 40 },
  (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / 40),
).filter(gain => gain * LEVEL < AUDIBLE).length;
const IGNORED = () => undefined;

/** A line that sends by RTP what it is given. */
class WireLine implements Line {
  readonly kind = 'trunk';
  readonly party = { from: '', to: '' };
  readonly rateHz: PipelineRateHz;
  readonly playoutDelayMs: number;
  readonly wire: NotingWire;
  readonly spread: SendSpread;
  readonly #session: RtpSession;
  readonly #codecs: CodecLeg;
  readonly #codec: CodecName;

  constructor(rateHz: PipelineRateHz, codec: CodecName, ptimeMs: number) {
    this.rateHz = rateHz;
    this.playoutDelayMs = ptimeMs;
    this.#codec = codec;
    this.#codecs = CodecLeg.open(rateHz, shared.memory)!;
    const { session, wire, spread } = createSession(
      { codecs: this.#codecs },
      { codec, ptimeMs, sendPayloadType: CODECS[codec].payloadType },
    );
    this.#session = session;
    this.wire = wire;
    this.spread = spread;
  }

  pull(frame: Frame): void {
    frame.samples.fill(0);
  }

  push(frame: Frame): void {
    this.#session.push(frame.samples, 0);
  }

  flush(): number {
    return this.#session.flush();
  }

  measureDelay(): void {}

  press(): void {}

  stats(): LineStats {
    return { framesPulled: 0, framesConcealed: 0, framesPushed: 0, framesDropped: 0, jitterBufferMs: 0 };
  }

  async close(): Promise<void> {
    this.#codecs.close();
  }

  /** What the far end decoded, at the codec's rate, and whether its packets follow each other without a hole. */
  heard(): { readonly samples: Float32Array; readonly isWhole: boolean } {
    const decode = CODECS[this.#codec].createDecoder();
    const samples: number[] = [];
    const times: number[] = [];
    for (const { bytes } of this.wire.rtp) {
      times.push(Buffer.from(bytes).readUInt32BE(4));
      for (const sample of decode(bytes.subarray(12))) samples.push(sample / 32_768);
    }
    const ticks = 8 * this.playoutDelayMs;
    const isWhole = times.every((time, i) => i === 0 || (time - times[i - 1]!) >>> 0 === ticks);
    return { samples: Float32Array.from(samples), isWhole };
  }
}

/** The agent speaks from the third tick on and is cut after so many more; with packets of that tick sent before, or not. */
async function cutAfter(line: WireLine, speechTicks: number, isSent: boolean): Promise<number> {
  const slot = slotView(createSlotMemory(1), 0);
  const call = new AudioCall(
    { slot, rateHz: line.rateHz, shared, policy: PLAIN_POLICY, openLine: () => line },
    {
      answered: IGNORED,
      turn: IGNORED,
      dtmf: IGNORED,
      playoutStarted: IGNORED,
      playoutDrained: IGNORED,
      ended: IGNORED,
    },
  );
  const tick = () => {
    line.spread.startTick();
    hear(call);
    speak(call);
  };
  call.answered();
  tick();
  tick();
  new SpeechWriter(slot).write(new Int16Array(line.rateHz / 2).fill(LEVEL * 32_768));
  for (let i = 0; i < speechTicks; i += 1) tick();
  if (isSent) line.spread.startTick();
  call.cut(0);
  for (let i = 0; i < 12; i += 1) tick();
  const heardSamples = slot.control[CONTROL.played]!;
  await call.closed();
  return heardSamples;
}

for (const codec of ['PCMU', 'PCMA', 'G722'] as const) {
  for (const rateHz of [8000, 16_000] as const) {
    t.test(`what is heard of speech that is cut: ${codec}, call at ${rateHz} Hz`, async t => {
      const codecHz = CODECS[codec].rateHz;
      const isExact = codecHz === rateHz && codec !== 'G722';
      for (const ptimeMs of [10, 20, 30, 40, 60]) {
        for (let phase = 0; phase < ptimeMs / 10; phase += 1) {
          for (const isSent of [true, false]) {
            const line = new WireLine(rateHz, codec, ptimeMs);
            const heardSamples = await cutAfter(line, 12 + phase, isSent);
            const { samples, isWhole } = line.heard();
            const told = `${ptimeMs} ms, ${12 + phase} frames, ${isSent ? 'sent' : 'waiting'}`;
            // Half of each ramp lies above half of the level.
            const loudMs = (samples.filter(sample => sample > LEVEL / 2).length * 1000) / codecHz;
            const heardMs = (heardSamples * 1000) / rateHz;
            const offMs = loudMs - (heardMs - RAMP_MS);
            // G.722 needs a moment to forget what was taken back.
            t.ok(Math.abs(offMs) <= (codec === 'G722' ? 1.5 : 0.5), `${told}: off by ${offMs} ms`);
            if (isExact) {
              const audible = samples.filter(sample => sample > AUDIBLE).length;
              t.equal(audible + 2 * QUIET_SAMPLES, heardSamples, told);
            }
            t.ok(isWhole, `${told}: no hole in time`);
            if (isExact) t.ok(steepest(samples) < 0.025, `${told}: steps of ${steepest(samples)}`);
          }
        }
      }
    });
  }
}
