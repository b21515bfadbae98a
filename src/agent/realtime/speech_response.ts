import type { SpokenAnswer } from '../../providers/speech/types.ts';
import { keepTurn } from '../../workflow/talk_history.ts';
import { WAY_TOOL } from '../../workflow/tools.ts';
import type { Flow, FlowState, FlowStep, Heard, Talk } from '../../workflow/types.ts';
import { LineUp } from '../model/line_up.ts';
import { wayOf } from '../model/model_request.ts';
import type { After } from '../ports.ts';
import { inOrder, type Responder, type Response, type ResponseBy } from '../responder.ts';
import type { Utterance } from '../sounding.ts';
import { SpeechSound } from './speech_sound.ts';

/** A caller who hears nothing for so long after the turn is told that it takes a moment. */
const FILLER_AFTER_MS = 1000;
/** Said to the model that takes over from one that was cut off. */
const GO_ON =
  '(The line was cut off in the middle of your last message. Go on exactly where it ends, with the next word. Do not repeat ' +
  'any of it, do not apologise and do not mention this.)';

export interface SpeechResponseParts {
  readonly flow: Flow;
  readonly rateHz: number;
  readonly after: After;
  /** Media time in milliseconds. */
  nowMs(): number;
  /** Answers in its place where it fails; undefined where nobody can. */
  readonly rescue: Responder | undefined;
  /** Told of an answer that failed; the call goes on without it. */
  onFault(error: unknown): void;
  /** It is over, and stood: the workflow is here now, and the model remembers what was heard. */
  onClosed(step: FlowStep, isByRescue: boolean): void;
}

export interface Question {
  readonly talk: Talk;
  readonly state: FlowState;
  readonly heard: Extract<Heard, { type: 'speech' }>;
  readonly todayIso: string;
}

/** One answer of a model that speaks by itself; where it fails the chain goes on, behind what was said. */
export class SpeechResponse implements Response {
  readonly step: FlowStep;
  readonly sentences = inOrder<string>([]);
  readonly spoken = new LineUp<Utterance>();
  readonly #parts: SpeechResponseParts;
  readonly #question: Question;
  readonly #answer: SpokenAnswer;
  #sound: SpeechSound | undefined;
  #rescue: Response | undefined;
  #filler = '';
  #cancelFiller: () => void = () => undefined;
  #hasSpoken = false;
  #firstTokenMs: number | undefined;
  #isDropped = false;
  #isClosed = false;
  /** Where the call goes after it. */
  #next: FlowStep | undefined;

  constructor(parts: SpeechResponseParts, question: Question, answer: SpokenAnswer) {
    const { talk, state, heard, todayIso } = question;
    this.#parts = parts;
    this.#question = question;
    this.#answer = answer;
    const open = parts.flow.next(state, { type: 'start' }, { todayIso });
    const told = keepTurn(parts.flow, state, talk, { by: 'caller', text: heard.text });
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
    const { by } = this.#answer;
    return by === undefined ? this.#rescue?.by : { heard: by, thought: by, spoken: by };
  }

  commit(): void {
    const { filler } = this.#question.talk;
    if (filler === undefined) return;
    this.#cancelFiller = this.#parts.after(FILLER_AFTER_MS, () => {
      if (this.#hasSpoken) return;
      this.#filler = filler;
      this.spoken.push(filler);
    });
  }

  closed(heard: string): FlowStep {
    this.#isClosed = true;
    this.#answer.wasHeard(this.#sound?.heardMs ?? 0);
    const end = this.#end(heard.startsWith(this.#filler) ? heard.slice(this.#filler.length).trim() : '');
    this.#parts.onClosed(end, this.#rescue !== undefined);
    return end;
  }

  drop(): void {
    this.#isDropped = true;
    this.#cancelFiller();
    this.#answer.stop();
    this.#rescue?.drop();
    this.#sound?.giveUp();
    this.spoken.end();
  }

  /** Forgets it with what it answers, as the model will. */
  forget(): void {
    this.#answer.forget();
  }

  #end(text: string): FlowStep {
    const own = this.#sound?.text ?? '';
    const here = { ...this.step, state: text === '' ? this.step.state : this.#withOwn(text) };
    if (this.#rescue !== undefined) {
      const end = this.#rescue.closed(text.startsWith(own) ? text.slice(own.length).trim() : '');
      const isElsewhere = end.state.stage !== here.state.stage || end.state.workflow !== here.state.workflow;
      return isElsewhere || end.state.done ? end : here;
    }
    if (this.#next === undefined) return here;
    const all = [own, ...this.#next.say].filter(part => part !== '').join(' ');
    return text.length > own.length || text === all ? this.#next : here;
  }

  async #run(): Promise<void> {
    try {
      const way = await this.#listen();
      if (way === undefined && !this.#hasSpoken) throw new Error('a model that says nothing');
      if (way !== undefined) this.#goOn(way);
    } catch (error) {
      if (!this.#isDropped) await this.#recover(error);
    } finally {
      this.#sound?.giveUp();
      this.spoken.end();
    }
  }

  /** Takes what the model says; returns the way that it chose, if it did. */
  async #listen(): Promise<string | undefined> {
    let way: string | undefined;
    const sound = new SpeechSound(this.#parts.rateHz, this.step.delivery);
    for await (const part of this.#answer.parts) {
      this.#firstTokenMs ??= this.#parts.nowMs();
      if (part.type === 'words') sound.say(part.text);
      else if (part.type === 'sound') this.#sounds(sound, part.pcm);
      else if (part.call.name === WAY_TOOL) way = wayOf(part.call.argumentsJson, this.#question.talk) ?? way;
    }
    if (!this.#isDropped) sound.end();
    return way;
  }

  #sounds(sound: SpeechSound, pcm: Int16Array): void {
    sound.add(pcm);
    if (this.#sound === undefined) this.#say(sound);
    this.#sound = sound;
  }

  async #recover(error: unknown): Promise<void> {
    const { rescue, onFault } = this.#parts;
    onFault(error);
    this.#sound?.breakOff();
    try {
      if (rescue === undefined) throw new Error('nobody else answers');
      this.#rescue = this.#ask(rescue);
      this.#rescue.commit();
      for await (const sentence of this.#rescue.sentences) this.#say(sentence);
    } catch {
      if (!this.#isDropped) this.#goOn(undefined);
    }
  }

  /** What was heard, or, where some of the answer was said, that it goes on. */
  #ask(rescue: Responder): Response {
    const { state, heard, todayIso } = this.#question;
    const said = this.#sound?.text ?? '';
    if (said === '') return rescue.respond(state, heard, todayIso);
    return rescue.respond(this.#withOwn(said), { ...heard, text: GO_ON }, todayIso);
  }

  #withOwn(text: string): FlowState {
    const { state } = this.step;
    const talk = this.#parts.flow.talk?.(state) ?? this.#question.talk;
    return keepTurn(this.#parts.flow, state, talk, { by: 'agent', text });
  }

  #goOn(way: string | undefined): void {
    const { flow } = this.#parts;
    this.#next = flow.leaveTalk?.(this.step.state, way, { todayIso: this.#question.todayIso });
    for (const sentence of this.#next?.say ?? []) this.#say(sentence);
  }

  #say(utterance: Utterance): void {
    this.#hasSpoken = true;
    this.#cancelFiller();
    this.spoken.push(utterance);
  }
}
