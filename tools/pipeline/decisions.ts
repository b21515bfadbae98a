import type { VoiceActivity } from '../../pipeline/ports.ts';
import type { LevelProbe } from '../../pipeline/stages/level_probe.ts';
import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';
import { type TurnActions, type TurnEars, TurnTaker } from '../../pipeline/turn/turn_taker.ts';

/** The agent is heard while a frame is as loud as this, and for so long after it. */
const AUDIBLE_DB = -45;
const AUDIBLE_HANGOVER_MS = 200;

/** What the pipeline decided: what it told of a turn, or that the agent was `held`, or `raised` again. */
export type Decision = TurnEvent | { readonly type: 'held' | 'raised'; readonly atMs: number };

/** From and until, in milliseconds of media time. */
export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Whose turn it is, told from a recording: the agent speaks when its side sounds. Once the pipeline would have cut it,
 * it counts as silent until it has really been so.
 */
export class Decisions {
  readonly decisions: Decision[] = [];
  /** While the agent was heard, by its side of the recording. */
  readonly agent: Stretch[] = [];
  readonly #turns: TurnTaker;
  #nowMs = 0;
  #audibleSinceMs: number | undefined;
  #audibleUntilMs = 0;
  #isCut = false;

  /** @param ears of the call's uplink */
  constructor(levels: LevelProbe, ears: TurnEars) {
    const actions: TurnActions = {
      // Told as an event as well.
      duck: () => undefined,
      hold: () => this.decisions.push({ type: 'held', atMs: this.#nowMs }),
      resume: () => this.decisions.push({ type: 'raised', atMs: this.#nowMs }),
      cut: () => {
        this.#isCut = true;
        return 0;
      },
      emit: event => this.decisions.push(event),
    };
    this.#turns = new TurnTaker(levels, actions, ears);
  }

  /** One frame further; `agentDb` is the level of the agent's side in it. */
  step(nowMs: number, activity: VoiceActivity, agentDb: number): void {
    this.#nowMs = nowMs;
    if (agentDb >= AUDIBLE_DB) this.#audibleUntilMs = nowMs + AUDIBLE_HANGOVER_MS;
    const isAudible = nowMs < this.#audibleUntilMs;
    if (isAudible) this.#audibleSinceMs ??= nowMs;
    else this.#endStretch(nowMs);
    this.#turns.step(nowMs, activity, isAudible && !this.#isCut);
  }

  end(): void {
    this.#endStretch(this.#nowMs);
  }

  #endStretch(nowMs: number): void {
    this.#isCut = false;
    if (this.#audibleSinceMs === undefined) return;
    const endMs = Math.min(nowMs, this.#audibleUntilMs - AUDIBLE_HANGOVER_MS);
    this.agent.push({ startMs: this.#audibleSinceMs, endMs: Math.max(endMs, this.#audibleSinceMs) });
    this.#audibleSinceMs = undefined;
  }
}

/** Stretches that begin with one decision and end with the next of others. */
export function stretches(
  decisions: readonly Decision[],
  begins: Decision['type'],
  ends: readonly Decision['type'][],
  untilMs: number,
): Stretch[] {
  const found: Stretch[] = [];
  let startMs: number | undefined;
  for (const { type, atMs } of decisions) {
    if (type === begins) startMs ??= atMs;
    else if (startMs !== undefined && ends.includes(type)) {
      found.push({ startMs, endMs: Math.max(startMs, atMs) });
      startMs = undefined;
    }
  }
  if (startMs !== undefined) found.push({ startMs, endMs: untilMs });
  return found;
}
