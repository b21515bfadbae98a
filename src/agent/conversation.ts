import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';
import { LIMITS } from '../config/limits.ts';
import type { FlowStep, Heard } from '../workflow/types.ts';
import { AgentSpeech } from './agent_speech.ts';
import { Belief } from './belief.ts';
import { CallerTurn, type Ear } from './caller_turn.ts';
import type { ConversationParts } from './conversation_parts.ts';
import { type Backchannel, EarlyAnswer } from './early_answer.ts';
import { apology, type ConversationEnd, FAREWELLS, type Farewell } from './farewell.ts';
import { Keypad } from './keypad.ts';
import { PRE_ROLL_MS, PreRoll } from './pre_roll.ts';
import {
  type Answered,
  canTakeBack,
  heardSpeech,
  isInterruptible,
  type Reply,
  recordAgent,
  recordCaller,
  recordEffects,
} from './reply.ts';
import { afterReply, type ConversationState, firstStep, newConversation } from './resumption.ts';
import { lastWordsPolicy, turnPolicy } from './turn_policy.ts';

/** Audio before the onset that the recogniser is given, since quiet consonants come before what is noticed. */
const LEAD_MS = 500;
const INTERJECTION_LEAD_MS = 250;

/**
 * One call's conversation: turn events, keys and the caller's audio in, speech out. It knows no clock but media time
 * and the timers it is given; whatever fails inside ends in an apology, never in silence.
 *
 * At most one caller's turn and one reply are open at a time. A reply begins when the caller's turn ends and is a draft
 * until its first word was heard: a caller who goes on speaking takes it back, and nothing has happened. Then it
 * stands: the workflow's state, its effects and the transcript count from there.
 */
export class Conversation {
  readonly #parts: ConversationParts;
  readonly #ear: Ear;
  readonly #preRoll: PreRoll;
  readonly #keypad: Keypad;
  readonly #early: EarlyAnswer;
  #state: ConversationState;
  /** What the caller was asked last; none before the greeting. */
  #step: FlowStep | undefined;
  #caller: CallerTurn | undefined;
  #reply: Reply | undefined;
  /** Keys that wait for the end of a reply that may not be interrupted. */
  #keys: string | undefined;
  #farewell: Farewell | undefined;
  #over = false;
  #cancelLimit: (() => void) | undefined;

  constructor(parts: ConversationParts) {
    const { audio, stt, after } = parts;
    this.#parts = parts;
    this.#ear = { stt, rateHz: audio.rateHz, after, belief: new Belief() };
    this.#preRoll = new PreRoll(audio.rateHz, PRE_ROLL_MS);
    this.#early = new EarlyAnswer(this.#ear, audio, (heard, answered) =>
      this.#guard(() => this.#respond(heard, { answered, stands: false })),
    );
    this.#keypad = new Keypad(after, digits => this.#guard(() => this.#keyed(digits)));
    this.#state = parts.resumed ?? newConversation(parts.flow);
  }

  /** Enough for another process to go on with it from the last step of which something was heard. */
  get state(): ConversationState {
    return this.#state;
  }

  /** The caller can hear: greets, or goes on. */
  answered(): void {
    const { after, audio, flow, todayIso } = this.#parts;
    this.#cancelLimit = after(LIMITS.callMinutes * 60_000 - LIMITS.farewellMs - audio.mediaMs(), () =>
      this.#guard(() => this.#part(FAREWELLS.timeLimit)),
    );
    this.#guard(() => this.#take(firstStep(flow, this.#state, todayIso()), { stands: false }));
  }

  /** The caller's audio up to media time `endMs`; the buffer may be used again afterwards. */
  heard(pcm: Int16Array, endMs: number): void {
    this.#preRoll.push(pcm, endMs);
    this.#caller?.write(pcm);
  }

  /** Called every 10 to 20 ms: follows how far the agent was heard. */
  progress(): void {
    this.#guard(() => this.#follow());
  }

  turn(event: TurnEvent): void {
    this.#guard(() => {
      this.#follow();
      if (event.type === 'bargeIn') this.#bargedIn(event.atMs, event.heardSamples);
      else if (this.#ending) return;
      else if (event.type === 'speechStarted') this.#speechStarted(event.atMs);
      else if (event.type === 'backchannel') this.#backchannel(event);
      else if (event.type === 'turnEnded') this.#turnEnded(event.lastSoundMs, event.atMs);
      else if (event.type === 'silence') this.#silent(event.atMs, event.silentForMs);
    });
  }

  /** One DTMF key: 0 to 9, A to D, * or #. */
  dtmf(key: string): void {
    this.#guard(() => {
      if (this.#ending || this.#step === undefined) return;
      this.#dropCaller();
      if (isInterruptible(this.#reply)) this.#interrupt(this.#parts.audio.playedSamples());
      this.#keypad.press(key);
    });
  }

  /** The first frame of a stretch of agent speech went to the caller. */
  playoutStarted(atMs: number): void {
    if (this.#reply?.speech?.begun) this.#reply.firstFrameMs ??= atMs;
  }

  /** Something broke: apologises and ends the call. */
  fail(error: unknown): void {
    this.#parts.onFault(error);
    if (this.#farewell === undefined) this.#part(apology(error));
    else this.#hangUp();
  }

  /** The line is gone: writes down what was still heard and lets go of everything. */
  lineEnded(): ConversationEnd {
    const { record, audio } = this.#parts;
    this.#over = true;
    this.#cancelLimit?.();
    this.#keypad.clear();
    this.#dropCaller();
    this.#follow();
    const reply = this.#reply;
    if (reply !== undefined) {
      if (!reply.stands) recordCaller(record, reply, audio.mediaMs());
      this.#close(reply, audio.playedSamples());
    }
    return this.#farewell ?? { failed: false, ...(this.#isDone && { reason: 'completed' }) };
  }

  /** True once nothing that the caller does changes the end. */
  get #ending(): boolean {
    return this.#over || this.#farewell !== undefined || this.#isDone;
  }

  get #isDone(): boolean {
    return this.#state.flow.done;
  }

  #speechStarted(atMs: number): void {
    const asked = this.#step ?? this.#reply?.step;
    if (this.#caller !== undefined || asked === undefined) return;
    this.#early.drop();
    this.#caller = new CallerTurn(this.#ear, asked, atMs, this.#preRoll.since(atMs - LEAD_MS));
    const reply = this.#reply;
    const played = this.#parts.audio.playedSamples();
    // Over audible speech the audio thread decides whether this is an interruption.
    if (reply === undefined || reply.speech?.audible(played)) return;
    if (reply.stands ? isInterruptible(reply) : canTakeBack(reply, this.#parts.turn.maxTurnMs))
      this.#interrupt(played);
  }

  /** The audio thread has cut what it played; a reply of the new generation is none of it. */
  #bargedIn(atMs: number, heardSamples: number): void {
    if (this.#reply?.speech?.generation === this.#parts.audio.generation) return;
    if (!this.#ending) this.#speechStarted(atMs);
    this.#interrupt(heardSamples);
  }

  /** Only where the agent was held for it can it have been more than that. */
  #backchannel(backchannel: Backchannel): void {
    this.#dropCaller();
    const reply = this.#reply;
    if (backchannel.held && reply?.stands) void this.#understand(backchannel, reply);
  }

  /** A word or two over the reply, which goes on meanwhile: those that ask for something end it. */
  async #understand(backchannel: Backchannel, reply: Reply): Promise<void> {
    const { interjections, audio } = this.#parts;
    const { atMs, untilMs } = backchannel;
    const pcm = this.#preRoll.since(atMs - INTERJECTION_LEAD_MS);
    const isOverQuestion = reply.speech?.inLastSentence(audio.playedSamples());
    if (isOverQuestion && this.#step !== undefined) this.#early.keep(this.#step, backchannel, pcm);
    const meaning = await interjections.understand(pcm, audio.rateHz);
    this.#guard(() => {
      const isTooLate = this.#ending || this.#reply !== reply || this.#caller !== undefined;
      if (isTooLate || meaning === 'nothing') return;
      this.#interrupt(audio.playedSamples());
      if (meaning === 'listen' || this.#step === undefined) return;
      this.#caller = new CallerTurn(this.#ear, this.#step, atMs, pcm);
      this.#turnEnded(untilMs, audio.mediaMs());
    });
  }

  #interrupt(heardSamples: number): void {
    const reply = this.#reply;
    if (reply === undefined) return;
    this.#early.drop();
    const { audio } = this.#parts;
    const { speech } = reply;
    if (speech?.begun && speech.generation === audio.generation) audio.cut();
    if (!reply.stands) {
      if (!speech?.firstWordHeard(heardSamples) && canTakeBack(reply, this.#parts.turn.maxTurnMs)) {
        this.#takeBack(reply);
        return;
      }
      this.#stand(reply);
    }
    this.#close(reply, heardSamples);
  }

  /** Nothing of the draft was heard: the caller's turn goes on where it seemed to end. */
  #takeBack(reply: Reply): void {
    this.#reply = undefined;
    reply.speech?.stop();
    if (reply.answered !== undefined) {
      if (this.#caller === undefined) reply.answered.turn.cancel();
      else this.#caller.continueFrom(reply.answered.turn);
    }
    if (this.#step !== undefined) this.#parts.audio.setPolicy(turnPolicy(this.#parts.turn, this.#step));
  }

  #dropCaller(): void {
    this.#early.drop();
    this.#caller?.cancel();
    this.#caller = undefined;
  }

  #turnEnded(lastSoundMs: number, endOfTurnMs: number): void {
    const turn = this.#caller;
    if (turn === undefined) return;
    if (this.#reply !== undefined) {
      // Speech over a reply that was not to be interrupted.
      this.#dropCaller();
      return;
    }
    this.#caller = undefined;
    this.#preRoll.clear();
    if (this.#step !== undefined) {
      void this.#answer({ turn, lastSoundMs, endOfTurnMs });
      return;
    }
    turn.cancel();
    this.#respond({ type: 'start' });
  }

  async #answer(answered: Answered): Promise<void> {
    const reply: Reply = { answered, stands: false };
    this.#reply = reply;
    try {
      const recognition = await answered.turn.recognise();
      if (this.#reply !== reply) return;
      answered.recognition = recognition;
      answered.sttFinalMs = this.#parts.audio.mediaMs();
      const isHopeless = recognition.text === '' && this.#state.notUnderstood >= LIMITS.turnsNotUnderstood;
      this.#respond(heardSpeech(recognition), reply, isHopeless ? FAREWELLS.notUnderstood : undefined);
    } catch (error) {
      if (this.#reply === reply) this.fail(error);
    }
  }

  #silent(atMs: number, silentForMs: number): void {
    if (this.#reply !== undefined || this.#keypad.collecting) return;
    if (this.#caller !== undefined) this.#turnEnded(atMs - silentForMs, atMs);
    else if (this.#step === undefined) this.#respond({ type: 'start' });
    else {
      const silences = this.#state.silences + 1;
      this.#state = { ...this.#state, silences };
      const isHopeless = silences > this.#parts.turn.silencePrompts;
      this.#respond({ type: 'silence' }, { stands: false }, isHopeless ? FAREWELLS.silence : undefined);
    }
  }

  #keyed(digits: string): void {
    if (this.#reply !== undefined) {
      this.#keys = digits;
      return;
    }
    this.#dropCaller();
    const keys = this.#step?.keysAreSecret ? '•'.repeat(digits.length) : digits;
    this.#respond({ type: 'keys', digits }, { keys, stands: false });
  }

  /** Asks the workflow what to say to what was heard, and says it; a farewell, where given, unless that is its own. */
  #respond(heard: Heard, reply: Reply = { stands: false }, farewell?: Farewell): void {
    const { flow, todayIso } = this.#parts;
    this.#early.drop();
    this.#reply = reply;
    const step = flow.next(this.#state.flow, heard, { todayIso: todayIso() });
    if (farewell !== undefined && !step.state.done) this.#part(farewell);
    else this.#take(step, reply);
  }

  #take(step: FlowStep, reply: Reply): void {
    const { audio, turn } = this.#parts;
    this.#reply = reply;
    reply.step = step;
    reply.firstWordMs = audio.mediaMs();
    audio.setPolicy(turnPolicy(turn, step));
    void this.#say(reply, step.say);
  }

  async #say(reply: Reply, sentences: readonly string[]): Promise<void> {
    const { audio, voice } = this.#parts;
    reply.speech = new AgentSpeech(audio, voice);
    try {
      await reply.speech.say(sentences, () => {
        reply.firstAudioMs = audio.mediaMs();
      });
    } catch (error) {
      if (this.#reply === reply) this.fail(error);
    }
  }

  #follow(): void {
    const reply = this.#reply;
    if (reply?.speech === undefined) return;
    const played = this.#parts.audio.playedSamples();
    const over = reply.speech.over(played);
    if (!reply.stands && (over || reply.speech.firstWordHeard(played))) this.#stand(reply);
    if (over) this.#close(reply, played);
  }

  /** The caller has begun to hear the reply: from here on it counts. */
  #stand(reply: Reply): void {
    reply.stands = true;
    const { step } = reply;
    if (step === undefined) return;
    const { record, recording, audio } = this.#parts;
    this.#step = step;
    this.#state = afterReply(this.#state, reply, step);
    recordCaller(record, reply, audio.mediaMs());
    recordEffects(record, recording, step.effects, audio.mediaMs());
    this.#parts.onProgress();
  }

  /** The reply is over, as far as it was heard: what comes next is up to the caller, if nothing waits. */
  #close(reply: Reply, heardSamples: number): void {
    const { record, audio } = this.#parts;
    const interrupted = reply.speech?.over(heardSamples) !== true;
    this.#reply = undefined;
    reply.speech?.stop();
    reply.answered?.turn.cancel();
    if (reply.stands) {
      const text = reply.speech?.heard(heardSamples) ?? '';
      recordAgent(record, reply, { text, endMs: audio.mediaMs(), interrupted });
      this.#parts.onProgress();
    }
    if (this.#over) return;
    if (this.#farewell !== undefined && !reply.last) this.#sayFarewell(this.#farewell);
    else if (reply.last || this.#isDone) this.#hangUp();
    else if (this.#keys !== undefined) {
      const digits = this.#keys;
      this.#keys = undefined;
      this.#keyed(digits);
    } else if (!interrupted) this.#early.waitForMore();
  }

  /** Takes leave: what is queued is heard to its end, then the last words, then the line is hung up. */
  #part(farewell: Farewell): void {
    if (this.#over || this.#farewell !== undefined) return;
    this.#farewell = farewell;
    this.#cancelLimit?.();
    this.#cancelLimit = this.#parts.after(LIMITS.farewellMs, () =>
      this.#parts.audio.hangUp({ drain: false }),
    );
    this.#dropCaller();
    this.#keypad.clear();
    this.#keys = undefined;
    const reply = this.#reply;
    if (reply?.speech?.begun) {
      reply.speech.stop();
      return;
    }
    if (reply !== undefined) {
      recordCaller(this.#parts.record, reply, this.#parts.audio.mediaMs());
      this.#takeBack(reply);
    }
    this.#sayFarewell(farewell);
  }

  #sayFarewell(farewell: Farewell): void {
    const { audio, turn } = this.#parts;
    this.#reply = { stands: true, last: true };
    audio.setPolicy(lastWordsPolicy(turn));
    void this.#say(this.#reply, [farewell.words]);
  }

  #hangUp(): void {
    if (!this.#over) this.#parts.audio.hangUp({ drain: true });
  }

  #guard(action: () => void): void {
    try {
      if (!this.#over) action();
    } catch (error) {
      this.fail(error);
    }
  }
}
