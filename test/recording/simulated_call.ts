import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame, PipelineRateHz } from '../../pipeline/frame.ts';
import { AudioCall } from '../../src/calls/audio_call.ts';
import { MediaClock } from '../../src/calls/media_clock.ts';
import { CONTROL, createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import { SpeechWriter } from '../../src/calls/speech_writer.ts';
import { JitterBuffer } from '../../src/lines/jitter_buffer.ts';
import type { LineEvents } from '../../src/lines/line.ts';
import { Recorders } from '../../src/recording/recorder.ts';
import { HEAD_BYTES } from '../../src/recording/wav_file.ts';
import { hear, speak } from '../calls/halves.ts';
import { HandLine } from '../calls/hand_line.ts';
import { HandTime } from '../calls/hand_time.ts';
import { PLAIN_POLICY } from '../pipeline/plain_sound.ts';
import { sharedParts } from '../pipeline/shared_parts.ts';

const shared = await sharedParts(16);

/** How the caller's frames and the process behave in a simulated call. */
export interface Weather {
  readonly seconds: number;
  /** Of the caller's clock, in parts per million: above 0 it is slower than ours. */
  readonly callerSlowPpm?: number;
  /** The delay of each of the caller's frames on its way, in order of sending. */
  readonly delayMs?: (frame: number) => number;
  /** The process is busy for so long from that millisecond of the call on. */
  readonly stalls?: ReadonlyMap<number, number>;
}

/** Places in milliseconds since answer. */
export interface Places {
  readonly truthMs: readonly number[];
  readonly recordedMs: readonly number[];
}

const RATE_HZ = 8000;
const FRAME = RATE_HZ / 100;
/** A mark of each leg in each second, away from the other's. */
const CALLER_MARK_MS = 300;
const AGENT_MARK_MS = 700;
const MARK = 20_000;
/** Also where the other's mark turns the agent down. */
const LEAST_MARK = MARK / 8;
/** Recording begins in mid-call, as after consent. */
const RECORDED_FROM_MS = 2000;

/** A line whose frames go through a jitter buffer, and that notes when the agent's marks went out on the media clock. */
class JitterLine extends HandLine {
  readonly jitter = new JitterBuffer(RATE_HZ);
  readonly agentMarksMs: number[] = [];

  override pull(frame: Frame): void {
    this.jitter.take(frame);
  }

  override push(frame: Frame): void {
    const at = frame.samples.findIndex(sample => sample > LEAST_MARK / 32_768);
    if (at >= 0) this.agentMarksMs.push(((frame.mediaTime + at) * 1000) / RATE_HZ);
  }
}

/** One call on a clock worked by hand, recorded to a file in `dir`; marks of both legs as sent and as recorded. */
export async function simulateCall(
  dir: string,
  weather: Weather,
): Promise<{ readonly caller: Places; readonly agent: Places; readonly durationMs: number }> {
  const { seconds, callerSlowPpm = 0, delayMs = () => 0, stalls = new Map<number, number>() } = weather;
  const slot = slotView(createSlotMemory(1), 0);
  const time = new HandTime();
  const clock = new MediaClock(time);
  let line: JitterLine | undefined;
  const open = (events: LineEvents): JitterLine => {
    line = new JitterLine(RATE_HZ as PipelineRateHz, events);
    return line;
  };
  const parts = { slot, rateHz: RATE_HZ as PipelineRateHz, shared, policy: PLAIN_POLICY, openLine: open };
  const call = new AudioCall(parts, {
    answered: () => {},
    turn: () => {},
    dtmf: () => {},
    playoutStarted: () => {},
    playoutDrained: () => {},
    ended: () => {},
  });
  const speech = new SpeechWriter(slot);
  const recorders = new Recorders(dir, 'media-0', () => {});
  let recorder: ReturnType<Recorders['open']> | undefined;
  const startMs = time.now;
  const callerMarksMs: number[] = [];
  let sent = 0;
  const underway: { readonly arrivalMs: number; readonly samples: Int16Array }[] = [];
  const frameMs = 10 * (1 + callerSlowPpm / 1e6);
  line!.events.answered();
  const tick = (): void => {
    hear(call);
    speak(call);
  };
  clock.add({ tick, skip: frames => call.skip(frames) });
  clock.start();
  while (time.now - startMs < seconds * 1000) {
    const nowMs = time.now - startMs;
    if (nowMs >= RECORDED_FROM_MS && recorder === undefined) {
      recorder = recorders.open({
        tenantId: 'acme',
        callId: 'call-1',
        rateHz: RATE_HZ,
        ring: slot.recording,
      });
      slot.control[CONTROL.recording] = 1;
    }
    if (nowMs % 1000 === 0) speech.write(second(AGENT_MARK_MS));
    time.busyFor(stalls.get(nowMs) ?? 1);
    for (; sent * frameMs <= time.now - startMs; sent += 1) {
      const samples = new Int16Array(FRAME);
      if (sent % 100 === CALLER_MARK_MS / 10) {
        samples[0] = MARK;
        callerMarksMs.push(sent * frameMs);
      }
      underway.push({ arrivalMs: sent * frameMs + delayMs(sent), samples });
    }
    while (underway[0] !== undefined && underway[0].arrivalMs <= time.now - startMs)
      line!.jitter.put(underway.shift()!.samples);
    recorder?.drain();
    await diskKeepsUp(dir, nowMs - RECORDED_FROM_MS);
  }
  const { mediaMs } = call;
  line!.events.ended('remoteHangup');
  const { durationMs } = await recorder!.close();
  const bytes = readFileSync(join(dir, recorder!.file)).subarray(HEAD_BYTES);
  const recorded = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const lastMs = mediaMs - 1000;
  const places = (truthMs: readonly number[], leg: 0 | 1): Places => ({
    truthMs: truthMs.filter(ms => ms > RECORDED_FROM_MS + 1000 && ms < lastMs),
    recordedMs: marksIn(recorded, leg)
      .map(ms => ms + RECORDED_FROM_MS)
      .filter(ms => ms > RECORDED_FROM_MS + 1000 && ms < lastMs),
  });
  return {
    caller: places(callerMarksMs, 0),
    agent: places(line!.agentMarksMs, 1),
    durationMs,
  };
}

/** Simulated time does not run ahead of the disk by more than a quarter of a minute. */
async function diskKeepsUp(dir: string, recordedMs: number): Promise<void> {
  if (recordedMs % 1000 !== 0) return;
  const file = join(dir, 'acme', 'call-1.wav.media-0.part');
  const behind = (): boolean => {
    const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    return bytes < ((recordedMs - 15_000) * RATE_HZ * 4) / 1000;
  };
  while (behind()) await sleep(1);
}

/** A second of the agent's speech with its mark. */
function second(markMs: number): Int16Array {
  const samples = new Int16Array(RATE_HZ).fill(100);
  samples[(markMs * RATE_HZ) / 1000] = MARK;
  return samples;
}

/** Where a leg of the recording has its marks; one that was repeated counts once. */
function marksIn(recorded: Int16Array, leg: 0 | 1): number[] {
  const marks: number[] = [];
  for (let at = leg; at < recorded.length; at += 2) {
    const ms = ((at - leg) / 2 / RATE_HZ) * 1000;
    if (recorded[at]! > LEAST_MARK && ms - (marks.at(-1) ?? -1000) > 100) marks.push(ms);
  }
  return marks;
}
