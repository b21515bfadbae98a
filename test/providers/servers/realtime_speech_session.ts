import type { WebSocket } from 'ws';
import { RealtimeMemory } from './realtime_speech_memory.ts';
import {
  bytesOf,
  Refusal,
  type Remembered,
  type SpeechFault,
  type SpokenCall,
  type SpokenScript,
  wordBytes,
} from './realtime_speech_parts.ts';

const RATE_HZ = 24_000;
/** Of the arguments of a call, in one message. */
const PIECE_CHARACTERS = 1_000;
const BYTES_PER_MS = (RATE_HZ * 2) / 1000;

type Item = ReturnType<RealtimeMemory['add']>;

interface Answer {
  readonly id: string;
  readonly item: Item;
  readonly script: SpokenScript;
  words: string[];
  isOver: boolean;
}

interface SessionSource {
  next(): SpokenScript;
  fault(): SpeechFault | undefined;
  told(event: Record<string, unknown>): void;
}

interface RealtimeSettings {
  readonly type: string;
  readonly instructions?: string;
  readonly tools?: readonly { readonly type: string; readonly name: string }[];
  readonly audio?: {
    readonly input: {
      readonly format: unknown;
      readonly turn_detection: null;
      readonly transcription: unknown;
    };
    readonly output: { readonly format: unknown; readonly voice: string };
  };
}

/** One connection. */
export class RealtimeSession {
  readonly #peer: WebSocket;
  readonly #source: SessionSource;
  readonly #memory = new RealtimeMemory(
    (type, what) => this.#tell(type, what),
    () => this.#id('item'),
  );
  /** Sound of the caller, turn by turn. */
  readonly heard: Int16Array[] = [];
  settings: RealtimeSettings | undefined;
  #buffer: Buffer[] = [];
  #answer: Answer | undefined;
  #script: SpokenScript | undefined;
  /** A call whose arguments are not all written. */
  #held: Record<string, unknown> | undefined;
  #isMute = false;
  #hasSpoken = false;
  #count = 0;

  constructor(peer: WebSocket, source: SessionSource) {
    this.#peer = peer;
    this.#source = source;
    this.#tell('session.created', { session: { type: 'realtime', object: 'realtime.session' } });
  }

  get memory(): readonly Remembered[] {
    return this.#memory.remembered;
  }

  get isSpeaking(): boolean {
    return this.#answer !== undefined;
  }

  receive(json: string): void {
    if (this.#isMute) return;
    const event = JSON.parse(json) as Record<string, unknown>;
    this.#source.told(event);
    try {
      this.#obey(event);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message } = error;
      const eventId = event.event_id ?? null;
      this.#tell('error', { error: { type: 'invalid_request_error', code, message, event_id: eventId } });
    }
  }

  /** What was held back of an answer. */
  release(): void {
    const answer = this.#answer;
    if (answer !== undefined) this.#say(answer, answer.words.splice(0));
  }

  #obey(event: Record<string, unknown>): void {
    switch (event.type) {
      case 'session.update':
        this.#update(event.session as RealtimeSettings);
        break;
      case 'conversation.item.create':
        this.#memory.create(event.item as Record<string, unknown>);
        break;
      case 'conversation.item.delete':
        this.#memory.delete(String(event.item_id));
        break;
      case 'conversation.item.truncate':
        this.#memory.truncate(event);
        break;
      case 'input_audio_buffer.append':
        this.#append(event.audio);
        break;
      case 'input_audio_buffer.clear':
        this.#buffer = [];
        this.#tell('input_audio_buffer.cleared', {});
        break;
      case 'input_audio_buffer.commit':
        this.#commit();
        break;
      case 'response.create':
        this.#respond();
        break;
      case 'response.cancel':
        this.#cancel(event.response_id);
        break;
      default:
        throw new Refusal('invalid_value', `no such event: ${String(event.type)}`);
    }
  }

  #update(session: RealtimeSettings): void {
    if (session.type !== 'realtime') throw new Refusal('invalid_value', 'session.type');
    const { audio } = session;
    if (this.settings === undefined && audio === undefined)
      throw new Refusal('invalid_value', 'session.audio');
    if (audio !== undefined) {
      const pcm = JSON.stringify({ type: 'audio/pcm', rate: RATE_HZ });
      if (JSON.stringify(audio.input.format) !== pcm || JSON.stringify(audio.output.format) !== pcm)
        throw new Refusal('invalid_value', 'format');
      if (audio.input.turn_detection !== null) throw new Refusal('invalid_value', 'turn_detection');
      if (this.#hasSpoken) throw new Refusal('cannot_update_voice', 'assistant audio is present');
    }
    for (const tool of session.tools ?? [])
      if (tool.type !== 'function' || typeof tool.name !== 'string')
        throw new Refusal('invalid_value', 'tools');
    this.settings = { ...this.settings, ...session };
    this.#tell('session.updated', { session: this.settings });
  }

  #append(audio: unknown): void {
    const bytes = bytesOf(audio);
    this.#buffer.push(bytes);
    const fault = this.#source.fault();
    if (fault?.type === 'killedWhileHearing') this.#peer.terminate();
    else if (fault?.type === 'mute') {
      this.#isMute = true;
      this.#peer.pause();
    }
  }

  #commit(): void {
    if (this.settings === undefined) throw new Refusal('invalid_value', 'no session');
    const bytes = Buffer.concat(this.#buffer);
    const soundMs = bytes.length / BYTES_PER_MS;
    if (soundMs < 100)
      throw new Refusal('input_audio_buffer_commit_empty', `expected at least 100ms, has ${soundMs}ms`);
    this.#buffer = [];
    this.heard.push(new Int16Array(Uint8Array.from(bytes).buffer));
    const fault = this.#source.fault();
    if (fault?.type === 'silent') this.#isMute = true;
    else if (fault?.type === 'killed') this.#peer.terminate();
    else if (fault?.type === 'garbage') this.#peer.send('{"type":"input_audio_buf');
    else if (fault?.type === 'notAnEvent') this.#peer.send('[1,2,3]');
    else if (fault?.type === 'error')
      this.#tell('error', {
        error: { message: 'secret words', param: null, event_id: null, ...fault.error },
      });
    else this.#committed(soundMs);
  }

  #committed(soundMs: number): void {
    const script = this.#source.next();
    const item = { id: this.#id('item'), role: 'user' as const, text: script.heard ?? '', soundMs };
    this.#script = script;
    const isEarly = this.#source.fault()?.type === 'wrongOrder';
    if (isEarly) this.#transcribe(item, script);
    this.#tell('input_audio_buffer.committed', { item_id: item.id, previous_item_id: null });
    this.#memory.add(item);
    if (!isEarly && script.isLate !== true) this.#transcribe(item, script);
  }

  #transcribe({ id, text }: Item, script: SpokenScript): void {
    if (script.heard === undefined) return;
    const type = 'conversation.item.input_audio_transcription';
    if (this.#source.fault()?.type === 'notTranscribed')
      this.#tell(`${type}.failed`, {
        item_id: id,
        content_index: 0,
        error: { code: 'audio_unintelligible' },
      });
    else {
      const usage = { type: 'duration', seconds: 2 };
      this.#tell(`${type}.completed`, { item_id: id, content_index: 0, transcript: text, usage });
    }
  }

  #respond(): void {
    if (this.#answer !== undefined)
      throw new Refusal('conversation_already_has_active_response', `${this.#answer.id} is active`);
    // Asked again without a turn of the caller's in between it goes on with what came of its calls.
    const script = this.#script ?? this.#source.next();
    this.#script = undefined;
    const item: Item = { id: this.#id('item'), role: 'assistant', text: '', soundMs: 0 };
    const answer = { id: this.#id('resp'), item, script, words: [...(script.words ?? [])], isOver: false };
    const fault = this.#source.fault();
    if (fault?.type === 'noAnswer') return;
    this.#answer = answer;
    if (fault?.type === 'wrongOrder') this.#say(answer, answer.words.splice(0, 1), false);
    this.#tell('response.created', { response: { id: answer.id, status: 'in_progress' } });
    if (fault?.type === 'failed') {
      const limit = {
        name: 'tokens',
        limit: 1000,
        remaining: fault.resetS === undefined ? 500 : 0,
        reset_seconds: fault.resetS ?? 1,
      };
      this.#tell('rate_limits.updated', { rate_limits: [limit] });
      this.#end('failed', { type: 'failed', error: { type: 'invalid_request_error', code: fault.code } });
    } else if (fault?.type === 'cancelled')
      this.#end('cancelled', { type: 'cancelled', reason: 'turn_detected' });
    else if (fault?.type === 'empty') this.#end('completed');
    else this.#begin(answer);
  }

  #begin(answer: Answer): void {
    const { item, script } = answer;
    if (answer.words.length > 0) {
      const told = { id: item.id, type: 'message', role: 'assistant' };
      this.#tell('response.output_item.added', { response_id: answer.id, output_index: 0, item: told });
      this.#memory.add(item);
      if (script.holdAfter !== undefined) {
        this.#say(answer, answer.words.splice(0, script.holdAfter), false);
        return;
      }
    }
    this.#say(answer, answer.words.splice(0));
  }

  /** `isLast` where it ends with these. */
  #say(answer: Answer, words: readonly string[], isLast = true): void {
    for (const [at, word] of words.entries()) {
      if (at === 2 && this.#breakOff(answer)) return;
      this.#word(answer, word);
    }
    if (!isLast) return;
    const { call, calls = call === undefined ? [] : [call] } = answer.script;
    for (const one of calls) if (!this.#call(answer, one)) return;
    if (answer.script.isLate === true) this.#transcribe(this.#memory.lastOfCaller, answer.script);
    const { type } = this.#source.fault() ?? {};
    if (type === 'cancelledBehindCall')
      this.#end('cancelled', { type: 'cancelled', reason: 'turn_detected' });
    else if (type === 'incomplete')
      this.#end('incomplete', { type: 'incomplete', reason: 'max_output_tokens' });
    else this.#end('completed');
  }

  #word({ id, item, script }: Answer, word: string): void {
    const at = { response_id: id, item_id: item.id, output_index: 0, content_index: 0 };
    const delta = item.text === '' ? word : ` ${word}`;
    this.#tell('response.output_audio_transcript.delta', { ...at, delta });
    item.text += delta;
    const bytes = wordBytes(word, script.wordMs ?? 300);
    item.soundMs += bytes.length / BYTES_PER_MS;
    this.#hasSpoken = true;
    const cuts = this.#source.fault()?.type === 'oddBytes' ? [0, 1001, bytes.length] : [0, bytes.length];
    for (const [index, from] of cuts.slice(0, -1).entries()) {
      const piece = bytes.subarray(from, cuts[index + 1]);
      this.#tell('response.output_audio.delta', { ...at, delta: piece.toString('base64') });
    }
  }

  #breakOff(answer: Answer): boolean {
    const { type } = this.#source.fault() ?? {};
    const at = { response_id: answer.id, item_id: answer.item.id, output_index: 0, content_index: 0 };
    if (type === 'killedInAnswer') this.#peer.terminate();
    else if (type === 'badSound') this.#tell('response.output_audio.delta', { ...at, delta: '*not base64*' });
    else if (type === 'endless') {
      const delta = Buffer.alloc(BYTES_PER_MS * 4_000).toString('base64');
      for (let i = 0; i < 40; i += 1) this.#tell('response.output_audio.delta', { ...at, delta });
    } else if (type !== 'stalled') return false;
    return true;
  }

  /** False where it is not done with it. */
  #call(answer: Answer, { name, arguments: argumentsJson, isHeld }: SpokenCall): boolean {
    const callId = this.#id('call');
    const item = { id: this.#id('item'), role: 'call' as const, text: name, soundMs: 0, callId };
    const call = { id: item.id, type: 'function_call', name, call_id: callId, arguments: argumentsJson };
    const at = { response_id: answer.id, output_index: 1 };
    const added = { ...call, status: 'in_progress', arguments: '' };
    this.#tell('response.output_item.added', { ...at, item: added });
    this.#memory.add(item);
    for (let from = 0; from < argumentsJson.length; from += PIECE_CHARACTERS) {
      const delta = argumentsJson.slice(from, from + PIECE_CHARACTERS);
      const told = { ...at, item_id: item.id, call_id: callId, delta };
      this.#tell('response.function_call_arguments.delta', told);
      if (isHeld !== true || from + 2 * PIECE_CHARACTERS < argumentsJson.length) continue;
      this.#held = { ...call, status: 'incomplete', arguments: delta };
      return false;
    }
    const done = { ...at, item_id: item.id, call_id: callId, arguments: argumentsJson };
    this.#tell('response.function_call_arguments.done', done);
    this.#tell('response.output_item.done', { ...at, item: { ...call, status: 'completed' } });
    return true;
  }

  #cancel(id: unknown): void {
    const answer = this.#answer;
    if (answer === undefined || (id !== undefined && id !== answer.id))
      throw new Refusal('response_cancel_not_active', 'Cancellation failed: no active response found');
    if (this.#held !== undefined) {
      const at = { response_id: answer.id, output_index: 1 };
      this.#tell('response.output_item.done', { ...at, item: this.#held });
    }
    this.#end('cancelled', { type: 'cancelled', reason: 'client_cancelled' });
  }

  #end(status: string, details?: unknown): void {
    const answer = this.#answer;
    this.#answer = undefined;
    const usage = {
      total_tokens: 160,
      input_tokens: 100,
      output_tokens: 60,
      input_token_details: {
        text_tokens: 70,
        audio_tokens: 30,
        cached_tokens: 25,
        cached_tokens_details: { text_tokens: 20, audio_tokens: 5 },
      },
      output_token_details: { text_tokens: 20, audio_tokens: 40 },
    };
    const response = {
      id: answer?.id,
      object: 'realtime.response',
      status,
      status_details: details ?? null,
      usage,
    };
    this.#tell('response.done', { response });
  }

  #id(kind: string): string {
    this.#count += 1;
    return `${kind}_${this.#count}`;
  }

  #tell(type: string, what: Record<string, unknown>): void {
    this.#count += 1;
    this.#peer.send(JSON.stringify({ type, event_id: `event_${this.#count}`, ...what }));
  }
}
