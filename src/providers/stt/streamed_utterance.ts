import { LIMITS } from '../../config/limits.ts';
import { type FaultKind, ProviderFault } from '../provider_fault.ts';
import type { Recognition, SttSession } from '../types.ts';
import { HeardSegments } from './heard_segments.ts';
import { RemoteUtterance } from './remote_utterance.ts';
import type { StreamConnection, StreamUser } from './stream_connection.ts';
import type { StreamDialect, StreamEvent, StreamSettings, StreamTimes } from './stream_dialect.ts';
import type { StreamPool } from './stream_pool.ts';

const BYTES_PER_SAMPLE = 2;
/** What the far end calls the end of a stream that went well (RFC 6455 §7.4.1): normal, or no code at all. */
const ORDERLY: ReadonlySet<number | undefined> = new Set([1000, 1005]);
/** Sound that may be missing at the end of what was heard: providers round. */
const ROUNDING_S = 0.005;
const CHECKS_PER_STALL = 10;

/** The words so far were asked for, at so many seconds of sound. */
interface Ask {
  readonly atS: number;
  readonly answer: PromiseWithResolvers<Recognition>;
}

export interface StreamedUtteranceOptions {
  readonly dialect: StreamDialect;
  readonly settings: StreamSettings;
  readonly times: Partial<StreamTimes>;
  readonly pool: StreamPool;
  readonly onPartial: ((text: string) => void) | undefined;
  readonly over: () => void;
}

/**
 * One utterance on a connection of its own, which goes back to the pool only after a final: whatever was cut off would be told
 * in the next utterance. The final is asked for; where that isn't answered, the stream is ended, which makes every provider
 * tell what it has.
 */
export class StreamedUtterance implements SttSession, StreamUser {
  readonly #session: RemoteUtterance;
  readonly #options: StreamedUtteranceOptions;
  readonly #segments = new HeardSegments();
  #connection: StreamConnection;
  /** Kept while an idle connection may turn out to be dead, to be sent again on a new one. */
  #unproven: Uint8Array[] | undefined;
  /** Oldest first, as they are answered. */
  #asks: Ask[] = [];
  /** Up to there everything has been told. */
  #answeredS = -1;
  #isEnding = false;
  #sentBytes = 0;
  #unansweredMs = 0;
  #unansweredSince = 0;
  #isOver = false;
  #watch: NodeJS.Timeout | undefined;
  #patience: NodeJS.Timeout | undefined;

  constructor(options: StreamedUtteranceOptions) {
    this.#options = options;
    const { dialect, settings, times, pool, onPartial } = options;
    const { finalMs = LIMITS.sttFinalMs, silentMs = LIMITS.sttStreamSilentMs } = times;
    this.#session = new RemoteUtterance({
      name: dialect.name,
      rateHz: settings.rateHz,
      limits: { finalMs, silentMs },
      onPartial,
      pieceMs: dialect.leastPieceMs,
      audio: pcm => this.#send(pcm),
      end: () => this.#finish(),
      over: (isWell, fault) => this.#over(isWell, fault),
    });
    const { connection, isReused } = pool.take(settings);
    this.#connection = connection;
    if (isReused) this.#unproven = [];
    connection.begin(this);
  }

  write(pcm: Int16Array): void {
    this.#session.write(pcm);
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

  settle(): Promise<Recognition> {
    this.#session.flush();
    if (this.#isOver || this.#session.isFinishing) return this.#noAnswer('is done with the utterance');
    if (this.#isAllTold) return Promise.resolve(this.#segments.recognition);
    const { answersAlways } = this.#options.dialect;
    if (this.#sentBytes === 0 || (!answersAlways && this.#segments.isSettled))
      return this.#noAnswer('has not heard a word yet');
    return this.#ask().answer.promise;
  }

  heard(event: StreamEvent): void {
    this.#unproven = undefined;
    // A greeting is no answer to sound.
    if (event.type !== 'alive') this.#unansweredMs = 0;
    this.#session.sign();
    if (event.type === 'over') this.#streamEnded();
    else if (event.type === 'answer') this.#answered(undefined);
    else if (event.type === 'words' && !this.#segments.add(event.words))
      this.#session.fail('protocol', 'wrote more than anybody says');
    else if (event.type === 'words') {
      this.#session.partial(this.#segments.text);
      if (event.isAnswer) this.#answered(event.words.endS);
    }
  }

  ended(fault: ProviderFault, closeCode: number | undefined): void {
    if (this.#isEnding && ORDERLY.has(closeCode)) this.#session.done(this.#segments.recognition);
    else if (this.#unproven === undefined || fault.kind !== 'unavailable') this.#session.failWith(fault);
    else this.#beginAgain(this.#unproven);
  }

  /** What was asked for is there: the first that was asked for, and whatever else it covers. */
  #answered(endS: number | undefined): void {
    const [first, ...rest] = this.#asks;
    if (first === undefined) return;
    const reachS = Math.max(first.atS, (endS ?? 0) + ROUNDING_S);
    const covered = [first, ...rest.filter(({ atS }) => atS <= reachS)];
    this.#asks = rest.filter(({ atS }) => atS > reachS);
    this.#answeredS = Math.max(...covered.map(({ atS }) => atS));
    for (const { answer } of covered) answer.resolve(this.#segments.recognition);
    if (this.#session.isFinishing && this.#isAllTold) this.#session.done(this.#segments.recognition);
  }

  /** Nothing was sent since all was told. */
  get #isAllTold(): boolean {
    const toldS = Math.max(this.#answeredS, this.#segments.settledS ?? -1);
    return toldS >= this.#connection.sentS - ROUNDING_S;
  }

  #ask(): Ask {
    const atS = this.#connection.sentS;
    const last = this.#asks.at(-1);
    if (last !== undefined && last.atS >= atS) return last;
    const ask: Ask = { atS, answer: Promise.withResolvers() };
    ask.answer.promise.catch(() => {});
    this.#asks.push(ask);
    this.#connection.askFinal();
    return ask;
  }

  #noAnswer(what: string): Promise<Recognition> {
    const { name } = this.#options.dialect;
    return Promise.reject(new ProviderFault('STT_FAILED', 'refused', `${name} ${what}`));
  }

  #streamEnded(): void {
    if (this.#isEnding) this.#session.done(this.#segments.recognition);
    else this.#session.fail('unavailable', 'ended the stream');
  }

  /** An idle connection died before it told a word: the utterance begins again on a new one. */
  #beginAgain(sent: readonly Uint8Array[]): void {
    this.#unproven = undefined;
    this.#connection = this.#options.pool.dial(this.#options.settings);
    this.#connection.begin(this);
    for (const bytes of sent) this.#connection.sendAudio(bytes);
    this.#isEnding = false;
    // That connection counted its own sound.
    const atS = this.#connection.sentS;
    this.#asks = this.#asks.map(({ answer }) => ({ atS, answer }));
    if (this.#asks.length > 0) this.#connection.askFinal();
    if (this.#session.isFinishing) this.#waitForAnswer();
  }

  /** In pieces as the provider wants them. */
  #send(pcm: Int16Array): void {
    const { dialect, settings } = this.#options;
    const samplesOf = (ms: number): number => (ms * settings.rateHz) / 1000;
    const least = dialect.fillsLastPiece ? samplesOf(dialect.leastPieceMs) : 0;
    const samples = pcm.length < least ? withSilence(pcm, least) : pcm;
    const pieces = Math.ceil(samples.length / samplesOf(dialect.mostPieceMs));
    const pieceBytes = Math.ceil(samples.length / pieces) * BYTES_PER_SAMPLE;
    // Int16Array is little-endian wherever Node runs, and so are the providers.
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    for (let at = 0; at < bytes.length; at += pieceBytes)
      this.#sendBytes(bytes.subarray(at, at + pieceBytes));
    // It may have failed by that.
    if (this.#isOver) return;
    if (this.#unansweredMs === 0) this.#unansweredSince = performance.now();
    this.#unansweredMs += (samples.length * 1000) / settings.rateHz;
    const { stalledMs = LIMITS.sttStalledMs } = this.#options.times;
    this.#watch ??= setInterval(() => this.#checkStall(stalledMs), stalledMs / CHECKS_PER_STALL);
  }

  #sendBytes(bytes: Uint8Array): void {
    this.#sentBytes += bytes.length;
    this.#unproven?.push(bytes);
    this.#connection.sendAudio(bytes);
  }

  /** Half-open: sound goes out, nothing comes back. Where nothing has to come, a ping tells. */
  #checkStall(stalledMs: number): void {
    const { openedAt, silentForMs } = this.#connection;
    const { stalledAudioMs = LIMITS.sttStalledAudioMs } = this.#options.times;
    // After the end of the utterance the session keeps the time.
    if (openedAt === undefined || this.#session.isFinishing) return;
    const sinceMs = performance.now() - Math.max(this.#unansweredSince, openedAt);
    const { isSteady } = this.#options.dialect;
    const isStalled = isSteady
      ? this.#unansweredMs >= stalledAudioMs && sinceMs >= stalledMs
      : silentForMs >= stalledMs;
    if (isStalled) this.#session.fail('timeout', `was silent for ${stalledMs} ms while somebody spoke`);
    else if (!isSteady && silentForMs >= stalledMs / 2) this.#connection.probe();
  }

  #finish(): void {
    if (this.#isAllTold) {
      this.#session.done(this.#segments.recognition);
      return;
    }
    this.#ask();
    this.#waitForAnswer();
  }

  #waitForAnswer(): void {
    clearTimeout(this.#patience);
    if (this.#isOver) return;
    const { answerMs = LIMITS.sttAnswerMs } = this.#options.times;
    this.#patience = setTimeout(() => {
      this.#isEnding = true;
      this.#connection.endStream();
    }, answerMs);
  }

  #refuseAsks(fault: ProviderFault | undefined): void {
    const what = `${this.#options.dialect.name} was not in time`;
    const reason = fault ?? new ProviderFault('STT_FAILED', 'refused', what);
    for (const { answer } of this.#asks) answer.reject(reason);
  }

  #over(isWell: boolean, fault?: ProviderFault): void {
    this.#isOver = true;
    clearInterval(this.#watch);
    clearTimeout(this.#patience);
    this.#unproven = undefined;
    if (this.#asks.length > 0) this.#refuseAsks(fault);
    const isClean = this.#sentBytes === 0 || (isWell && !this.#isEnding);
    if (isClean) this.#options.pool.giveBack(this.#connection);
    else this.#connection.close();
    this.#options.over();
  }
}

/** So many samples, the last of them silent. */
function withSilence(pcm: Int16Array, samples: number): Int16Array {
  const filled = new Int16Array(samples);
  filled.set(pcm);
  return filled;
}
