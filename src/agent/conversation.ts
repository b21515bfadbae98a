import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';
import { LIMITS } from '../config/limits.ts';
import type { Heard } from '../workflow/types.ts';
import { AgentFloor } from './agent_floor.ts';
import { AgentSpeech, speechOf } from './agent_speech.ts';
import { CallerTurn, type Ear, earOf } from './caller_turn.ts';
import type { ConversationParts } from './conversation_parts.ts';
import type { Backchannel } from './early_answer.ts';
import { apology, type ConversationEnd, FAREWELLS, type Farewell } from './farewell.ts';
import { Foresight } from './foresight.ts';
import { Keypad } from './keypad.ts';
import { LeaveTaking } from './leave_taking.ts';
import { Listening } from './listening.ts';
import { OverAgent, understoodBy } from './over_agent.ts';
import { Patience } from './patience.ts';
import { PRE_ROLL_MS, PreRoll } from './pre_roll.ts';
import { type Answered, canTakeBack, heardSpeech, isInterruptible, type Reply } from './reply.ts';
import { inOrder, type Response } from './responder.ts';
import { type ConversationState, firstResponse, type KnownBefore } from './resumption.ts';
import { Standing } from './standing.ts';
import { Transfer } from './transfer.ts';

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
  readonly #leave: LeaveTaking;
  readonly #floor: AgentFloor;
  readonly #overAgent: OverAgent;
  readonly #foresight: Foresight;
  readonly #listening: Listening;
  readonly #patience: Patience;
  readonly #transfer: Transfer;
  readonly #at: Standing;
  #caller: CallerTurn | undefined;
  #over = false;

  constructor(parts: ConversationParts) {
    const { audio, after } = parts;
    this.#parts = parts;
    this.#patience = new Patience(parts);
    this.#listening = new Listening(parts.turn, audio, parts.responder);
    this.#ear = earOf(parts, (turn, text) => this.#partial(turn, text));
    this.#foresight = new Foresight(audio, parts.voice, {
      prepare: () => parts.responder.prepare(),
      respond: recognition => this.#askAgent(heardSpeech(recognition)),
      goesByWords: confidence => parts.responder.isModel(this.#at.state.flow, confidence),
    });
    this.#preRoll = new PreRoll(audio.rateHz, PRE_ROLL_MS);
    const over = { ear: this.#ear, audio, interjections: parts.interjections, preRoll: this.#preRoll };
    this.#overAgent = new OverAgent(over, (heard, answered) =>
      this.#guard(() => this.#respond(heard, { answered, stands: false })),
    );
    this.#leave = new LeaveTaking(after, audio);
    this.#floor = new AgentFloor(audio, parts.turn.maxTurnMs, {
      stands: reply => this.#listening.asked(this.#at.stands(reply)),
      wasHeard: (reply, heard) => this.#wasHeard(reply, heard),
      takenBack: reply => this.#takenBack(reply),
      over: (reply, interrupted) => this.#replyOver(reply, interrupted),
      failed: error => this.fail(error),
    });
    this.#keypad = new Keypad(after, digits => this.#guard(() => this.#keyed(digits)));
    this.#transfer = new Transfer({ ...parts, listening: this.#listening, keypad: this.#keypad }, became =>
      this.#guard(() => this.#respond({ type: 'person', became })),
    );
    this.#at = new Standing(parts);
  }

  /** Enough for another process to go on with it from the last step of which something was heard. */
  get state(): ConversationState {
    return this.#at.state;
  }

  /** The caller can hear: greets, or goes on, perhaps with a call that broke off. */
  answered(known?: KnownBefore): void {
    const { responder, todayIso } = this.#parts;
    this.#leave.allowCall(() => this.#guard(() => this.#part(FAREWELLS.timeLimit)));
    this.#guard(() =>
      this.#take(firstResponse(responder, this.#at.state, todayIso(), known), { stands: false }),
    );
  }

  /** The caller's audio up to media time `endMs`; the buffer may be used again afterwards. */
  readonly heard = (pcm: Int16Array, endMs: number): void => {
    this.#preRoll.push(pcm, endMs);
    this.#caller?.write(pcm);
  };

  /** Called every 10 to 20 ms: follows how far the agent was heard. */
  progress(): void {
    this.#guard(this.#follow);
  }

  turn(event: TurnEvent): void {
    this.#guard(() => {
      this.#floor.follow();
      this.#listening.turn(event);
      if (event.type === 'bargeIn') this.#bargedIn(event.atMs, event.heardSamples);
      else if (this.#ending) return;
      else if (event.type === 'speechStarted') this.#speechStarted(event.atMs);
      else if (event.type === 'speechEnded') this.#fellSilent(turn => void this.#foresight.look(turn));
      else if (event.type === 'paused') this.#fellSilent(turn => this.#foresight.gap(turn, event.quietMs));
      else if (event.type === 'wentOn') this.#wentOn();
      else if (event.type === 'backchannel') this.#backchannel(event);
      else if (event.type === 'turnEnded') this.#turnEnded(event.lastSoundMs, event.atMs);
      else if (event.type === 'silence') this.#silent(event.atMs, event.silentForMs);
    });
  }

  /** One DTMF key: 0 to 9, A to D, * or #. Before a word was heard nothing can be agreed to: 0 alone waits for the greeting. */
  dtmf(key: string): void {
    this.#guard(() => {
      const isEarly = this.#at.step === undefined;
      if (this.#ending || (isEarly && key !== '0')) return;
      this.#dropCaller();
      if (!isEarly && isInterruptible(this.#floor.reply)) this.#interrupt(this.#parts.audio.playedSamples());
      this.#keypad.press(key);
    });
  }

  /** The first frame of a stretch of agent speech went to the caller. */
  playoutStarted(atMs: number): void {
    this.#floor.playoutStarted(atMs);
  }

  /** Something broke: apologises and ends the call. */
  fail(error: unknown): void {
    this.#parts.onFault(error);
    if (this.#leave.farewell === undefined) this.#part(apology(error));
    else this.#hangUp();
  }

  /** The line is gone: writes down what was still heard and lets go of everything. */
  lineEnded(): ConversationEnd {
    const { audio, responder } = this.#parts;
    this.#over = true;
    responder.close();
    this.#leave.close();
    this.#transfer.close();
    this.#at.acting.close();
    this.#keypad.clear();
    this.#dropCaller();
    this.#floor.follow();
    const { reply } = this.#floor;
    if (reply !== undefined) {
      reply.answered?.holding?.stop();
      if (!reply.stands) this.#at.unanswered(reply);
      this.#floor.close(reply, audio.playedSamples());
    }
    return (
      this.#leave.farewell ?? { failed: false, ...(this.#at.state.flow.done && { reason: 'completed' }) }
    );
  }

  /** Once the line is gone: resolves when what was under way for the workflow is over, or it took too long. */
  settled(): Promise<void> {
    return this.#at.settled();
  }

  /** True once nothing that the caller does changes the end, and while it is not the agent's to hear. */
  get #ending(): boolean {
    return (
      this.#over || this.#leave.farewell !== undefined || this.#at.state.flow.done || this.#transfer.isOn
    );
  }

  /** Follows what was heard; of what is under way for the workflow it is told, or the caller, when nobody speaks. */
  readonly #follow = (): void => {
    this.#floor.follow();
    if (!this.#at.acting.isOn || this.#ending) return;
    const isQuiet = this.#floor.reply === undefined && this.#caller === undefined && !this.#keypad.collecting;
    const news = this.#at.acting.follow(this.#parts.audio.mediaMs(), isQuiet);
    if (news?.type === 'acted') this.#respond(news.heard);
    else if (news !== undefined) this.#sayWords({ stands: true }, news.words);
  };

  #speechStarted(atMs: number): void {
    const asked = this.#at.step ?? this.#floor.reply?.response?.step;
    this.#wentOn();
    if (this.#caller !== undefined || asked === undefined) return;
    this.#overAgent.drop();
    this.#foresight.prepare();
    this.#caller = new CallerTurn(this.#ear, asked, atMs, this.#preRoll.fromOnset(atMs));
    const [reply, played] = [this.#floor.reply, this.#parts.audio.playedSamples()];
    // Over audible speech the audio thread decides whether this is an interruption.
    if (reply === undefined || reply.speech?.audible(played) || reply.answered?.holding?.isAudible) return;
    if (reply.stands ? isInterruptible(reply) : canTakeBack(reply, this.#parts.turn.maxTurnMs))
      this.#interrupt(played);
  }

  #wentOn(): void {
    this.#caller?.resumed();
    this.#foresight.wait();
  }

  #partial(turn: CallerTurn, text: string): void {
    if (turn !== this.#caller || this.#over) return;
    this.#listening.partial(text);
    if (this.#floor.reply === undefined) this.#foresight.partial(turn, text, this.#listening.words);
  }

  /** Perhaps that was all. */
  #fellSilent(foresee: (turn: CallerTurn) => void): void {
    if (this.#caller !== undefined && this.#floor.reply === undefined && this.#at.step !== undefined)
      foresee(this.#caller);
  }

  /** The audio thread has cut what it played; a reply of the new generation is none of it. */
  #bargedIn(atMs: number, heardSamples: number): void {
    if (this.#floor.reply?.speech?.generation === this.#parts.audio.generation) return;
    if (!this.#ending) this.#speechStarted(atMs);
    this.#interrupt(heardSamples);
  }

  /** Only where the agent was held for it can it have been more than that. */
  #backchannel(backchannel: Backchannel): void {
    this.#dropCaller();
    const reply = this.#floor.reply;
    if (backchannel.hold > 0 && reply?.stands) void this.#understand(backchannel, reply);
  }

  /** A word or two over the reply, which goes on meanwhile: those that ask for something end it. */
  async #understand(backchannel: Backchannel, reply: Reply): Promise<void> {
    const { audio } = this.#parts;
    const isOverQuestion = reply.speech?.inLastSentence(audio.playedSamples());
    const { meaning, pcm } = await this.#overAgent.hear(
      backchannel,
      isOverQuestion ? this.#at.step : undefined,
    );
    this.#guard(() => {
      if (meaning === 'nod') audio.goOn(backchannel.hold);
      const isTooLate = this.#ending || this.#floor.reply !== reply || this.#caller !== undefined;
      if (isTooLate || meaning === 'nod' || meaning === 'nothing') return;
      this.#interrupt(audio.playedSamples());
      const { step } = this.#at;
      if (meaning === 'listen' || step === undefined) return;
      this.#caller = new CallerTurn(this.#ear, understoodBy(meaning, step), backchannel.atMs, pcm);
      this.#turnEnded(backchannel.untilMs, audio.mediaMs());
    });
  }

  #interrupt(heardSamples: number): void {
    this.#overAgent.drop();
    this.#floor.interrupt(heardSamples);
  }

  #takenBack({ answered }: Reply): void {
    answered?.holding?.record(this.#parts.record);
    if (this.#caller === undefined) answered?.turn.cancel();
    else if (answered !== undefined) this.#caller.continueFrom(answered.turn);
    if (this.#at.step !== undefined) this.#listening.asked(this.#at.step);
  }

  #dropCaller(): void {
    this.#overAgent.drop();
    this.#foresight.drop();
    this.#caller?.cancel();
    this.#caller = undefined;
  }

  #turnEnded(lastSoundMs: number, endOfTurnMs: number): void {
    const turn = this.#caller;
    if (turn === undefined) return;
    if (this.#floor.reply !== undefined) {
      // Speech over a reply that was not to be interrupted.
      this.#dropCaller();
      return;
    }
    this.#caller = undefined;
    this.#preRoll.clear();
    if (this.#at.step !== undefined) void this.#answer({ turn, lastSoundMs, endOfTurnMs });
    else {
      turn.cancel();
      this.#respond({ type: 'start' });
    }
  }

  async #answer(answered: Answered): Promise<void> {
    const reply = this.#floor.begin({ answered, stands: false });
    try {
      const recognition = await this.#patience.recognise(answered);
      if (this.#floor.reply !== reply) return;
      const isHopeless = recognition.text === '' && this.#at.state.notUnderstood >= LIMITS.turnsNotUnderstood;
      const foreseen = this.#foresight.take(answered.turn, recognition);
      if (foreseen !== undefined && !isHopeless) this.#take(foreseen.response, reply, foreseen.speech);
      else this.#respond(heardSpeech(recognition), reply, isHopeless ? FAREWELLS.notUnderstood : undefined);
    } catch (error) {
      if (this.#floor.reply === reply) this.fail(error);
    }
  }

  #silent(atMs: number, silentForMs: number): void {
    if (this.#floor.reply !== undefined || this.#keypad.collecting) return;
    // Who waits for the agent need not speak.
    if (this.#caller === undefined && this.#at.acting.isOn) return;
    if (this.#caller !== undefined) this.#turnEnded(atMs - silentForMs, atMs);
    else if (this.#at.step === undefined) this.#respond({ type: 'start' });
    else {
      this.#at.countSilence();
      const isHopeless = this.#at.state.silences > this.#parts.turn.silencePrompts;
      this.#respond({ type: 'silence' }, { stands: false }, isHopeless ? FAREWELLS.silence : undefined);
    }
  }

  #keyed(digits: string): void {
    if (this.#floor.reply !== undefined || this.#at.step === undefined) {
      this.#keypad.keep(digits);
      return;
    }
    this.#dropCaller();
    const keys = this.#at.step?.keysAreSecret ? '•'.repeat(digits.length) : digits;
    this.#respond({ type: 'keys', digits }, { keys, stands: false });
  }

  /** Asks the workflow what to say to what was heard, and says it; a farewell, where given, unless that is its own. */
  #respond(heard: Heard, reply: Reply = { stands: false }, farewell?: Farewell): void {
    this.#overAgent.drop();
    this.#floor.begin(reply);
    const response = this.#askAgent(heard);
    if (farewell !== undefined && !response.step.state.done) this.#part(farewell);
    else this.#take(response, reply);
  }

  #askAgent(heard: Heard): Response {
    const { responder, todayIso } = this.#parts;
    return responder.respond(this.#at.state.flow, heard, todayIso());
  }

  #take(response: Response, reply: Reply, prepared?: AgentSpeech): void {
    const { audio, voice } = this.#parts;
    reply.response = response;
    response.commit();
    this.#listening.asked(response.step);
    void this.#floor.say(reply, prepared ?? speechOf(audio, voice, response));
  }

  #wasHeard(reply: Reply, heard: { readonly text: string; readonly interrupted: boolean }): void {
    const elsewhere = this.#at.wasHeard(reply, heard);
    if (elsewhere !== undefined && !this.#over) this.#listening.asked(elsewhere);
  }

  #replyOver(reply: Reply, interrupted: boolean): void {
    if (this.#over) return;
    const { farewell } = this.#leave;
    if (farewell !== undefined && !reply.last) this.#sayFarewell(farewell);
    else if (reply.last || this.#at.state.flow.done) this.#hangUp();
    else if (this.#transfer.follow(this.#at.step)) this.#dropCaller();
    else if (!this.#keypad.release() && !interrupted) this.#overAgent.agentEnded();
  }

  /** Takes leave: what is queued is heard to its end, then the last words, then the line is hung up. */
  #part(farewell: Farewell): void {
    if (this.#over || !this.#leave.begin(farewell)) return;
    this.#transfer.giveUp();
    this.#dropCaller();
    this.#keypad.clear();
    const reply = this.#floor.reply;
    if (reply?.speech?.begun) {
      reply.speech.stop();
      return;
    }
    if (reply !== undefined) {
      this.#at.unanswered(reply);
      this.#floor.takeBack(reply);
    }
    this.#sayFarewell(farewell);
  }

  #sayFarewell(farewell: Farewell): void {
    this.#listening.lastWords();
    this.#sayWords({ stands: true, last: true }, farewell.words);
  }

  /** Words that are no answer of the workflow's. */
  #sayWords(reply: Reply, words: string): void {
    const { audio, voice } = this.#parts;
    void this.#floor.say(reply, new AgentSpeech(audio, voice, inOrder([words])));
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
