/**
 * What the simulation takes for granted because no bench has measured it: the traffic, the machines and their prices. Every
 * one can be argued about; `npm run bench -- fleet` shows what becomes of the result when those that matter are changed.
 */

export interface RegionAssumption {
  readonly name: string;
  /** Of the calls of all regions over the day. */
  readonly share: number;
  readonly hoursFromUtc: number;
}

export const REGIONS: readonly RegionAssumption[] = [
  { name: 'americas', share: 0.4, hoursFromUtc: -6 },
  { name: 'europe', share: 0.35, hoursFromUtc: 1 },
  { name: 'asia', share: 0.25, hoursFromUtc: 8 },
];

/** Calls in each hour of a region's own day, of those in its busiest: an office's mornings and afternoons. */
export const DAILY_CURVE: readonly number[] = [
  0.06, 0.04, 0.03, 0.03, 0.04, 0.08, 0.18, 0.4, 0.72, 0.94, 1, 0.97, 0.82, 0.86, 0.95, 0.93, 0.85, 0.7, 0.52,
  0.4, 0.31, 0.24, 0.16, 0.1,
];

export const ASSUMED = {
  /** Handling time: log-normal. Of ten calls of `npm run bench -- calls` the median was 157 s. */
  handlingMedianS: 180,
  handlingSigma: 0.7,
  handlingMostS: 7200,
  /** Who is refused or cut off calls again with this probability, after so long on average, so often. */
  redialShare: 0.8,
  redialMeanS: 20,
  redialsMost: 3,
  /** Conversation, recogniser's and providers' sockets, recorder, edge, api, Postgres and Redis, until `density` is there. */
  talkPctCorePerCall: 0.15,
  mbPerCall: 3,
  /** A node without calls: its processes at rest. */
  nodeRestMb: 1500,
  coresPerNode: 8,
  memoryGiBPerNode: 16,
  networkMbitPerNode: 10_000,
  /** Of a core that calls may fill: what is left is for bursts, the kernel and neighbours. */
  fullestCore: 0.75,
  /** Of a region's slots that the autoscaler wants in use. */
  wantedUse: 0.7,
  scaleEveryS: 30,
  /** From the order until the node takes calls. */
  nodeStartS: 180,
  /** So long fewer nodes have to be enough before one goes. */
  scaleInAfterS: 600,
  leastNodes: 2,
  /** `drainS` of these nodes; the default of 120 s cuts off who talks for longer. */
  drainS: 1800,
  /** Mean time between failures. */
  processFailsAfterDays: 7,
  nodeFailsAfterDays: 30,
  /** Of failing processes those that hang; in the bench `takeover` 3 of 10. */
  hungShare: 0.3,
  /** From the death of a media process until it is back and takes its own calls, where no sibling has slots. */
  processRestartS: 3,
  /** Nodes of a region that are asked, one after the other, until one takes the call; then one of each other region. */
  nodesAsked: 3,
  /** One region is away: its calls end, and until proxies have noticed new ones go nowhere. */
  outage: { region: 'europe', atHourUtc: 13, minutes: 45, noticedAfterS: 30 },
  /** Every node is replaced once, one after the other in each region. */
  upgradeAtHourUtc: 16,
  exchangesPerMinute: 8.5,
  /** Share of a call in which the caller speaks: only that goes to the recogniser. */
  callerSpeaks: 0.4,
  agentSpeaks: 0.4,
  bytesPerRow: 500,
  recordingsKeptDays: 30,
} as const;

export interface Price {
  readonly what: string;
  readonly usd: number;
  readonly unit: string;
  readonly source: string;
}

/** List prices, without discounts. Providers of speech and models, and the trunk, are not in it: they cost what they cost anyway. */
export const PRICES = {
  node: {
    what: 'a machine of 8 virtual processors and 16 GiB (c5.2xlarge, us-east-1, on demand)',
    usd: 0.34,
    unit: 'hour',
    source:
      'https://docs.amazonaws.cn/en_us/autoscaling/ec2/userguide/weights-spot-price-per-unit-hour-example.html',
  },
  egress: {
    what: 'traffic out to the Internet, first tier',
    usd: 0.09,
    unit: 'GB',
    source: 'https://aws.amazon.com/ec2/pricing/on-demand/ (data transfer)',
  },
  storage: {
    what: 'recordings in an object store',
    usd: 0.023,
    unit: 'GB and month',
    source: 'https://aws.amazon.com/s3/pricing/ (standard, first tier)',
  },
} as const satisfies Readonly<Record<string, Price>>;
