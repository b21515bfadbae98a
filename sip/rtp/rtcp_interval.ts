/** Share of the session's bandwidth that RTCP may take (RFC 3550 §6.2). */
const BANDWIDTH_SHARE = 0.05;
const LEAST_MS = 5_000;
/** Makes up for what reconsideration shortens on average (§6.3.1). */
const COMPENSATION = Math.E - 1.5;

/**
 * Time until the next report of a call's end (RFC 3550 §6.3.1, §A.7): two members that both send, a twentieth of the
 * bandwidth, at least 5 s and half of that at first, times 0.5…1.5 by chance, so that ends do not fall in step.
 *
 * @param averageBytes mean size of a report with its headers, and `kbitPerS` the bandwidth of the audio
 * @param random 0…1
 */
export function rtcpIntervalMs(
  averageBytes: number,
  kbitPerS: number,
  isFirst: boolean,
  random: number,
): number {
  const bytesPerMs = (kbitPerS / 8) * BANDWIDTH_SHARE;
  const byBandwidthMs = (2 * averageBytes) / bytesPerMs;
  const least = isFirst ? LEAST_MS / 2 : LEAST_MS;
  return (Math.max(least, byBandwidthMs) * (0.5 + random)) / COMPENSATION;
}
