import { LIMITS } from '../../src/config/limits.ts';
import { ASSUMED } from './assumptions.ts';
import type { Measured } from './measured.ts';
import { mbPerCallOf, pctCorePerCallOf } from './measured.ts';

/** PCMU in packets of 20 ms: 160 bytes and the heads of RTP, UDP and IPv4 (RFC 3550, 768, 791). */
const BYTES_PER_PACKET = 160 + 12 + 8 + 20;
const PACKETS_PER_S = 50;
/** Linear samples of 16 bits to the recogniser at 8 kHz, and from the voice at 24 kHz. */
const RECOGNISER_KBITS = 128;
const VOICE_KBITS = 384;
/** A recording: two channels of 16 bits at 8 kHz. */
const RECORDING_BYTES_PER_S = 32_000;
/** Events of every call, its row and those of its ladder, measures and recording (src/store/events.ts). */
const ROWS_PER_CALL = 12;
/** turn.caller, turn.agent, turn.latency, a slot now and then, and the two rows of turns. */
const ROWS_PER_EXCHANGE = 6;

/** What a call needs. */
export interface CallNeeds {
  readonly pctCore: number;
  readonly mb: number;
  /** Kilobits a second, without Ethernet. */
  readonly kbitsIn: number;
  readonly kbitsOut: number;
  readonly recordingBytesPerS: number;
  readonly rowsPerMinute: number;
  readonly rowsPerCall: number;
}

export interface NodeCapacity {
  readonly cores: number;
  readonly processes: number;
  /** `media.callsPerProcess` */
  readonly slotsPerProcess: number;
  readonly slots: number;
  /** How many calls each thing would allow for, were it the only one. */
  readonly saturatesAt: Readonly<Record<'cores' | 'lateness' | 'memory' | 'network' | 'setups', number>>;
}

export function needsOf(measured: Measured): CallNeeds {
  const rtpKbits = (BYTES_PER_PACKET * PACKETS_PER_S * 8) / 1000;
  return {
    pctCore: pctCorePerCallOf(measured),
    mb: mbPerCallOf(measured),
    kbitsIn: rtpKbits + VOICE_KBITS * ASSUMED.agentSpeaks,
    kbitsOut: rtpKbits + RECOGNISER_KBITS * ASSUMED.callerSpeaks,
    recordingBytesPerS: RECORDING_BYTES_PER_S,
    rowsPerMinute: ROWS_PER_EXCHANGE * ASSUMED.exchangesPerMinute,
    rowsPerCall: ROWS_PER_CALL,
  };
}

/** Of the log-normal handling time: exp(μ + σ²/2). */
export const MEAN_HANDLING_S = ASSUMED.handlingMedianS * Math.exp(ASSUMED.handlingSigma ** 2 / 2);

/** A media process for each core; edge, api, jobs and services are paid for by what a call costs. */
export function capacityOf(measured: Measured, needs = needsOf(measured)): NodeCapacity {
  const cores = ASSUMED.coresPerNode;
  const byCore = Math.floor((ASSUMED.fullestCore * 100) / needs.pctCore);
  const slotsPerProcess = Math.max(
    1,
    Math.min(byCore, measured.mostCallsPerProcess, LIMITS.callsPerMediaProcess),
  );
  const memoryMb = ASSUMED.memoryGiBPerNode * 1024 - ASSUMED.nodeRestMb;
  return {
    cores,
    processes: cores,
    slotsPerProcess,
    slots: cores * slotsPerProcess,
    saturatesAt: {
      cores: Math.floor((cores * 100) / needs.pctCore),
      lateness: cores * measured.mostCallsPerProcess,
      memory: Math.floor(memoryMb / needs.mb),
      network: Math.floor((ASSUMED.networkMbitPerNode * 1000) / Math.max(needs.kbitsIn, needs.kbitsOut)),
      setups: Math.floor(measured.setupsPerCoreS * MEAN_HANDLING_S),
    },
  };
}

/** Rows a second that so many calls make. */
export function rowsPerSecond(calls: number, needs: CallNeeds): number {
  return calls * (needs.rowsPerMinute / 60 + needs.rowsPerCall / MEAN_HANDLING_S);
}
