import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { FlowStep } from '../workflow/types.ts';
import type { Ear } from './caller_turn.ts';
import { type Backchannel, EarlyAnswer, type OnEarlyAnswer } from './early_answer.ts';
import {
  INTERJECTIONS,
  type Interjection,
  type InterjectionEar,
  LEAST_CONFIDENCE_OF_WORDS,
} from './interjection.ts';
import type { CallAudio } from './ports.ts';
import type { PreRoll } from './pre_roll.ts';

/** Audio before the onset that belongs to a word or two. */
const LEAD_MS = 250;
/** They are heard better with some quiet behind them, which nobody waits for. */
const QUIET_BEHIND_MS = 150;

/** A word or two that began at `atMs`, for a recogniser. */
export function wordSince(preRoll: PreRoll, atMs: number, rateHz: PipelineRateHz): Int16Array {
  const said = preRoll.since(atMs - LEAD_MS);
  const pcm = new Int16Array(said.length + (rateHz * QUIET_BEHIND_MS) / 1000);
  pcm.set(said);
  return pcm;
}

export interface OverAgentParts {
  readonly ear: Ear;
  readonly audio: Pick<CallAudio, 'mediaMs' | 'rateHz'>;
  readonly interjections: InterjectionEar;
  readonly preRoll: PreRoll;
}

/** A word or two over the agent, understood. */
export interface SaidOver {
  readonly meaning: Exclude<Interjection, 'digit'>;
  readonly pcm: Int16Array;
}

/** What it is to be understood by: the question, but for words that count as they are, whatever was asked. */
export function understoodBy(meaning: SaidOver['meaning'], asked: FlowStep): FlowStep {
  if (meaning !== 'words') return asked;
  return {
    ...asked,
    expect: INTERJECTIONS,
    minConfidence: Math.max(asked.minConfidence, LEAST_CONFIDENCE_OF_WORDS),
  };
}

/** What is said in short while the agent speaks: at once, where it asks for something; later, where it was the answer. */
export class OverAgent {
  readonly #parts: OverAgentParts;
  readonly #early: EarlyAnswer;

  constructor(parts: OverAgentParts, onEarlyAnswer: OnEarlyAnswer) {
    this.#parts = parts;
    this.#early = new EarlyAnswer(parts.ear, parts.audio, onEarlyAnswer);
  }

  /** `asked` is the question over whose last sentence it was said; undefined elsewhere. Never rejects. */
  async hear(backchannel: Backchannel, asked: FlowStep | undefined): Promise<SaidOver> {
    const { audio, interjections, preRoll } = this.#parts;
    const pcm = wordSince(preRoll, backchannel.atMs, audio.rateHz);
    if (asked !== undefined) this.#early.keep(asked, backchannel, pcm);
    const meaning = await interjections.understand(pcm, audio.rateHz);
    // Before the question is heard nobody can tell what a digit is meant for.
    const counts = asked === undefined ? 'listen' : 'words';
    return { meaning: meaning === 'digit' ? counts : meaning, pcm };
  }

  /** The agent has said all it had to say. */
  agentEnded(): void {
    this.#early.waitForMore();
  }

  /** Something else was said or done. */
  drop(): void {
    this.#early.drop();
  }
}
