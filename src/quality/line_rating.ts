import { transmissionRating, WITH_CONCEALMENT } from './e_model.ts';

/** One second of a line, as far as its ends know it. */
export interface LineSecond {
  /** There and back on the network; undefined while no report has told. */
  readonly roundTripMs: number | undefined;
  /** Speech in one packet. */
  readonly packetMs: number;
  /** Of the caller's frames, those that were made up. */
  readonly concealedPct: number;
  /** By which the caller is held back against jitter. */
  readonly jitterBufferMs: number;
  /** From the line's frame to whoever listens. */
  readonly pipelineMs: number;
  /** What the far end says of our packets; undefined while it has said nothing. */
  readonly farEnd: { readonly lossPct: number; readonly jitterMs: number } | undefined;
}

/** A far end's own buffer is not told of; it is taken to hold back so many times the jitter that it sees. */
const FAR_BUFFER_JITTERS = 2;

/**
 * Rating of the way from the caller to the agent (G.107). While the round trip is not known, the network's delay counts
 * as none.
 */
export function callerRating(second: LineSecond): number {
  const { packetMs, concealedPct, jitterBufferMs, pipelineMs } = second;
  return transmissionRating({
    delayMs: oneWayMs(second) + packetMs + jitterBufferMs + pipelineMs,
    lossPct: concealedPct,
    codec: WITH_CONCEALMENT,
  });
}

/** The same for the way from the agent to the caller; undefined while the far end has not said what comes of it. */
export function agentRating(second: LineSecond): number | undefined {
  const { packetMs, farEnd } = second;
  if (farEnd === undefined) return undefined;
  return transmissionRating({
    delayMs: oneWayMs(second) + packetMs + FAR_BUFFER_JITTERS * farEnd.jitterMs,
    lossPct: farEnd.lossPct,
    codec: WITH_CONCEALMENT,
  });
}

function oneWayMs({ roundTripMs = 0 }: LineSecond): number {
  return roundTripMs / 2;
}
