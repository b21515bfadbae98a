import { CallRecord } from '../agent/call_record.ts';
import { apology } from '../agent/farewell.ts';
import { NO_RECORDING } from '../agent/ports.ts';
import { recordEffects } from '../agent/reply.ts';
import type { Response } from '../agent/responder.ts';
import { newConversation } from '../agent/resumption.ts';
import type { ToolJournal } from '../agent/tools/tool_desk.ts';
import { toolJournal } from '../agent/tools/tool_journal.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { StoredChat } from '../store/chats.ts';
import type { CallEvent } from '../store/events.ts';
import type { FlowEffect, FlowStep } from '../workflow/types.ts';
import { withoutCard } from '../workflow/understand/intents/mask_card.ts';

export interface Listener {
  /** Given each sentence as it comes; must not throw. */
  onSentence(sentence: string): void;
  /** Told of an answer that failed; the chat ends with an apology. */
  onFault(error: unknown): void;
  /** Nobody will keep what comes of it. */
  readonly signal: AbortSignal;
}

/**
 * A chat's way from one state in the store to the next: what the agent says, and the events that tell of it, which are those
 * of a call. Times in it are milliseconds since its beginning, and don't go back whatever the clock does.
 */
export class ChatStep {
  /** To be added together with `chat`. */
  readonly events: CallEvent[] = [];
  readonly #said: string[] = [];
  readonly #record: CallRecord;
  readonly #nowMs: () => number;
  #chat: StoredChat;

  /** `nowMs` is the wall clock in milliseconds since the epoch. */
  constructor(tenantId: string, before: StoredChat, nowMs: () => number) {
    const lastMs = Date.parse(before.lastAt);
    this.#chat = before;
    this.#nowMs = () => Math.max(lastMs, nowMs());
    const sink = { append: (event: CallEvent) => this.events.push(event) };
    this.#record = new CallRecord(sink, { callId: before.chatId, tenantId }, this.#nowMs, before);
  }

  /** Where the chat stands by now. */
  get chat(): StoredChat {
    const { events, turns } = this.#record;
    return { ...this.#chat, events, turns, lastAt: new Date(this.#nowMs()).toISOString() };
  }

  /** The agent's sentences. */
  get said(): readonly string[] {
    return this.#said;
  }

  /** Nobody takes an answer over: what comes of it is kept with the answer, or not at all. */
  get toolJournal(): ToolJournal {
    const mediaMs = () => this.#mediaMs;
    return toolJournal({ record: this.#record, mediaMs, written: () => Promise.resolve() });
  }

  begin(workflowVersion: string): void {
    const { workflow } = this.#chat;
    const parties = { from: '', to: '', workflow, workflowVersion } as const;
    this.#record.append('call.started', { direction: 'inbound', lineKind: 'chat', ...parties });
    this.#record.append('call.answered', {});
  }

  heard(text: string): void {
    const atMs = this.#mediaMs;
    const turn = this.#record.nextTurn();
    const written = withoutCard(text);
    this.#record.append('turn.caller', { turn, text: written, startMs: atMs, endMs: atMs, confidence: 1 });
    this.#chat = { ...this.#chat, messages: this.#chat.messages + 1 };
  }

  /** Resolves when all is said. @throws TrunklineError DRAINING when the listener's signal is aborted before */
  async answer(respond: () => Promise<Response>, listener: Listener): Promise<void> {
    const startMs = this.#mediaMs;
    try {
      const response = await respond();
      await this.#sayAll(response, listener);
      const end = response.closed(this.#said.join(' '));
      this.#goOn(end, [...response.step.effects, ...end.effects]);
      recordEffects(this.#record, NO_RECORDING, response.step.effects, startMs);
      this.#recordSaid(startMs);
      recordEffects(this.#record, NO_RECORDING, end.effects, this.#mediaMs);
      if (end.state.done) this.end('completed');
      else if (this.#chat.messages >= LIMITS.chatMessages) this.end('messageLimit');
    } catch (error) {
      if (listener.signal.aborted) throw new TrunklineError('DRAINING', 'the answer was given up');
      listener.onFault(error);
      const { words, reason } = apology(error);
      this.#say(words, listener);
      this.#recordSaid(startMs);
      this.end(reason, 'FAILED');
    }
  }

  end(reason: string, disposition: 'COMPLETED' | 'FAILED' = 'COMPLETED'): void {
    const durationMs = this.#mediaMs;
    this.#record.append('call.ended', {
      disposition,
      reason,
      durationMs,
      framesConcealed: 0,
      framesDropped: 0,
    });
    this.#chat = { ...this.#chat, state: null };
  }

  get #mediaMs(): number {
    return Math.max(0, this.#nowMs() - Date.parse(this.#chat.startedAt));
  }

  /** What a turn may hold is cut at a sentence. */
  async #sayAll(response: Response, listener: Listener): Promise<void> {
    const { signal } = listener;
    const drop = () => response.drop();
    let characters = 0;
    signal.addEventListener('abort', drop);
    try {
      signal.throwIfAborted();
      response.commit();
      for await (const sentence of response.sentences) {
        const text = sentence.trim().slice(0, LIMITS.turnCharacters);
        characters += text.length + 1;
        if (characters > LIMITS.turnCharacters + 1) break;
        if (text !== '') this.#say(text, listener);
      }
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', drop);
      drop();
    }
  }

  #say(text: string, listener: Listener): void {
    this.#said.push(text);
    listener.onSentence(text);
  }

  #recordSaid(startMs: number): void {
    if (this.#said.length === 0) return;
    const turn = this.#record.nextTurn();
    const text = this.#said.join(' ');
    this.#record.append('turn.agent', { turn, text, startMs, endMs: this.#mediaMs, interrupted: false });
  }

  #goOn({ state }: FlowStep, effects: readonly FlowEffect[]): void {
    const kept = JSON.stringify({ ...newConversation(state), said: this.#said });
    if (kept.length > LIMITS.keptCharacters)
      throw new TrunklineError('TOO_LARGE', 'the state of a chat is longer than can be kept');
    const handOff = effects.findLast(({ type }) => type === 'handedOver');
    const workflow = handOff?.type === 'handedOver' ? handOff.to : this.#chat.workflow;
    this.#chat = { ...this.#chat, workflow, stage: state.stage, state: kept };
  }
}
