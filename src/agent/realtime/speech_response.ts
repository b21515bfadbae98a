import { LIMITS } from '../../config/limits.ts';
import type { SpokenAnswer } from '../../providers/speech/types.ts';
import type { LlmToolCall } from '../../providers/types.ts';
import { keepTurn } from '../../workflow/talk_history.ts';
import { WAY_TOOL } from '../../workflow/tools.ts';
import type { Flow, FlowState, FlowStep, Heard, Talk } from '../../workflow/types.ts';
import { LineUp } from '../model/line_up.ts';
import { wayOf } from '../model/model_request.ts';
import { Waiting } from '../model/waiting.ts';
import type { After } from '../ports.ts';
import { inOrder, type Responder, type Response, type ResponseBy } from '../responder.ts';
import type { Utterance } from '../sounding.ts';
import type { ToolDesk } from '../tools/tool_desk.ts';
import { type CallsInHand, ToolTurn } from '../tools/tool_turn.ts';
import { ScreenedSpeech } from './screened_speech.ts';
import { SpeechSound } from './speech_sound.ts';
import { SpokenWords } from './spoken_words.ts';

/** Said to the model that takes over from one that was cut off. */
const GO_ON =
  '(The line was cut off in the middle of your last message. Go on exactly where it ends, with the next word. Do not repeat ' +
  'any of it, do not apologise and do not mention this.)';

export interface SpeechResponseParts {
  readonly flow: Flow;
  readonly rateHz: number;
  readonly after: After;
  /** Runs what the model calls; without it nothing is offered. */
  readonly tools: ToolDesk | undefined;
  /** Media time in milliseconds. */
  nowMs(): number;
  /** The history as far as it is known in short. */
  recall(talk: Talk): Talk;
  /** Answers in its place where it fails; undefined where nobody can. */
  readonly rescue: Responder | undefined;
  /** Told of an answer that failed; the call goes on without it. */
  onFault(error: unknown): void;
  /** The far end knows of these runs of tools, or will; or it knows no more of them than there is now. */
  onRuns(runs: readonly string[], isKnown: boolean): void;
  /** It is over, and stood: the workflow is here now, and the model remembers what was heard. */
  onClosed(step: FlowStep, isByRescue: boolean): void;
}

export interface Question {
  readonly talk: Talk;
  readonly state: FlowState;
  readonly heard: Extract<Heard, { type: 'speech' }>;
  readonly todayIso: string;
}

/** Takes an answer as it comes. */
type Intake = Pick<ScreenedSpeech, 'words' | 'sound' | 'end'>;

/** What the model says until it calls tools, or at last. */
interface Round {
  readonly answer: SpokenAnswer;
  readonly sound: SpeechSound;
}

/**
 * One answer of a model that speaks by itself. Tools that it calls are run once the answer is committed, and it goes on with what
 * they answered; where it fails the chain goes on, behind what was said.
 */
export class SpeechResponse implements Response {
  readonly step: FlowStep;
  readonly sentences = inOrder<string>([]);
  readonly spoken = new LineUp<Utterance>();
  readonly #parts: SpeechResponseParts;
  readonly #question: Question;
  readonly #rounds: Round[] = [];
  readonly #words = new SpokenWords();
  readonly #tools: ToolTurn;
  readonly #waiting: Waiting;
  readonly #committed = Promise.withResolvers<void>();
  readonly #dropped = Promise.withResolvers<undefined>();
  #answer: SpokenAnswer;
  #by: SpokenAnswer['by'];
  /** What it waits for. */
  #inHand: CallsInHand | undefined;
  #rescue: Response | undefined;
  #firstTokenMs: number | undefined;
  /** Some of it was said in other words, by another voice. */
  #isReworded = false;
  #isDropped = false;
  #isClosed = false;
  /** Where the call goes after it. */
  #next: FlowStep | undefined;

  constructor(parts: SpeechResponseParts, question: Question, answer: SpokenAnswer) {
    const { flow, tools, after } = parts;
    const { talk, state, heard, todayIso } = question;
    this.#parts = parts;
    this.#question = question;
    this.#answer = answer;
    this.#tools = new ToolTurn({ ...parts, talk, state, said: heard.text, todayIso, tools });
    // How long the model may take, the engine itself sees to.
    this.#waiting = new Waiting({
      after,
      isPatient: true,
      filler: talk.filler,
      onFiller: words => this.#say('filler', words),
      onLate: () => undefined,
    });
    const open = flow.next(state, { type: 'start' }, { todayIso });
    const told = keepTurn(flow, state, talk, { by: 'caller', text: heard.text });
    this.step = { ...open, say: [], state: told, effects: [] };
    void this.#run();
  }

  /** True where it was taken back: neither it nor what it answers was said. */
  get isTakenBack(): boolean {
    return this.#isDropped && !this.#isClosed;
  }

  get firstTokenMs(): number | undefined {
    return this.#firstTokenMs;
  }

  /** What it heard it wrote down as well; the chain speaks by a voice of its own. */
  get by(): ResponseBy | undefined {
    const by = this.#by ?? this.#answer.by;
    const rescue = this.#rescue?.by;
    if (by === undefined || rescue === undefined)
      return by === undefined ? rescue : { heard: by, thought: by, spoken: by };
    const thoughtThen = rescue.thought === undefined ? [] : [rescue.thought.provider];
    return {
      heard: by,
      thought: by,
      spoken: by,
      thoughtThen: [...thoughtThen, ...(rescue.thoughtThen ?? [])],
      isTakenOver: true,
    };
  }

  commit(): void {
    this.#committed.resolve();
    this.#waiting.commit();
  }

  closed(heard: string): FlowStep {
    this.#isClosed = true;
    const text = this.#words.heard(heard);
    this.#remember(text);
    const end = this.#end(text);
    this.#parts.onClosed(end, this.#rescue !== undefined);
    return end;
  }

  drop(): void {
    this.#isDropped = true;
    this.#waiting.close();
    this.#answer.stop();
    this.#dropped.resolve(undefined);
    this.#letGo();
    this.#rescue?.drop();
    for (const { sound } of this.#rounds) sound.giveUp();
    this.spoken.end();
  }

  /** Forgets it with what it answers, as the model will. */
  forget(): void {
    for (const { answer } of this.#rounds) answer.forget();
  }

  /** Nobody waits for its tools any more; the model is told as much. */
  #letGo(): void {
    const calls = this.#inHand;
    if (calls === undefined) return;
    for (const tool of calls.inHand) tool.letGo();
    this.#answer.leave(calls.soFar());
    this.#parts.onRuns(runsOf(calls), false);
  }

  /** What the far end is to know of it. */
  #remember(text: string): void {
    const last = this.#rounds.at(-1);
    for (const round of this.#rounds) {
      if (!this.#isReworded) round.answer.wasHeard(round.sound.heardMs);
      else if (round === last) round.answer.replaced(text);
      else round.answer.wasHeard(0);
    }
  }

  #end(text: string): FlowStep {
    const own = this.#words.model;
    const known = this.#tools.after(this.#tools.untold);
    const state = text === '' ? known.state : this.#withOwn(known.state, text);
    const here = { ...this.step, state, effects: known.effects };
    if (this.#rescue !== undefined) {
      const end = this.#rescue.closed(text.startsWith(own) ? text.slice(own.length).trim() : '');
      this.#tools.close();
      const isElsewhere = end.state.stage !== here.state.stage || end.state.workflow !== here.state.workflow;
      return isElsewhere || end.state.done ? end : here;
    }
    this.#tools.close();
    if (this.#next === undefined) return here;
    const isBeyond = text.length > own.length || text === this.#words.all;
    return isBeyond ? { ...this.#next, effects: [...known.effects, ...this.#next.effects] } : here;
  }

  async #run(): Promise<void> {
    try {
      const way = await this.#converse();
      if (way === undefined && this.#words.isEmpty) throw new Error('a model that says nothing');
      if (way !== undefined) this.#goOn(way);
    } catch (error) {
      if (!this.#isDropped) await this.#recover(error);
    } finally {
      for (const { sound } of this.#rounds) sound.giveUp();
      this.spoken.end();
    }
  }

  /** Listens to the model until it calls no more tools; returns the way that it chose, if it did. */
  async #converse(): Promise<string | undefined> {
    const { talk } = this.#question;
    for (let round = 0; ; round += 1) {
      const calls = await this.#listen();
      const isOver = calls.every(({ name }) => name === WAY_TOOL) || talk.tools.length === 0;
      if (this.#isDropped || isOver || round === LIMITS.toolRounds)
        return calls.map(call => wayIn(call, talk)).findLast(way => way !== undefined);
      const outputs = await this.#runTools(calls);
      if (outputs === undefined) return undefined;
      this.#answer = this.#answer.goOn(outputs);
      this.#waiting.askedAgain();
    }
  }

  /** Takes what the model says; returns what it calls, which is nothing where it did not come to its end. */
  async #listen(): Promise<readonly LlmToolCall[]> {
    const calls: LlmToolCall[] = [];
    const answer = this.#answer;
    const sound = new SpeechSound(this.#parts.rateHz, this.step.delivery);
    this.#rounds.push({ answer, sound });
    const ear = this.#question.talk.isGuarded ? this.#screen(sound) : this.#open(sound);
    for await (const part of answer.parts) {
      this.#firstTokenMs ??= this.#parts.nowMs();
      this.#by ??= answer.by;
      if (part.type === 'toolCall') calls.push(part.call);
      else if (part.type === 'sound') ear.sound(part.pcm);
      else ear.words(part.text);
    }
    if (!this.#isDropped) {
      ear.end();
      sound.end();
    }
    return this.#isDropped ? [] : calls;
  }

  /** What comes may be heard as it comes. */
  #open(sound: SpeechSound): Intake {
    return {
      words: text => sound.say(text),
      sound: pcm => this.#sounds(sound, pcm),
      end: () => undefined,
    };
  }

  /** Nothing of it is heard before the workflow's guardrails let its words pass. */
  #screen(sound: SpeechSound): Intake {
    const { flow } = this.#parts;
    return new ScreenedSpeech({
      judge: sentence => {
        const { state } = this.#tools.after(this.#tools.untold);
        return flow.guard?.(state, sentence, this.#words.model) ?? [sentence];
      },
      onWords: words => sound.say(words),
      onSound: pcm => this.#sounds(sound, pcm),
      onInstead: sentences => {
        this.#isReworded = true;
        sound.end();
        for (const sentence of sentences) this.#say('model', sentence);
      },
    });
  }

  #sounds(sound: SpeechSound, pcm: Int16Array): void {
    sound.add(pcm);
    if (!this.#words.has(sound)) this.#say('model', sound);
  }

  /** Not before the answer is committed: until then it is a guess. Undefined where nobody waits for it any more. */
  async #runTools(calls: readonly LlmToolCall[]) {
    await Promise.race([this.#committed.promise, this.#dropped.promise]);
    if (this.#isDropped) return undefined;
    this.#inHand = this.#tools.run(calls);
    this.#parts.onRuns(runsOf(this.#inHand), true);
    this.#waiting.toolsBegun(this.#inHand.filler);
    const outputs = await Promise.race([this.#inHand.answers, this.#dropped.promise]);
    if (this.#isDropped) return undefined;
    this.#inHand = undefined;
    return outputs;
  }

  async #recover(error: unknown): Promise<void> {
    const { rescue, onFault } = this.#parts;
    onFault(error);
    this.#rounds.at(-1)?.sound.breakOff();
    try {
      if (rescue === undefined) throw new Error('nobody else answers');
      this.#rescue = this.#ask(rescue);
      this.#rescue.commit();
      for await (const sentence of this.#rescue.sentences) this.#say('workflow', sentence);
    } catch {
      if (!this.#isDropped) this.#goOn(undefined);
    }
  }

  /** What was heard, or, where some of the answer was said, that it goes on. */
  #ask(rescue: Responder): Response {
    const { state, heard, todayIso } = this.#question;
    const said = this.#words.model;
    if (said === '') return rescue.respond(state, heard, todayIso);
    this.#parts.tools?.goOn(this.#question.talk.turn);
    return rescue.respond(this.#withOwn(this.step.state, said), { ...heard, text: GO_ON }, todayIso);
  }

  #withOwn(state: FlowState, text: string): FlowState {
    const talk = this.#parts.flow.talk?.(state) ?? this.#question.talk;
    return keepTurn(this.#parts.flow, state, talk, { by: 'agent', text });
  }

  #goOn(way: string | undefined): void {
    const { flow } = this.#parts;
    const { state } = this.#tools.after(this.#tools.untold);
    const said = this.#words.model;
    const known = said === '' ? state : this.#withOwn(state, said);
    this.#next = flow.leaveTalk?.(known, way, { todayIso: this.#question.todayIso });
    for (const sentence of this.#next?.say ?? []) this.#say('workflow', sentence);
  }

  #say(by: 'model' | 'filler' | 'workflow', utterance: string | SpeechSound): void {
    if (by !== 'filler') this.#waiting.said();
    this.#words.add(by, utterance);
    this.spoken.push(utterance);
  }
}

function wayIn({ name, argumentsJson }: LlmToolCall, talk: Talk): string | undefined {
  return name === WAY_TOOL ? wayOf(argumentsJson, talk) : undefined;
}

function runsOf({ inHand }: CallsInHand): readonly string[] {
  return inHand.flatMap(({ run }) => run ?? []);
}
