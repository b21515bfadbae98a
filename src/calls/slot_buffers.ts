/**
 * The memory that the threads of a media process share, one slot a call. Audio crosses here, in single-producer
 * single-consumer rings of 16-bit samples at the call's pipeline rate; everything else crosses as messages.
 *
 * Positions are absolute sample counts since the slot was opened (kept modulo 2^31; a call at 16 kHz wraps after
 * 37 hours, longer than the call limit).
 */
export interface RingView {
  /** Interleaved samples; its length is a power of two. */
  readonly samples: Int16Array;
  /** [0] = write position, [1] = read position, in samples; use Atomics. */
  readonly positions: Int32Array;
}

export interface SlotView {
  readonly index: number;
  /** Caller's audio at the recogniser's tap: audio thread → talk thread. */
  readonly heard: RingView;
  /** Agent's speech: talk thread → audio thread. */
  readonly speech: RingView;
  /** Both sides on the media clock, interleaved caller/agent: audio thread → recorder. */
  readonly recording: RingView;
  /** See CONTROL. */
  readonly control: Int32Array;
}

/** Words of `SlotView.control`. */
export const CONTROL = {
  /** Raised by the audio thread at every cut: speech written for an older generation is never played. */
  generation: 0,
  /** The generation that the talk thread has seen; until it equals `generation` the speech ring is discarded. */
  acknowledged: 1,
  /** Samples of agent speech heard by the far end since the slot was opened: sent to the line, flushed ones not counted. */
  played: 2,
  /** 1 while the recorder wants samples. */
  recording: 3,
  /** Frames that found a ring full, by ring. */
  heardOverflows: 4,
  recordingOverflows: 5,
  /** Media time of the caller's leg in milliseconds since answer. */
  mediaMs: 6,
  /** Ring position at which the acknowledged generation's speech begins, stored before `acknowledged`. */
  speechFrom: 7,
  /** 1 while silence is to be recorded. */
  recordingPaused: 8,
  /** For which the rings of the call are laid out; 0 before the slot's first call. */
  rateHz: 9,
} as const;

const CONTROL_WORDS = 16;

/** Speech comes faster than it is heard; what has no room waits with whoever makes it. */
const RING_SECONDS = { heard: 8, speech: 16, recording: 8 } as const;
const MAX_RATE_HZ = 16000;

const CHANNELS = { heard: 1, speech: 1, recording: 2 } as const;

/** A power of two. At 8 kHz half as many as at 16: what is not touched takes no memory. */
function ringLength(ring: keyof typeof RING_SECONDS, rateHz: number): number {
  return 2 ** Math.ceil(Math.log2(RING_SECONDS[ring] * rateHz * CHANNELS[ring]));
}

const RINGS = ['heard', 'speech', 'recording'] as const;
const POSITION_BYTES = 8;
const WRITE_POSITION = 0;

const SLOT_BYTES =
  CONTROL_WORDS * 4 +
  RINGS.reduce((sum, ring) => sum + POSITION_BYTES + ringLength(ring, MAX_RATE_HZ) * 2, 0);

export function createSlotMemory(slots: number): SharedArrayBuffer {
  return new SharedArrayBuffer(SLOT_BYTES * slots);
}

/** The view of one slot in the shared memory as its call has it, the same from every thread. */
export function slotView(memory: SharedArrayBuffer, index: number): SlotView {
  let offset = index * SLOT_BYTES;
  if (index < 0 || offset + SLOT_BYTES > memory.byteLength) throw new RangeError(`no slot ${index}`);
  const control = new Int32Array(memory, offset, CONTROL_WORDS);
  const rateHz = control[CONTROL.rateHz] || MAX_RATE_HZ;
  offset += CONTROL_WORDS * 4;
  const ring = (name: (typeof RINGS)[number]): RingView => {
    const positions = new Int32Array(memory, offset, 2);
    const samples = new Int16Array(memory, offset + POSITION_BYTES, ringLength(name, rateHz));
    offset += POSITION_BYTES + ringLength(name, MAX_RATE_HZ) * 2;
    return { samples, positions };
  };
  return {
    index,
    heard: ring('heard'),
    speech: ring('speech'),
    recording: ring('recording'),
    control,
  };
}

/**
 * The view of a slot for a new call of this rate, zeroed, so that no caller ever hears another. Only what was written: a
 * slot is megabytes, and the calls that are up wait meanwhile.
 */
export function openSlot(memory: SharedArrayBuffer, index: number, rateHz: number): SlotView {
  const before = slotView(memory, index);
  const { control } = before;
  for (const name of RINGS) {
    const { samples, positions } = before[name];
    const written = positions[WRITE_POSITION]!;
    samples.fill(0, 0, Math.min(written, samples.length));
    positions.fill(0);
  }
  control.fill(0);
  control[CONTROL.rateHz] = rateHz;
  return slotView(memory, index);
}
