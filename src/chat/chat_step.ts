import { z } from 'zod';
import type { ActDesk } from '../agent/acts.ts';
import { CallRecord } from '../agent/call_record.ts';
import { CallUse } from '../agent/call_use.ts';
import { apology } from '../agent/farewell.ts';
import { NO_RECORDING } from '../agent/ports.ts';
import { recordEffects } from '../agent/reply.ts';
import type { Response } from '../agent/responder.ts';
import { conversationState, newConversation } from '../agent/resumption.ts';
import { StepHistory } from '../agent/step_history.ts';
import type { KeptTools, ToolJournal } from '../agent/tools/tool_desk.ts';
import { toolJournal } from '../agent/tools/tool_journal.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { StoredChat } from '../store/chats.ts';
import type { CallEvent } from '../store/events.ts';
import type { RecordingConsent } from '../workflow/engine/draft.ts';
import type { Flow, FlowEffect, FlowState, FlowStep, Heard } from '../workflow/types.ts';
import { withoutCard } from '../workflow/understand/intents/mask_card.ts';
import type { VersionsOfCall } from '../workflow/versions/call_flows.ts';
import type { ChatFlow } from './chat_parts.ts';

/** Uses tools for the workflow, and asks it what to say to what came of them. */
export interface ChatActs extends ActDesk {
  next(state: FlowState, heard: Heard): Promise<Response>;
}

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
  readonly #events: CallEvent[] = [];
  #tools: () => KeptTools = () => [];
  readonly #said: string[] = [];
  /** Since when it stands where it does, milliseconds since the epoch. */
  #stoodMs: number;
  /** So many of them are in the record. */
  #recorded = 0;
  /** What models that answer in it are used for. */
  readonly use = new CallUse();
  readonly #record: CallRecord;
  readonly #nowMs: () => number;
  readonly #history: StepHistory;
  readonly #versions: VersionsOfCall;
  #flow: Flow | undefined;
  #chat: StoredChat;
  /** The chat or call that this one takes up, as long as nobody knows whether it does. */
  #earlier: string | undefined;

  /** `nowMs` is the wall clock in milliseconds since the epoch; `versions` are those of its workflows. */
  constructor(tenantId: string, before: StoredChat, nowMs: () => number, versions: VersionsOfCall = {}) {
    this.#versions = versions;
    const lastMs = Date.parse(before.lastAt);
    this.#stoodMs = lastMs;
    this.#chat = before;
    this.#earlier = dropOf(before)?.takesUp;
    this.#nowMs = () => Math.max(lastMs, nowMs());
    const sink = { append: (event: CallEvent) => this.#events.push(event) };
    this.#record = new CallRecord(sink, { callId: before.chatId, tenantId }, this.#nowMs, before);
    this.#history = new StepHistory({ record: this.#record, nowMs: () => this.#mediaMs });
  }

  /** The same flow; what it is led by in this step is written down. */
  watch<F extends Flow>(flow: F): F {
    this.#flow = flow;
    return this.#history.watch(flow);
  }

  /** Where the chat stands by now. */
  get chat(): StoredChat {
    const { events, turns } = this.#record;
    const tools = this.#tools();
    const { state } = this.#chat;
    const kept =
      state === null || tools.length === 0 ? state : JSON.stringify({ ...JSON.parse(state), tools });
    return { ...this.#chat, state: kept, events, turns, lastAt: new Date(this.#nowMs()).toISOString() };
  }

  /** What is under way belongs to where the chat stands. */
  keepTools(kept: () => KeptTools): void {
    this.#tools = kept;
  }

  /** The agent's sentences. */
  get said(): readonly string[] {
    return this.#said;
  }

  /**
   * Nobody takes an answer over: what comes of a model's tools is kept with the answer, or not at all. What the workflow
   * itself wants is begun once `save` has resolved.
   */
  toolJournal(save: () => Promise<void>): ToolJournal {
    return toolJournal({
      record: this.#record,
      mediaMs: () => this.#mediaMs,
      workflow: () => this.#chat.workflow,
      written: act => (act === undefined ? Promise.resolve() : save()),
    });
  }

  /** What there is to be added since this was asked last. */
  takeEvents(): CallEvent[] {
    return this.#events.splice(0);
  }

  /** That one is gone on with, if whoever writes wants to. */
  takesUp(callId: string): void {
    this.#earlier = callId;
  }

  /** `from` is who writes, as they are known. */
  begin(
    { version: workflowVersion, isTried }: ChatFlow,
    recordingConsent: RecordingConsent,
    from = '',
  ): void {
    const { workflow } = this.#chat;
    const parties = { from, to: '', workflow, workflowVersion, canary: isTried === true } as const;
    this.#record.append('call.started', { direction: 'inbound', lineKind: 'chat', ...parties });
    this.#record.append('call.answered', {});
    const versions = { [workflow]: workflowVersion, ...this.#versions };
    this.#history.begun({ workflow, versions, recordingConsent, hasPhone: false, hasActs: true });
  }

  heard(text: string): void {
    const atMs = this.#mediaMs;
    const turn = this.#record.nextTurn();
    const written = withoutCard(text);
    this.#record.append('turn.caller', { turn, text: written, startMs: atMs, endMs: atMs, confidence: 1 });
    this.#chat = { ...this.#chat, messages: this.#chat.messages + 1 };
  }

  /** Resolves when all is said. @throws TrunklineError DRAINING when the listener's signal is aborted before */
  async answer(respond: () => Promise<Response>, listener: Listener, acts?: ChatActs): Promise<void> {
    const startMs = this.#mediaMs;
    try {
      let end = await this.#whole(await respond(), listener, startMs);
      for (let count = 0; end.act !== undefined; count += 1) {
        if (acts === undefined) break;
        if (count === LIMITS.chatActs) throw new TrunklineError('WORKFLOW_INVALID', 'tools without end');
        const { act, state } = end;
        const heard = { type: 'acted', id: act.id, ...(await acts.act(act, state)) } as const;
        end = await this.#whole(await acts.next(state, heard), listener, this.#mediaMs);
        acts.told(act.id);
      }
      if (end.state.done) this.end('completed');
      else if (this.#chat.messages >= LIMITS.chatMessages) this.end('messageLimit');
    } catch (error) {
      if (listener.signal.aborted) throw new TrunklineError('DRAINING', 'the answer was given up');
      listener.onFault(error);
      const { words, reason } = apology(error);
      this.#say(words, listener);
      this.#recordSaid(startMs);
      this.end(reason, 'FAILED');
    } finally {
      this.use.tell(this.#record);
    }
  }

  end(reason: string, disposition: 'COMPLETED' | 'FAILED' = 'COMPLETED'): void {
    const durationMs = this.#mediaMs;
    this.#keep();
    this.use.tell(this.#record);
    this.#record.append('call.ended', {
      disposition,
      reason,
      durationMs,
      framesConcealed: 0,
      framesDropped: 0,
    });
    this.#chat = { ...this.#chat, state: null };
  }

  /** Where the chat stands that is over, should it be gone on with; of one that may not be, or knows nothing, nothing. */
  #keep(): void {
    const { flow, resumeMinutes, takesUp } = dropOf(this.#chat) ?? {};
    // Where it still asks whether to go on, what there is to go on with is kept with that one.
    if (flow === undefined || resumeMinutes === undefined || takesUp !== undefined) return;
    const state = JSON.stringify(flow);
    const knowsNothing = Object.keys(flow.slots).length === 0;
    if (flow.done || knowsNothing || state.length > LIMITS.keptStateCharacters) return;
    const keepUntil = new Date(this.#stoodMs + resumeMinutes * 60_000).toISOString();
    this.#record.append('state.kept', { workflow: flow.workflow, keepUntil, state });
  }

  /** All of a response is said, written down, and has happened. Returns where it led. */
  async #whole(response: Response, listener: Listener, startMs: number): Promise<FlowStep> {
    const before = this.#said.length;
    await this.#sayAll(response, listener);
    const end = response.closed(this.#said.slice(before).join(' '));
    this.#goOn(end, [...response.step.effects, ...end.effects]);
    this.#history.stood(end.state);
    recordEffects(this.#record, NO_RECORDING, response.step.effects, startMs);
    this.#recordSaid(startMs);
    recordEffects(this.#record, NO_RECORDING, end.effects, this.#mediaMs);
    return end;
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
    const text = this.#said.slice(this.#recorded).join(' ');
    this.#recorded = this.#said.length;
    if (text === '') return;
    const turn = this.#record.nextTurn();
    this.#record.append('turn.agent', { turn, text, startMs, endMs: this.#mediaMs, interrupted: false });
  }

  #goOn({ state }: FlowStep, effects: readonly FlowEffect[]): void {
    this.#stoodMs = this.#nowMs();
    this.#settleEarlier(state);
    const kept = JSON.stringify({
      ...newConversation(state),
      said: this.#said,
      versions: this.#versions,
      resumeMinutes: this.#flow?.resumeMinutes?.(state),
      takesUp: this.#earlier,
    });
    if (kept.length > LIMITS.keptCharacters)
      throw new TrunklineError('TOO_LARGE', 'the state of a chat is longer than can be kept');
    const handOff = effects.findLast(({ type }) => type === 'handedOver');
    const workflow = handOff?.type === 'handedOver' ? handOff.to : this.#chat.workflow;
    this.#chat = { ...this.#chat, workflow, stage: state.stage, state: kept };
  }

  #settleEarlier({ memory }: FlowState): void {
    if (this.#earlier === undefined || memory.earlier !== undefined) return;
    this.#record.append('call.tookUp', { earlier: this.#earlier });
    this.#earlier = undefined;
  }
}

const dropState = conversationState.pick({ flow: true }).extend({
  resumeMinutes: z.number().optional(),
  takesUp: z.string().optional(),
});

/** What there is to know of a chat should it break off; undefined where it is over, or its state is none. */
function dropOf({ state }: StoredChat): z.infer<typeof dropState> | undefined {
  try {
    return state === null ? undefined : dropState.parse(JSON.parse(state));
  } catch {
    return undefined;
  }
}
