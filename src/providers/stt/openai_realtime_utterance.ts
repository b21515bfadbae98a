import { Resampler } from '../../../pipeline/resample.ts';
import type { FaultKind, ProviderFault } from '../provider_fault.ts';
import type { Recognition, SttOptions, SttSession } from '../types.ts';
import type { RealtimeConnection } from './openai_realtime_connection.ts';
import { type FinalLimits, RemoteUtterance } from './remote_utterance.ts';
import { SettleAsks } from './settle_asks.ts';

/** The one rate of the API's PCM; its other formats are G.711, which not all of its models and followers take. */
export const WIRE_RATE_HZ = 24_000;
const PIECE_MS = 50;
/** The API refuses to commit less than 100 ms; a resampler may round. */
const LEAST_SAMPLES = 0.11 * WIRE_RATE_HZ;

export interface RealtimeUtteranceOptions {
  readonly name: string;
  readonly rateHz: SttOptions['rateHz'];
  readonly onPartial: ((text: string) => void) | undefined;
  readonly limits: Partial<FinalLimits> | undefined;
  /** Settings of the session that hears it. */
  readonly session: unknown;
  /** In place of one that turned out to be gone. */
  readonly connect: () => RealtimeConnection;
  /** Told once, with the connection that it had last; `wasUsed` where sound went over it. */
  readonly over: (connection: RealtimeConnection | undefined, isWell: boolean, wasUsed: boolean) => void;
}

/**
 * One utterance. Each commit ends an item, which is written down by itself: at the end, and before that wherever somebody asks
 * what was said so far. The sound is kept until the end, since another connection may have to be told it all.
 */
export class RealtimeUtterance implements SttSession {
  readonly #options: RealtimeUtteranceOptions;
  readonly #session: RemoteUtterance;
  readonly #resampler: Resampler;
  readonly #sent: Int16Array[] = [];
  #connection: RealtimeConnection | undefined;
  /** Samples since the last commit. */
  #uncommitted = 0;
  #commits = 0;
  /** By commits. */
  readonly #asks: SettleAsks;
  /** What all commits that were answered come to. */
  #told: { readonly commits: number; readonly recognition: Recognition } | undefined;

  constructor(options: RealtimeUtteranceOptions) {
    this.#options = options;
    const { name, rateHz, limits, onPartial } = options;
    this.#asks = new SettleAsks(name);
    this.#resampler = new Resampler(rateHz, WIRE_RATE_HZ);
    this.#session = new RemoteUtterance({
      name,
      rateHz,
      limits,
      onPartial,
      pieceMs: PIECE_MS,
      audio: pcm => this.#append(this.#resampler.push(Float32Array.from(pcm))),
      end: () => this.#end(),
      over: (isWell, fault) => this.#over(isWell, fault),
    });
  }

  /** A connection that was kept may be gone: then it begins again on another. */
  begin(connection: RealtimeConnection, mayBeGone: boolean): void {
    this.#connection = connection;
    connection.configure(this.#options.session);
    const onStale = () => this.begin(this.#options.connect(), false);
    connection.begin(
      this.#session,
      (commits, recognition) => this.#heard(commits, recognition),
      mayBeGone ? onStale : undefined,
    );
    for (const pcm of this.#sent) connection.append(pcm);
    const isAsked = !this.#asks.isEmpty || this.#session.isFinishing;
    this.#commits = 0;
    this.#uncommitted = this.#sent.reduce((sum, { length }) => sum + length, 0);
    this.#asks.startAgain();
    if (isAsked) this.#commit();
  }

  write(pcm: Int16Array): void {
    this.#session.write(pcm);
  }

  async settle(): Promise<Recognition> {
    this.#session.flush();
    this.#asks.begin(this.#session.isFinishing);
    if (this.#uncommitted >= LEAST_SAMPLES) this.#commit();
    else if (this.#commits === 0) throw this.#asks.refusal('has not heard a word yet');
    if (this.#told?.commits === this.#commits) return this.#told.recognition;
    return this.#asks.ask(this.#commits);
  }

  finish(): Promise<Recognition> {
    return this.#session.finish();
  }

  cancel(): void {
    this.#session.cancel();
  }

  fail(kind: FaultKind, what: string): void {
    this.#session.fail(kind, what);
  }

  #append(samples: Float32Array): void {
    if (samples.length === 0) return;
    const pcm = Int16Array.from(samples, clip);
    this.#sent.push(pcm);
    this.#uncommitted += pcm.length;
    this.#connection?.append(pcm);
  }

  #commit(): void {
    this.#commits += 1;
    this.#uncommitted = 0;
    this.#connection?.commit();
  }

  #end(): void {
    // Nothing was said since all of it was asked for.
    if (this.#uncommitted === 0 && this.#commits > 0) {
      if (this.#told?.commits === this.#commits) this.#session.done(this.#told.recognition);
      return;
    }
    this.#append(this.#resampler.end());
    const missing = LEAST_SAMPLES - this.#uncommitted;
    if (missing > 0) this.#append(new Float32Array(missing));
    this.#commit();
  }

  #heard(commits: number, recognition: Recognition): void {
    this.#told = { commits, recognition };
    this.#asks.told(commits, () => recognition);
    if (this.#session.isFinishing && commits === this.#commits) this.#session.done(recognition);
  }

  #over(isWell: boolean, fault: ProviderFault | undefined): void {
    this.#asks.end(fault);
    this.#options.over(this.#connection, isWell, this.#sent.length > 0);
    this.#sent.length = 0;
  }
}

function clip(sample: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(sample)));
}
