import type { Conversation } from '../../src/agent/conversation.ts';
import { HOLDING_WORDS } from '../../src/agent/holding.ts';
import type { CallEvent } from '../../src/store/events.ts';
import type { Plan } from './plan.ts';
import { answerTo, EXCHANGES, UTTERANCES } from './script.ts';
import { MS_PER_WORD } from './services.ts';
import { FRAME_MS, RATE_HZ, type SimulatedLine } from './simulated_line.ts';
import type { Trigger } from './trigger.ts';

/** From the agent's last word to the caller's first. */
const REACTION_MS = 400;
/** From a sound to the moment at which the pipeline is sure of it, and of its end. */
const NOTICED_MS = 60;
const FELL_SILENT_MS = 150;
const FRAME_SAMPLES = (RATE_HZ * FRAME_MS) / 1000;

export interface CallerParts {
  readonly plan: Plan;
  readonly line: SimulatedLine;
  readonly conversation: Conversation;
  readonly events: readonly CallEvent[];
  readonly trigger: Trigger;
}

interface Utterance {
  readonly said: string;
  readonly onsetMs: number;
  readonly lastSoundMs: number;
}

/**
 * A caller who answers what was asked, as the transcript has it, and the pipeline that tells of it: onsets, ends of speech, and
 * ends of turns after the pause that the conversation asks for.
 */
export class Caller {
  readonly turns: Utterance[] = [];
  readonly #parts: CallerParts;
  readonly #struck: string;
  #utterance: Utterance | undefined;
  #step = 0;
  #exchange = 0;
  #eventsSeen = 0;
  #speakAtMs = Infinity;
  #next = '';
  #quietSinceMs = 0;

  constructor(parts: CallerParts) {
    this.#parts = parts;
    this.#struck = {
      question: EXCHANGES[0].said,
      lastQuestion: EXCHANGES[1].said,
      slot: 'a flat',
    }[parts.plan.struck];
  }

  /** A frame was played: what the caller's side gives meanwhile. */
  tick(): void {
    const { line, conversation } = this.#parts;
    const nowMs = line.mediaMs();
    this.#listen(nowMs);
    const utterance = this.#utterance;
    const isSounding = utterance !== undefined && nowMs <= utterance.lastSoundMs;
    const value = isSounding ? 100 * (UTTERANCES.indexOf(utterance.said) + 1) : 0;
    conversation.heard(new Int16Array(FRAME_SAMPLES).fill(value), nowMs);
    if (isSounding || !line.isQuiet) this.#quietSinceMs = nowMs;
    if (utterance !== undefined) this.#tell(utterance, nowMs);
    else if (nowMs - this.#quietSinceMs >= (line.policy?.silencePromptMs ?? Infinity))
      this.#stayedSilent(nowMs);
  }

  /** The agent has said what it had to say: the caller answers in a moment. */
  #listen(nowMs: number): void {
    const { events, line, conversation, trigger } = this.#parts;
    for (; this.#eventsSeen < events.length; this.#eventsSeen += 1) {
      const { type, detail } = events[this.#eventsSeen]!;
      if (type !== 'turn.agent' || conversation.state.flow.done) continue;
      const { text } = detail as { text: string };
      if (text === HOLDING_WORDS) continue;
      this.#next = this.#answer(text);
      this.#speakAtMs = nowMs + REACTION_MS;
      if (this.turns.at(-1)?.said === this.#struck) trigger.turnOver();
    }
    if (nowMs < this.#speakAtMs || !line.isQuiet || line.hungUp !== undefined) return;
    this.#speakAtMs = Infinity;
    const lastSoundMs = nowMs + this.#next.split(' ').length * MS_PER_WORD;
    this.#utterance = { said: this.#next, onsetMs: nowMs, lastSoundMs };
    this.turns.push(this.#utterance);
    this.#step = 0;
    if (this.#next === this.#struck) trigger.onset(this.#next);
  }

  #answer(asked: string): string {
    const answer = answerTo(asked);
    if (answer !== undefined) return answer;
    if (this.#parts.conversation.state.flow.stage !== 'talk')
      return this.turns.at(-1)?.said ?? UTTERANCES[0]!;
    const exchange = EXCHANGES[Math.min(this.#exchange, EXCHANGES.length - 1)]!;
    this.#exchange += 1;
    return exchange.said;
  }

  /** What the pipeline tells of an utterance, each once and in order. */
  #tell({ onsetMs, lastSoundMs }: Utterance, nowMs: number): void {
    const { conversation, line, trigger } = this.#parts;
    const steps = [
      {
        atMs: onsetMs + NOTICED_MS,
        act: () => conversation.turn({ type: 'speechStarted', atMs: onsetMs, noticedMs: nowMs }),
      },
      { atMs: (onsetMs + lastSoundMs) / 2, act: () => trigger.midUtterance() },
      {
        atMs: lastSoundMs + FELL_SILENT_MS,
        act: () => {
          trigger.endOfSpeech();
          conversation.turn({ type: 'speechEnded', atMs: lastSoundMs });
        },
      },
      {
        atMs: lastSoundMs + (line.policy?.endOfTurnPauseMs ?? 500),
        act: () => {
          this.#utterance = undefined;
          conversation.turn({ type: 'turnEnded', atMs: nowMs, lastSoundMs });
        },
      },
    ];
    for (let step = steps[this.#step]; step !== undefined && nowMs >= step.atMs; step = steps[this.#step]) {
      this.#step += 1;
      step.act();
    }
  }

  #stayedSilent(nowMs: number): void {
    const silentForMs = nowMs - this.#quietSinceMs;
    this.#quietSinceMs = nowMs;
    this.#parts.conversation.turn({ type: 'silence', atMs: nowMs, silentForMs });
  }
}
