import { LIMITS } from '../../config/limits.ts';
import type { FaultKind } from '../provider_fault.ts';
import type { Expectation, Stt, SttSession } from '../types.ts';
import { hintWords } from './hint_words.ts';
import { RemoteUtterance } from './remote_utterance.ts';
import type { StreamDialect, StreamTimes } from './stream_dialect.ts';
import { StreamPool } from './stream_pool.ts';
import { StreamedUtterance } from './streamed_utterance.ts';

/** A recogniser that takes sound and tells words over a WebSocket while somebody speaks. */
export class StreamingStt implements Stt {
  readonly name: string;
  readonly #dialect: StreamDialect;
  readonly #times: Partial<StreamTimes>;
  readonly #pool: StreamPool;
  readonly #utterances = new Set<StreamedUtterance>();
  /** Callers come at one rate, as a rule: the telephone's until one came at another. */
  #rateHz: 8000 | 16000 = 8000;
  #isClosed = false;

  constructor(dialect: StreamDialect, times: Partial<StreamTimes> = {}) {
    this.name = dialect.name;
    this.#dialect = dialect;
    this.#times = times;
    this.#pool = new StreamPool(dialect, times);
  }

  prepare(expect: Expectation): void {
    if (!this.#isClosed) this.#pool.prepare({ rateHz: this.#rateHz, keyterms: hintWords(expect) });
  }

  open({ rateHz, expect, onPartial }: Parameters<Stt['open']>[0]): SttSession {
    if (this.#isClosed) return refusal(this.name, rateHz, 'unavailable', 'was closed');
    if (this.#utterances.size >= LIMITS.sttConnections)
      return refusal(this.name, rateHz, 'rateLimited', 'has no connection left');
    this.#rateHz = rateHz;
    const utterance: StreamedUtterance = new StreamedUtterance({
      dialect: this.#dialect,
      settings: { rateHz, keyterms: hintWords(expect) },
      times: this.#times,
      pool: this.#pool,
      onPartial,
      over: () => this.#utterances.delete(utterance),
    });
    this.#utterances.add(utterance);
    return utterance;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const utterance of this.#utterances) utterance.fail('unavailable', 'was closed');
    await this.#pool.close();
  }
}

/** A session that has failed already: its final says why. */
function refusal(name: string, rateHz: 8000 | 16000, kind: FaultKind, what: string): SttSession {
  const session = new RemoteUtterance({
    name,
    rateHz,
    limits: undefined,
    onPartial: undefined,
    pieceMs: 0,
    audio: doNothing,
    end: doNothing,
    over: doNothing,
  });
  session.fail(kind, what);
  return session;
}

function doNothing(): void {}
