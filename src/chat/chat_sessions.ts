import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { openActs } from '../agent/acts.ts';
import { LineUp } from '../agent/model/line_up.ts';
import { ModelResponder } from '../agent/model/model_responder.ts';
import { TalkMemory } from '../agent/model/talk_memory.ts';
import { FlowResponder, type Responder, type Response } from '../agent/responder.ts';
import { conversationState } from '../agent/resumption.ts';
import { keptTools, ToolDesk } from '../agent/tools/tool_desk.ts';
import { describeFault } from '../calls/fault.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { StoredChat } from '../store/chats.ts';
import type { Flow, FlowState, Heard } from '../workflow/types.ts';
import type { VersionsOfCall } from '../workflow/versions/call_flows.ts';
import { ChatMemories } from './chat_memories.ts';
import type { ChatAnswer, ChatLimits, ChatParts, ChatParty, ChatView, Said } from './chat_parts.ts';
import { ChatSaver } from './chat_saver.ts';
import { type ChatActs, ChatStep, type Listener } from './chat_step.ts';
import { findEarlier } from './earlier_chats.ts';
import { IdleLook } from './idle_look.ts';
import { typedText } from './typed_text.ts';

const withTools = z.object({ tools: keptTools.default([]) });
const chatVersions = conversationState
  .pick({ flow: true })
  .extend({ versions: z.record(z.string(), z.string()).default({}) });

/** Writes the node's own calendar day as YYYY-MM-DD. */
const CALENDAR_DAY = new Intl.DateTimeFormat('sv-SE');

/**
 * Text chats with the agents that answer calls. Between two messages a chat is in the store alone: each message is answered
 * from there, and what comes of it is there before it counts as answered. Of one chat one message is answered at a time.
 */
export class ChatSessions {
  readonly #parts: ChatParts;
  readonly #limits: ChatLimits;
  /** Chats of which something is under way. */
  readonly #busy = new Set<string>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #stopped = new AbortController();
  readonly #idle: IdleLook;
  readonly #memories = new ChatMemories();
  #closing = false;

  constructor(parts: ChatParts) {
    this.#parts = parts;
    this.#limits = {
      open: LIMITS.chatsOpen,
      idleMs: LIMITS.chatIdleMs,
      leftMs: LIMITS.chatLeftMs,
      idleLookMs: LIMITS.chatIdleLookMs,
      closeMs: LIMITS.httpCloseMs,
      ...parts.limits,
    };
    this.#idle = new IdleLook(parts.after, this.#limits.idleLookMs, () => this.#track(this.#endIdle()));
  }

  /** @throws TrunklineError WORKFLOW_UNKNOWN, CHATS_FULL, DRAINING, STORE_UNAVAILABLE */
  start(
    tenantId: string,
    workflow: string,
    party: ChatParty = {},
  ): Promise<Said & { readonly chatId: string }> {
    return this.#track(this.#start(tenantId, workflow, party));
  }

  /**
   * Resolves when the answer to a message begins.
   * @throws TrunklineError BAD_REQUEST, NOT_FOUND, CHAT_ENDED, CHAT_BUSY, DRAINING, STORE_UNAVAILABLE
   */
  say(tenantId: string, chatId: string, text: string): Promise<ChatAnswer> {
    return this.#track(this.#say(tenantId, chatId, text));
  }

  /** What was said so far. @throws TrunklineError NOT_FOUND, STORE_UNAVAILABLE */
  async show(tenantId: string, chatId: string): Promise<ChatView> {
    const { store, record } = this.#parts;
    const chat = (await store.find(tenantId, chatId)) ?? notFound();
    const call = await record.getCall(tenantId, chatId);
    return {
      chatId,
      workflow: chat.workflow,
      stage: chat.stage,
      open: chat.state !== null,
      startedAt: chat.startedAt,
      endedAt: call?.endedAt ?? null,
      endReason: call?.endReason ?? null,
      outcome: call?.outcome ?? null,
      turns: (call?.turns ?? []).map(({ turn, speaker, text }) => ({ turn, by: speaker, text })),
    };
  }

  /** @throws TrunklineError NOT_FOUND, CHAT_ENDED, CHAT_BUSY, DRAINING, STORE_UNAVAILABLE */
  async end(tenantId: string, chatId: string): Promise<void> {
    const release = this.#occupy(tenantId, chatId);
    try {
      const chat = await this.#openChat(tenantId, chatId);
      await this.#track(this.#endFor(tenantId, chat, 'remoteHangup'));
    } finally {
      release();
    }
  }

  /** Begins nothing more; what is under way is finished in `closeMs`, or has not happened. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#idle.close();
    this.#memories.close();
    const cancel = this.#parts.after(this.#limits.closeMs, () => this.#stopped.abort());
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    cancel();
  }

  async #start(
    tenantId: string,
    workflow: string,
    party: ChatParty,
  ): Promise<Said & { readonly chatId: string }> {
    this.#refuseWhenClosing();
    const { store, nowMs } = this.#parts;
    const chatId = randomUUID();
    const loaded = await this.#parts.loadFlow(workflow, chatId);
    const at = new Date(nowMs()).toISOString();
    const times = { startedAt: at, lastAt: at, events: 0, turns: 0, messages: 0 };
    const { stage } = loaded.initial;
    const chat = { chatId, workflow, stage, state: null, ...times };
    const step = new ChatStep(tenantId, chat, nowMs, loaded.versions);
    const flow = step.watch(loaded);
    const found = await this.#earlierOf(tenantId, chat, party, flow);
    if (found !== undefined) step.takesUp(found.callId);
    step.begin(flow, this.#parts.recordingConsent ?? 'ask', party.from);
    const start = { type: 'start', ...(found && { earlier: found.earlier }) } as const;
    const greet = async () => new FlowResponder(flow).respond(flow.initial, start, this.#today);
    // Nobody knows of the chat yet: one that is lost here is begun anew.
    const tools = this.#openTools(chat, step, async () => undefined);
    const listener = this.#listener(chatId, () => undefined);
    await step.answer(greet, listener, this.#actsOf(chat, step, tools, flow.versions));
    await tools?.close();
    if (!(await store.begin(tenantId, step.chat, step.takeEvents(), this.#limits.open)))
      throw new TrunklineError('CHATS_FULL', `${this.#limits.open} chats`);
    return { chatId, ...saidIn(step) };
  }

  async #say(tenantId: string, chatId: string, text: string): Promise<ChatAnswer> {
    const heard = typedText(text);
    const release = this.#occupy(tenantId, chatId);
    try {
      const chat = await this.#openChat(tenantId, chatId);
      const sentences = new LineUp<string>();
      const whole = this.#answer(tenantId, chat, heard, sentences);
      whole.catch(() => undefined);
      void this.#track(whole.finally(release)).catch(() => undefined);
      return { sentences, whole };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #answer(tenantId: string, chat: StoredChat, heard: string, sentences: LineUp<string>): Promise<Said> {
    try {
      const step = new ChatStep(tenantId, chat, this.#parts.nowMs, versionsIn(chat));
      step.heard(heard);
      const listener = this.#listener(chat.chatId, sentence => sentences.push(sentence));
      const saver = new ChatSaver(this.#parts.store, tenantId, chat, step);
      const tools = this.#openTools(chat, step, () => saver.save());
      const acts = this.#actsOf(chat, step, tools);
      await step.answer(() => this.#respond(chat, step, heard, tools, acts), listener, acts);
      await tools?.close();
      await this.#save(saver, step);
      return saidIn(step);
    } finally {
      sentences.end();
    }
  }

  /** A state of which the workflow knows nothing any more fails as a call would. */
  async #respond(
    chat: StoredChat,
    step: ChatStep,
    text: string,
    tools: ToolDesk | undefined,
    acts: ChatActs,
  ): Promise<Response> {
    const { chatId, workflow, state } = chat;
    const { flow: at } = conversationState.parse(JSON.parse(state ?? ''));
    const flow = step.watch(await this.#parts.loadFlow(workflow, chatId, versionsIn(chat)));
    const heard: Heard = { type: 'speech', text, confidence: 1, alternatives: [] };
    // An answer before this one was lost in the midst of it.
    const { act } = flow.next(at, { type: 'start' }, { todayIso: this.#today });
    if (act !== undefined) return acts.next(at, { type: 'acted', id: act.id, ...(await acts.act(act, at)) });
    return (await this.#responderOf(flow, at, step, tools)).respond(at, heard, this.#today);
  }

  /** What a chat goes on with that has just begun; without it the chat begins like any other. */
  async #earlierOf(tenantId: string, chat: StoredChat, party: ChatParty, flow: Flow) {
    const { states, store, nowMs } = this.#parts;
    if (states === undefined || flow.resumeMinutes?.(flow.initial) === undefined) return undefined;
    const leftBefore = new Date(nowMs() - this.#limits.leftMs).toISOString();
    const end = (left: StoredChat) => this.#endLeft(tenantId, left);
    try {
      return await findEarlier({ tenantId, chat, party, leftBefore }, { states, store, end });
    } catch (error) {
      this.#report(chat.chatId, error);
      return undefined;
    }
  }

  /** Nobody writes in it any more, for they begin anew. */
  async #endLeft(tenantId: string, chat: StoredChat): Promise<void> {
    const release = this.#occupy(tenantId, chat.chatId);
    try {
      await this.#endFor(tenantId, chat, 'left');
    } finally {
      release();
    }
  }

  async #endFor(tenantId: string, chat: StoredChat, reason: string): Promise<void> {
    const step = new ChatStep(tenantId, chat, this.#parts.nowMs);
    step.end(reason);
    await this.#save(new ChatSaver(this.#parts.store, tenantId, chat, step), step);
  }

  async #save(saver: ChatSaver, { chat }: ChatStep): Promise<void> {
    await saver.save();
    if (chat.state === null) this.#memories.forget(chat.chatId);
  }

  async #openChat(tenantId: string, chatId: string): Promise<StoredChat> {
    const chat = (await this.#parts.store.find(tenantId, chatId)) ?? notFound();
    if (chat.state !== null && Date.parse(chat.lastAt) <= this.#idleBeforeMs)
      await this.#endFor(tenantId, chat, 'idle');
    else if (chat.state !== null) return chat;
    throw new TrunklineError('CHAT_ENDED', 'it takes no more messages');
  }

  async #endIdle(): Promise<void> {
    const { store, tenantId, log } = this.#parts;
    try {
      const before = new Date(this.#idleBeforeMs).toISOString();
      for (const chatId of await store.idleSince(tenantId, before, LIMITS.chatsEndedAtOnce)) {
        const isBusy = this.#closing || this.#busy.has(keyOf(tenantId, chatId));
        const chat = isBusy ? undefined : await store.find(tenantId, chatId);
        if (chat?.state != null) await this.#endFor(tenantId, chat, 'idle');
      }
    } catch (error) {
      log.warn({ fault: describeFault(error) }, 'idle chats could not be ended');
    }
  }

  /** The model is not opened before there is something for it to say. */
  async #responderOf(
    flow: Flow,
    state: FlowState,
    step: ChatStep,
    tools: ToolDesk | undefined,
  ): Promise<Responder> {
    const isLed = flow.talk?.(state) !== undefined || flow.form?.(state) !== undefined;
    const model = isLed ? await this.#parts.openModel() : undefined;
    if (model === undefined) return new FlowResponder(flow);
    const { after } = this.#parts;
    const { chatId } = step.chat;
    const llm = step.use.counted(model);
    const onFault = (error: unknown) => this.#report(chatId, error);
    const memory = this.#memories.of(chatId, () => new TalkMemory({ llm: model, after, onFault }));
    return new ModelResponder({ flow, llm, after, medium: 'text', memory, ...(tools && { tools }), onFault });
  }

  #openTools(
    { chatId: callId, state }: Pick<StoredChat, 'chatId' | 'state'>,
    step: ChatStep,
    save: () => Promise<void>,
  ): ToolDesk | undefined {
    const { tools, after } = this.#parts;
    if (tools === undefined) return undefined;
    const kept = state === null ? [] : withTools.parse(JSON.parse(state)).tools;
    const desk = new ToolDesk({ callId, tools, journal: step.toolJournal(save), after, kept });
    step.keepTools(() => desk.kept.filter(({ act }) => act !== undefined));
    return desk;
  }

  #actsOf(
    chat: StoredChat,
    step: ChatStep,
    tools: ToolDesk | undefined,
    versions = versionsIn(chat),
  ): ChatActs {
    const { chatId, workflow } = chat;
    const load = async () => step.watch(await this.#parts.loadFlow(workflow, chatId, versions));
    return {
      act: async (act, state) => openActs(await load(), tools).act(act, state),
      told: id => tools?.toldAct(id),
      next: async (state, heard) =>
        (await this.#responderOf(await load(), state, step, tools)).respond(state, heard, this.#today),
    };
  }

  #listener(chatId: string, onSentence: Listener['onSentence']): Listener {
    return { onSentence, onFault: error => this.#report(chatId, error), signal: this.#stopped.signal };
  }

  /** Returns what lets go of the chat again. */
  #occupy(tenantId: string, chatId: string): () => void {
    this.#refuseWhenClosing();
    const key = keyOf(tenantId, chatId);
    if (this.#busy.has(key)) throw new TrunklineError('CHAT_BUSY', 'one message at a time');
    this.#busy.add(key);
    return () => this.#busy.delete(key);
  }

  #refuseWhenClosing(): void {
    if (this.#closing) throw new TrunklineError('DRAINING', 'no more chats are answered');
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  get #today(): string {
    return CALENDAR_DAY.format(this.#parts.nowMs());
  }

  get #idleBeforeMs(): number {
    return this.#parts.nowMs() - this.#limits.idleMs;
  }

  #report(chatId: string, error: unknown): void {
    this.#parts.log.error({ callId: chatId, fault: describeFault(error) }, 'fault in a chat');
  }
}

/** The versions that a chat has, that of the workflow that leads among them; undefined where its state tells of none. */
function versionsIn({ state }: StoredChat): VersionsOfCall | undefined {
  if (state === null) return undefined;
  const { flow, versions } = chatVersions.parse(JSON.parse(state));
  return { [flow.workflow]: flow.version, ...versions };
}

function saidIn({ said, chat }: ChatStep): Said {
  return { said, stage: chat.stage, done: chat.state === null };
}

function keyOf(tenantId: string, chatId: string): string {
  return `${tenantId}/${chatId}`;
}

function notFound(): never {
  throw new TrunklineError('NOT_FOUND', 'no chat has this id');
}
