import type { IncomingHttpHeaders } from 'node:http';
import {
  type RecogniserPeer,
  RecogniserServer,
  type RecogniserWire,
  type Refusal,
} from './recogniser_server.ts';
import type { ScriptedWord } from './scripted_words.ts';
import { UtteranceScript } from './utterance_script.ts';

const PARAMETERS = new Set(
  'model language_hint encoding sample_rate eot_threshold eager_eot_threshold eot_timeout_ms keyterm mip_opt_out tag'.split(
    ' ',
  ),
);
const UPDATE_MS = 250;

/** Deepgram's /v2/listen (https://developers.deepgram.com/reference/speech-to-text/listen-flux), with ForceEndTurn. */
export class DeepgramFluxServer extends RecogniserServer {
  protected readonly path = '/v2/listen';
  protected readonly idleClose = {
    code: 1011,
    reason:
      'Deepgram did not receive audio data or a text message within the timeout window. See https://dpgr.am/net0001',
  };
  readonly #key: string;

  constructor(key: string) {
    super();
    this.#key = key;
  }

  protected check(query: URLSearchParams, headers: IncomingHttpHeaders): Refusal | undefined {
    if (headers.authorization?.toLowerCase() !== `token ${this.#key}`.toLowerCase())
      return { status: 401, body: '{"err_code":"INVALID_AUTH","err_msg":"Invalid credentials."}' };
    const threshold = Number(query.get('eot_threshold') ?? 0.7);
    const timeoutMs = Number(query.get('eot_timeout_ms') ?? 5_000);
    const isGood =
      [...query.keys()].every(name => PARAMETERS.has(name)) &&
      /^flux-general-(en|multi)$/u.test(query.get('model') ?? '') &&
      query.get('encoding') === 'linear16' &&
      this.rates.includes(Number(query.get('sample_rate'))) &&
      threshold >= 0.5 &&
      threshold <= 1 &&
      timeoutMs >= 500 &&
      timeoutMs <= 10_000 &&
      query.getAll('keyterm').length <= 100;
    return isGood ? undefined : { status: 400, body: '{"err_code":"Bad Request"}' };
  }

  protected accept(wire: RecogniserWire): RecogniserPeer {
    return new FluxPeer(wire);
  }
}

/** The states of https://developers.deepgram.com/docs/flux/state: a turn begins with its first word. */
class FluxPeer implements RecogniserPeer {
  readonly #wire: RecogniserWire;
  readonly #script: UtteranceScript;
  #sequence = 0;
  #turn = 0;
  #isOngoing = false;
  #toldAtMs = 0;

  constructor(wire: RecogniserWire) {
    this.#wire = wire;
    this.#script = new UtteranceScript(wire, Number(wire.query.get('sample_rate')));
  }

  opened(): void {
    this.#send({ type: 'Connected' });
  }

  audio(bytes: Buffer): void {
    if (this.#wire.strikes('audio')) return;
    this.#script.hear(bytes);
    const words = this.#script.partial;
    if (words.length > 0 && !this.#isOngoing) {
      this.#isOngoing = true;
      this.#tell('StartOfTurn', words, this.#wire.partialDelayMs());
    } else if (this.#script.heardMs - this.#toldAtMs >= UPDATE_MS)
      this.#tell('Update', words, this.#wire.partialDelayMs());
  }

  text(text: string): void {
    const { type } = JSON.parse(text) as { type?: string };
    if (type === 'ForceEndTurn') this.#forceEndTurn();
    else if (type === 'CloseStream') this.#closeStream();
    else {
      this.#send({ type: 'Error', code: 'UNPARSABLE_CLIENT_MESSAGE', description: 'none of the formats' });
      this.#wire.close(1008);
    }
  }

  /** "Flux ends the turn on the audio transcribed so far"; all that came before is transcribed first. */
  #forceEndTurn(): void {
    if (this.#wire.strikes('final')) return;
    const words = this.#script.final;
    if (words.length === 0) {
      this.#send(
        { type: 'Warning', code: 'FORCE_END_TURN_NO_ACTIVE_TURN', description: 'No active turn to end' },
        this.#wire.finalDelayMs(),
      );
    } else {
      if (!this.#isOngoing) this.#tell('StartOfTurn', words, 0);
      this.#tell('EndOfTurn', words, this.#wire.finalDelayMs(), 'manual');
      this.#turn++;
    }
    this.#next();
  }

  /** "Emits Update messages for any audio it has already received": no EndOfTurn, no close code. */
  #closeStream(): void {
    if (this.#wire.strikes('final')) return;
    if (this.#script.final.length > 0) this.#tell('Update', this.#script.final, this.#wire.finalDelayMs());
    this.#wire.close();
    this.#next();
  }

  #next(): void {
    this.#script.next();
    this.#isOngoing = false;
    this.#toldAtMs = 0;
  }

  #tell(event: string, words: readonly ScriptedWord[], afterMs: number, trigger?: string): void {
    this.#toldAtMs = this.#script.heardMs;
    this.#send(
      {
        type: 'TurnInfo',
        event,
        turn_index: this.#turn,
        audio_window_start: this.#script.beginS,
        audio_window_end: this.#script.endS,
        transcript: words.map(({ word }) => word).join(' '),
        words: words.map(({ word, confidence }) => ({ word, confidence })),
        end_of_turn_confidence: event === 'EndOfTurn' ? 0.9 : 0.1,
        ...(trigger === undefined ? {} : { trigger }),
      },
      afterMs,
    );
  }

  #send(message: Readonly<Record<string, unknown>>, afterMs = 0): void {
    this.#wire.send({ request_id: 'made-up', sequence_id: this.#sequence++, ...message }, afterMs);
  }
}
