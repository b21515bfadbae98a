import { type CallRecord, clicksIn, driftIn, type OneWay, oneWayOf } from './call_record.ts';

interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What the wire showed of all calls together; times in milliseconds. */
export interface LoadReport {
  readonly calls: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Final statuses of refusals. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly provisionalMs: Spread | undefined;
  readonly setupMs: Spread | undefined;
  readonly firstPacketMs: Spread | undefined;
  readonly firstSoundMs: Spread | undefined;
  /** How long the far end still talked after it was cut into. */
  readonly stopMs: Spread | undefined;
  /** Interruptions after which it did not fall silent. */
  readonly ignoredInterruptions: number;
  readonly oneWay: Readonly<Partial<Record<OneWay, number>>>;
  readonly endedByTarget: number;
  readonly packetsSent: number;
  readonly packetsDropped: number;
  readonly received: ReceivedTotals;
  /** Of the calls that kept what they heard. */
  readonly markers: MarkerTotals | undefined;
  readonly clicks: number | undefined;
  readonly unheardSteps: number;
  readonly refusedKeys: number;
  /** Requests within calls that were answered otherwise than by 2xx. */
  readonly refusedRequests: number;
}

interface ReceivedTotals {
  readonly packets: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly late: number;
  readonly ignored: number;
  readonly strangers: number;
  readonly restarts: number;
  readonly gaps: number;
  readonly longestGapMs: number;
  readonly jitterMs: Spread | undefined;
  readonly skewPpm: Spread | undefined;
  readonly rtcpPackets: number;
}

interface MarkerTotals {
  readonly sent: number;
  readonly returned: number;
  readonly delayMs: Spread | undefined;
  readonly driftMs: Spread | undefined;
  readonly driftPpm: Spread | undefined;
}

/** Finding markers takes milliseconds for each: for after the run. */
export function reportOn(records: readonly CallRecord[]): LoadReport {
  const spread = (figure: (record: CallRecord) => number | undefined): Spread | undefined =>
    spreadOf(records.flatMap(record => figure(record) ?? []));
  const interruptions = records.flatMap(record => record.interruptions);
  const replies = records.flatMap(record => record.replies);
  return {
    calls: records.length,
    outcomes: tally(records.map(({ outcome }) => outcome)),
    statuses: tally(records.flatMap(({ status }) => (status === undefined ? [] : [String(status)]))),
    provisionalMs: spread(({ provisionalMs }) => provisionalMs),
    setupMs: spread(({ setupMs }) => setupMs),
    firstPacketMs: spread(({ firstPacketMs }) => firstPacketMs),
    firstSoundMs: spread(({ firstSoundMs }) => firstSoundMs),
    stopMs: spreadOf(interruptions.flatMap(({ stopMs }) => stopMs ?? [])),
    ignoredInterruptions: interruptions.filter(({ stopMs }) => stopMs === undefined).length,
    oneWay: tally(records.flatMap(record => oneWayOf(record) ?? [])),
    endedByTarget: records.filter(({ endedBy }) => endedBy === 'remote').length,
    packetsSent: sum(records, ({ packetsSent }) => packetsSent),
    packetsDropped: sum(records, ({ packetsDropped }) => packetsDropped),
    received: receivedBy(records),
    markers: markersOf(records),
    clicks: clicksOf(records),
    unheardSteps: sum(records, ({ unheardSteps }) => unheardSteps),
    refusedKeys: sum(records, ({ refusedKeys }) => refusedKeys),
    refusedRequests: replies.filter(({ status }) => status < 200 || status >= 300).length,
  };
}

function receivedBy(records: readonly CallRecord[]): ReceivedTotals {
  const receptions = records.flatMap(({ reception }) => reception ?? []);
  return {
    packets: sum(receptions, ({ packets }) => packets),
    lost: sum(receptions, ({ lost }) => lost),
    duplicates: sum(receptions, ({ duplicates }) => duplicates),
    reordered: sum(receptions, ({ reordered }) => reordered),
    late: sum(receptions, ({ late }) => late),
    ignored: sum(receptions, ({ ignored }) => ignored),
    strangers: sum(records, ({ strangers }) => strangers),
    restarts: sum(receptions, ({ restarts }) => restarts),
    gaps: sum(receptions, ({ gapCount }) => gapCount),
    longestGapMs: round(Math.max(0, ...receptions.map(({ longestGapMs }) => longestGapMs))),
    jitterMs: spreadOf(receptions.map(({ mostJitterMs }) => mostJitterMs)),
    skewPpm: spreadOf(receptions.flatMap(({ skewPpm }) => skewPpm ?? [])),
    rtcpPackets: sum(records, ({ rtcpPackets }) => rtcpPackets),
  };
}

function markersOf(records: readonly CallRecord[]): MarkerTotals | undefined {
  const marked = records.filter(({ heard, marksMs }) => heard !== undefined && marksMs.length > 0);
  if (marked.length === 0) return undefined;
  const drifts = marked.flatMap(record => driftIn(record) ?? []);
  return {
    sent: sum(marked, ({ marksMs }) => marksMs.length),
    returned: sum(drifts, ({ returned }) => returned),
    delayMs: spreadOf(drifts.map(({ medianDelayMs }) => medianDelayMs)),
    driftMs: spreadOf(drifts.map(({ driftMs }) => driftMs)),
    driftPpm: spreadOf(drifts.flatMap(({ driftPpm }) => driftPpm ?? [])),
  };
}

function clicksOf(records: readonly CallRecord[]): number | undefined {
  const kept = records.flatMap(record => clicksIn(record)?.length ?? []);
  return kept.length === 0 ? undefined : sum(kept, count => count);
}

/** Undefined of nothing. */
function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.ceil(sorted.length * share) - 1]!);
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

function tally<T extends string>(words: readonly T[]): Record<T, number> {
  const counts = {} as Record<T, number>;
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

function sum<T>(items: readonly T[], figure: (item: T) => number): number {
  return items.reduce((total, item) => total + figure(item), 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
