import type { Sound } from '../wire/onset.ts';
import type { Track } from '../wire/track.ts';
import { findClicks } from './clicks.ts';
import type { Reception } from './incoming_stream.ts';
import { type Drift, driftOf, findReturns } from './marker.ts';

/** The far end was cut into; times are milliseconds since answer. */
export interface Interruption {
  readonly startMs: number;
  /** From our first packet to the far end's last sound; undefined when it did not fall silent. */
  readonly stopMs: number | undefined;
}

/** What the wire showed of one call. Without a figure: it did not come so far. */
export interface CallRecord {
  readonly index: number;
  readonly callId: string;
  readonly outcome: 'underWay' | 'answered' | 'refused' | 'noAnswer' | 'noMedia';
  /** Of the far end's refusal. */
  readonly status: number | undefined;
  /** From the INVITE to the first response, and to the 200. */
  readonly provisionalMs: number | undefined;
  readonly setupMs: number | undefined;
  /** From the 200 on. */
  readonly firstPacketMs: number | undefined;
  readonly firstSoundMs: number | undefined;
  readonly durationMs: number | undefined;
  readonly endedBy: 'remote' | 'local' | undefined;
  readonly packetsSent: number;
  /** By the impairments of both directions. */
  readonly packetsDropped: number;
  readonly reception: Reception | undefined;
  readonly rtcpPackets: number;
  /** RTP from another port than the one described. */
  readonly strangers: number;
  readonly sounds: readonly Sound[];
  readonly interruptions: readonly Interruption[];
  /** Presses that the far end takes no events for. */
  readonly refusedKeys: number;
  /** Steps whose sound or quiet did not come. */
  readonly unheardSteps: number;
  /** Final responses to requests within the call. */
  readonly replies: readonly { readonly method: string; readonly status: number }[];
  /** When markers were sent. */
  readonly marksMs: readonly number[];
  readonly heard: Track | undefined;
}

export type OneWay =
  /** Not one packet came. */
  | 'nothingCame'
  /** None came for two seconds. */
  | 'wentSilent'
  /** Packets came, but none of the markers: the far end does not hear us. */
  | 'unheard';

const LEAST_JUDGED_MS = 2000;

/** Which direction of an answered call does not work, if any. */
export function oneWayOf(record: CallRecord): OneWay | undefined {
  const { reception, durationMs = 0, marksMs, heard } = record;
  if (record.outcome !== 'answered' || reception === undefined || durationMs < LEAST_JUDGED_MS)
    return undefined;
  if (reception.packets === 0) return 'nothingCame';
  if (reception.longestGapMs >= LEAST_JUDGED_MS) return 'wentSilent';
  return heard !== undefined && marksMs.length > 0 && driftIn(record) === undefined ? 'unheard' : undefined;
}

/** Undefined when no marker came back. Takes milliseconds for each marker: for after the run. */
export function driftIn({ marksMs, heard }: CallRecord): Drift | undefined {
  return heard === undefined ? undefined : driftOf(findReturns(marksMs, heard), marksMs.length);
}

/** Milliseconds since answer; undefined where nothing was kept. */
export function clicksIn({ heard }: CallRecord): readonly number[] | undefined {
  return heard === undefined ? undefined : findClicks(heard.pcm, heard.rateHz);
}
