import {
  type RecogniserPeer,
  RecogniserServer,
  type RecogniserWire,
  type Refusal,
} from './recogniser_server.ts';
import type { ScriptedWord } from './scripted_words.ts';
import { UtteranceScript } from './utterance_script.ts';

const LEAST_PIECE_MS = 50;
const MOST_PIECE_MS = 1_000;

/**
 * AssemblyAI's /v3/ws (https://www.assemblyai.com/docs/api-reference/streaming-api/universal-streaming): key and parameters are
 * checked after the upgrade, and refused by an Error message and a close code
 * (https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures).
 */
export class AssemblyAiStreamingServer extends RecogniserServer {
  protected readonly path = '/v3/ws';
  /** Only with inactivity_timeout; here after as long as the test wants. */
  protected readonly idleClose = { code: 3008, reason: 'Session Expired: inactivity' };
  /** Sessions at once, of the account. */
  sessions = 100;
  /** Models that format unasked tell each turn once more, this much later. */
  formattedAfterMs: number | undefined;
  readonly #key: string;

  constructor(key: string) {
    super();
    this.#key = key;
    this.idleMs = 60_000;
  }

  protected check(): Refusal | undefined {
    return undefined;
  }

  protected accept(wire: RecogniserWire): RecogniserPeer {
    return new TurnPeer(wire, () => this.#wrong(wire), this.formattedAfterMs);
  }

  #wrong({ headers, query }: RecogniserWire): readonly [code: number, error: string] | undefined {
    if (headers.authorization === undefined)
      return [1008, 'Unauthorized Connection: Missing Authorization header'];
    if (headers.authorization !== this.#key) return [1008, 'Unauthorized Connection: Invalid API key'];
    if (this.openConnections > this.sessions)
      return [3009, 'Unauthorized Connection: Too many concurrent sessions'];
    if (!this.rates.includes(Number(query.get('sample_rate'))))
      return [3006, 'User Input Validation Error: sample_rate'];
    if (query.get('encoding') !== 'pcm_s16le') return [3006, 'User Input Validation Error: encoding'];
    const terms: unknown = JSON.parse(query.get('keyterms_prompt') ?? '[]');
    const isFine =
      Array.isArray(terms) && terms.length <= 100 && terms.every(term => String(term).length <= 50);
    return isFine ? undefined : [3006, 'User Input Validation Error: keyterms_prompt'];
  }
}

class TurnPeer implements RecogniserPeer {
  readonly #wire: RecogniserWire;
  readonly #wrong: () => readonly [code: number, error: string] | undefined;
  readonly #rateHz: number;
  readonly #script: UtteranceScript;
  readonly #formattedAfterMs: number | undefined;
  #turn = 0;
  #told = '';
  #isOver = false;

  constructor(
    wire: RecogniserWire,
    wrong: () => readonly [code: number, error: string] | undefined,
    formattedAfterMs: number | undefined,
  ) {
    this.#formattedAfterMs = formattedAfterMs;
    this.#wire = wire;
    this.#wrong = wrong;
    this.#rateHz = Number(wire.query.get('sample_rate'));
    this.#script = new UtteranceScript(wire, this.#rateHz);
  }

  opened(): void {
    const wrong = this.#wrong();
    if (wrong !== undefined) this.#fail(...wrong);
    else
      this.#wire.send({
        type: 'Begin',
        id: 'de5d9927-73a6-4be8-b52d-b4c07be37e6b',
        expires_at: 1_759_796_682,
      });
  }

  audio(bytes: Buffer): void {
    if (this.#isOver || this.#wire.strikes('audio')) return;
    const ms = bytes.length / 2 / (this.#rateHz / 1000);
    if (ms < LEAST_PIECE_MS || ms > MOST_PIECE_MS) {
      this.#fail(
        3007,
        `Input Duration Error: Input Duration Violation: ${ms} ms. Expected between 50 and 1000 ms`,
      );
      return;
    }
    this.#script.hear(bytes);
    const words = this.#script.partial;
    const text = words.map(({ word }) => word).join(' ');
    if (text === this.#told) return;
    this.#told = text;
    this.#tell(words, false, this.#wire.partialDelayMs());
  }

  text(text: string): void {
    if (this.#isOver) return;
    const { type } = JSON.parse(text) as { type?: string };
    if (type === 'ForceEndpoint') this.#forceEndpoint();
    else if (type === 'Terminate') this.#terminate();
    else if (type !== 'KeepAlive') this.#fail(3006, `Invalid Message Type: ${type}`);
  }

  /** Ends the turn; without one there is none to end. */
  #forceEndpoint(): void {
    if (this.#wire.strikes('final') || this.#script.final.length === 0) return;
    this.#tell(this.#script.final, true, this.#wire.finalDelayMs());
    if (this.#formattedAfterMs !== undefined)
      this.#tell(this.#script.final, true, this.#formattedAfterMs, true);
    this.#next();
  }

  #terminate(): void {
    if (this.#wire.strikes('final')) return;
    if (this.#script.final.length > 0) this.#tell(this.#script.final, true, this.#wire.finalDelayMs());
    const seconds = this.#script.endS;
    this.#wire.send({
      type: 'Termination',
      audio_duration_seconds: seconds,
      session_duration_seconds: seconds,
    });
    this.#wire.close(1000, 'Session Ended');
    this.#next();
    this.#isOver = true;
  }

  #fail(code: number, error: string): void {
    this.#isOver = true;
    this.#wire.send({ type: 'Error', error_code: code, error });
    this.#wire.close(code, 'See Error message for details');
  }

  #next(): void {
    this.#script.next();
    this.#turn++;
    this.#told = '';
  }

  /** The last word of a partial may still change, and is not in its transcript. */
  #tell(words: readonly ScriptedWord[], isEnd: boolean, afterMs: number, isFormatted = false): void {
    const settled = isEnd ? words : words.slice(0, -1);
    const { beginS } = this.#script;
    this.#wire.send(
      {
        turn_order: this.#turn,
        turn_is_formatted: isFormatted,
        end_of_turn: isEnd,
        transcript: settled.map(({ word }) => word).join(' '),
        end_of_turn_confidence: isEnd ? 1 : 0.01,
        words: words.map(({ word, startMs, endMs, confidence }, at) => ({
          start: Math.round(beginS * 1000 + startMs),
          end: Math.round(beginS * 1000 + endMs),
          text: word,
          confidence,
          word_is_final: at < settled.length,
        })),
        utterance: '',
        type: 'Turn',
      },
      afterMs,
    );
  }
}
