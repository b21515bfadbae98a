import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { ProviderMetrics } from './provider_metrics.ts';

/** A media process as its `load` messages describe it. */
interface MediaSample {
  readonly calls: number;
  readonly maxCalls: number;
  readonly tickLatenessP99Ms: number;
  readonly draining: boolean;
  readonly spoolFull: boolean;
  readonly busyShare: number;
  readonly shed: readonly string[];
}

const HTTP_BUCKETS_S = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Caller's last sound to agent's first frame: fine around the figures that people notice. */
const TURN_BUCKETS_S = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1, 1.25, 1.5, 2, 3, 5];
const LAG_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600];

/**
 * What a node shows Prometheus (https://prometheus.io/docs/practices/naming): base units in the names, totals count up,
 * labels take few values and never personal data.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #ofMedia: Gauge<'media'>[] = [];
  readonly providers = new ProviderMetrics(this.#registry);
  readonly #callsActive = this.#mediaGauge('calls_active', 'Calls that a media process carries.');
  readonly #callSlots = this.#mediaGauge('call_slots', 'Calls that a media process can carry.');
  readonly #lateness = this.#mediaGauge(
    'media_tick_lateness_p99_seconds',
    'How late the 10 ms clock of a media process was, 99th percentile of its latest report.',
  );
  readonly #draining = this.#mediaGauge('media_draining', '1 while a media process takes no new calls.');
  readonly #spoolFull = this.#mediaGauge(
    'media_spool_full',
    '1 while a media process takes no new calls because its event spool is full.',
  );
  readonly #busyShare = this.#mediaGauge(
    'media_busy_ratio',
    'How much of its time the audio thread of a media process was busy over the last seconds.',
  );
  readonly #shed = this.#mediaGauge(
    'media_shed',
    'What a media process has given up to be in time: 0 nothing, 1 strong noise suppression, 2 new calls, too.',
  );
  readonly #roleDeaths = this.#counter(
    'role_deaths_total',
    'Times that a process of the node ended unasked and was started again, since the node started.',
    ['role'],
  );
  readonly #roleHangs = this.#counter(
    'role_hangs_total',
    'Of these, those that the node ended itself because the process, or a thread of it, no longer answered.',
    ['role'],
  );
  readonly #eventReaders = new Gauge({
    name: 'trunkline_event_readers',
    help: 'Readers of the event stream.',
    registers: [this.#registry],
  });
  readonly #eventReadersDropped = this.#counter(
    'event_readers_dropped_total',
    'Readers of the event stream that were disconnected because they were too slow.',
  );
  readonly #callsEnded = this.#counter('calls_ended_total', 'Calls that ended.', ['disposition']);
  readonly #callsNotAdmitted = this.#counter(
    'calls_not_admitted_total',
    'Calls that were turned away before they were answered, by the code of the error.',
    ['code'],
  );
  readonly #sipTurnedAway = this.#counter(
    'sip_requests_turned_away_total',
    'SIP requests that no trunk let in, and datagrams and connections that were not read for what came before them.',
    ['cause'],
  );
  readonly #eventLag = new Histogram({
    name: 'trunkline_call_event_lag_seconds',
    help: 'From the moment of an event through spool and database to its publication.',
    buckets: LAG_BUCKETS_S,
    registers: [this.#registry],
  });
  readonly #turnLatency = new Histogram({
    name: 'trunkline_turn_latency_seconds',
    help: "From the caller's last sound to the first frame of the answer.",
    buckets: TURN_BUCKETS_S,
    registers: [this.#registry],
  });
  readonly #turnStep = new Histogram({
    name: 'trunkline_turn_step_seconds',
    help: "From the caller's last sound to each step of the answer; the first ones may come before it.",
    labelNames: ['step'],
    buckets: TURN_BUCKETS_S,
    registers: [this.#registry],
  });
  readonly #turnProvider = new Histogram({
    name: 'trunkline_turn_provider_seconds',
    help: 'In turns that were answered: from when a provider was asked to its final, first token or first sound.',
    labelNames: ['role', 'provider'],
    buckets: TURN_BUCKETS_S,
    registers: [this.#registry],
  });
  readonly #httpDuration = new Histogram({
    name: 'trunkline_http_request_duration_seconds',
    help: 'Requests to the control plane, from their first byte to the end of the answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: HTTP_BUCKETS_S,
    registers: [this.#registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text exposition format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  mediaLoad(media: string, load: MediaSample): void {
    this.#callsActive.set({ media }, load.calls);
    this.#callSlots.set({ media }, load.maxCalls);
    this.#lateness.set({ media }, load.tickLatenessP99Ms / 1000);
    this.#draining.set({ media }, load.draining ? 1 : 0);
    this.#spoolFull.set({ media }, load.spoolFull ? 1 : 0);
    this.#busyShare.set({ media }, load.busyShare);
    this.#shed.set({ media }, load.shed.length);
  }

  mediaGone(media: string): void {
    for (const gauge of this.#ofMedia) gauge.remove({ media });
  }

  /** The totals so far. */
  roleFaults(
    roles: readonly { readonly role: string; readonly deaths: number; readonly hangs: number }[],
  ): void {
    this.#roleDeaths.reset();
    this.#roleHangs.reset();
    for (const { role, deaths, hangs } of roles) {
      this.#roleDeaths.inc({ role }, deaths);
      this.#roleHangs.inc({ role }, hangs);
    }
  }

  eventReaders(count: number): void {
    this.#eventReaders.set(count);
  }

  eventReaderDropped(): void {
    this.#eventReadersDropped.inc();
  }

  callEvent(lagMs: number): void {
    this.#eventLag.observe(lagMs / 1000);
  }

  callsNotAdmitted(code: string, calls: number): void {
    this.#callsNotAdmitted.inc({ code }, calls);
  }

  sipTurnedAway(cause: string, requests: number): void {
    this.#sipTurnedAway.inc({ cause }, requests);
  }

  callEnded(disposition: string): void {
    this.#callsEnded.inc({ disposition });
  }

  turnLatency(ms: number): void {
    this.#turnLatency.observe(ms / 1000);
  }

  turnStep(step: string, ms: number): void {
    this.#turnStep.observe({ step }, ms / 1000);
  }

  turnProvider(role: 'heard' | 'thought' | 'spoke', provider: string, ms: number): void {
    this.#turnProvider.observe({ role, provider }, ms / 1000);
  }

  /** @param route the pattern, never the path as asked for */
  httpRequest(request: { method: string; route: string; status: number; durationMs: number }): void {
    const { method, route, status, durationMs } = request;
    this.#httpDuration.observe({ method, route, status }, durationMs / 1000);
  }

  /**
   * A figure that is looked up when Prometheus asks.
   * @param name in base units, without the project's name in front
   */
  gaugeOnDemand(name: string, help: string, read: () => Promise<number>): void {
    const gauge = new Gauge({
      name: `trunkline_${name}`,
      help,
      registers: [],
      async collect() {
        this.set(await read());
      },
    });
    this.#registry.registerMetric(gauge);
  }

  #mediaGauge(name: string, help: string): Gauge<'media'> {
    const gauge = new Gauge({
      name: `trunkline_${name}`,
      help,
      labelNames: ['media' as const],
      registers: [this.#registry],
    });
    this.#ofMedia.push(gauge);
    return gauge;
  }

  #counter<T extends string>(name: string, help: string, labelNames: T[] = []): Counter<T> {
    return new Counter({ name: `trunkline_${name}`, help, labelNames, registers: [this.#registry] });
  }
}
