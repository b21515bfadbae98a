import type { ClientDuplexStream } from '@grpc/grpc-js';
import { LIMITS } from '../../config/limits.ts';
import type { FaultKind, ProviderFault } from '../provider_fault.ts';
import type { Recognition, SttOptions, SttSession } from '../types.ts';
import type { SpeechRequest, SpeechResult } from './google_messages.ts';
import { plainWords } from './plain_words.ts';
import { type FinalLimits, RemoteUtterance } from './remote_utterance.ts';
import { SettleAsks } from './settle_asks.ts';
import { UNMEASURED_CONFIDENCE } from './token_confidence.ts';

const PIECE_MS = 100;
/** A request may hold 15 KB of sound. */
const MOST_SAMPLES = 6_400;

export type GoogleStream = ClientDuplexStream<SpeechRequest, readonly SpeechResult[] | undefined>;

/** Told of one stream. */
export interface StreamUser {
  /** Undefined for what can't be read. */
  heard(results: readonly SpeechResult[] | undefined): void;
  /** Once, at its end; undefined where it went well. */
  ended(fault: ProviderFault | undefined): void;
}

export interface GoogleUtteranceOptions {
  readonly name: string;
  readonly rateHz: SttOptions['rateHz'];
  readonly limits: Partial<FinalLimits> | undefined;
  readonly onPartial: ((text: string) => void) | undefined;
  /** A stream that was told its settings. */
  readonly begin: (told: StreamUser) => GoogleStream;
  readonly over: () => void;
}

/** A stretch of the utterance, heard in a stream of its own. */
interface Stretch {
  readonly stream: GoogleStream;
  readonly heard: HeardResults;
  /** Our side has ended: its finals are wanted. */
  isEnded: boolean;
  /** They are there. */
  isTold: boolean;
}

/**
 * One utterance, in one stream unless somebody asks what was said so far: that stream ends there, and what follows is heard in
 * another, which knows nothing of what was said before.
 */
export class GoogleUtterance implements SttSession {
  readonly #options: GoogleUtteranceOptions;
  readonly #session: RemoteUtterance;
  readonly #stretches: Stretch[] = [];
  /** By stretches. */
  readonly #asks: SettleAsks;

  constructor(options: GoogleUtteranceOptions) {
    this.#options = options;
    const { name, rateHz, limits, onPartial } = options;
    this.#asks = new SettleAsks(name);
    this.#session = new RemoteUtterance({
      name,
      rateHz,
      limits,
      onPartial,
      pieceMs: PIECE_MS,
      audio: pcm => this.#send(pcm),
      end: () => {
        this.#endStretch();
        this.#tell();
      },
      over: (_, fault) => this.#over(fault),
    });
  }

  write(pcm: Int16Array): void {
    this.#session.write(pcm);
  }

  async settle(): Promise<Recognition> {
    this.#session.flush();
    this.#asks.begin(this.#session.isFinishing);
    if (this.#stretches.length === 0) throw this.#asks.refusal('has not heard a word yet');
    if (this.#stretches.length >= LIMITS.sttItems) throw this.#asks.refusal('was asked too often');
    this.#endStretch();
    const answer = this.#asks.ask(this.#stretches.length);
    this.#tell();
    return answer;
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

  #send(pcm: Int16Array): void {
    const last = this.#stretches.at(-1);
    const { stream } = last === undefined || last.isEnded ? this.#beginStretch() : last;
    for (let at = 0; at < pcm.length; at += MOST_SAMPLES) {
      const piece = pcm.subarray(at, at + MOST_SAMPLES);
      stream.write({
        type: 'audio',
        bytes: new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength),
      });
    }
  }

  #beginStretch(): Stretch {
    const stretch: Stretch = {
      stream: this.#options.begin({
        heard: results => this.#heard(stretch, results),
        ended: fault => this.#ended(stretch, fault),
      }),
      heard: new HeardResults(),
      isEnded: false,
      isTold: false,
    };
    this.#stretches.push(stretch);
    return stretch;
  }

  #endStretch(): void {
    const last = this.#stretches.at(-1);
    if (last === undefined || last.isEnded) return;
    last.isEnded = true;
    last.stream.end();
  }

  #heard(stretch: Stretch, results: readonly SpeechResult[] | undefined): void {
    this.#session.sign();
    if (results === undefined || !stretch.heard.take(results)) {
      this.#session.fail('protocol', 'sent what makes no sense');
      return;
    }
    const text = this.#stretches.map(({ heard }) => heard.text).join(' ');
    if (text.length > LIMITS.sttTranscriptCharacters)
      this.#session.fail('protocol', 'wrote more than anybody says');
    else this.#session.partial(plainWords(text));
  }

  #ended(stretch: Stretch, fault: ProviderFault | undefined): void {
    if (this.#asks.isOver) return;
    stretch.isTold = true;
    if (fault !== undefined) this.#session.failWith(fault);
    else if (stretch.isEnded) this.#tell();
    else this.#session.fail('unavailable', 'ended before the caller did');
  }

  /** Whoever asked, as soon as all streams up to there have told their finals. */
  #tell(): void {
    const open = this.#stretches.findIndex(({ isTold }) => !isTold);
    const told = open === -1 ? this.#stretches.length : open;
    this.#asks.told(told, stretches => this.#recognition(stretches));
    if (this.#session.isFinishing && open === -1) this.#session.done(this.#recognition(told));
  }

  #recognition(stretches: number): Recognition {
    const finals = this.#stretches.slice(0, stretches).flatMap(({ heard }) => heard.finals);
    return { text: plainWords(textOf(finals)), confidence: confidenceOf(finals), alternatives: [] };
  }

  #over(fault: ProviderFault | undefined): void {
    this.#asks.end(fault);
    for (const { stream } of this.#stretches) stream.cancel();
    this.#options.over();
  }
}

function textOf(finals: readonly SpeechResult[]): string {
  return finals.map(({ text }) => text).join(' ');
}

/** Mean of the results', longer ones weighing more. */
function confidenceOf(finals: readonly SpeechResult[]): number {
  const length = finals.reduce((sum, { text }) => sum + text.length, 0);
  const weighed = finals.reduce((sum, { text, confidence }) => {
    return sum + text.length * (confidence > 0 ? confidence : UNMEASURED_CONFIDENCE);
  }, 0);
  return length === 0 ? 0 : Math.min(1, weighed / length);
}

/** What was heard in one stream. */
class HeardResults {
  readonly #finals: SpeechResult[] = [];
  #characters = 0;
  #interim = '';

  get finals(): readonly SpeechResult[] {
    return this.#finals;
  }

  get text(): string {
    return `${textOf(this.#finals)} ${this.#interim}`;
  }

  /** False when it is too much. */
  take(results: readonly SpeechResult[]): boolean {
    const finals = results.filter(({ isFinal }) => isFinal);
    this.#finals.push(...finals);
    this.#characters += finals.reduce((sum, { text }) => sum + text.length, 0);
    this.#interim = results.flatMap(({ isFinal, text }) => (isFinal ? [] : [text])).join(' ');
    const characters = this.#characters + this.#interim.length;
    return this.#finals.length <= LIMITS.sttItems && characters <= LIMITS.sttTranscriptCharacters;
  }
}
