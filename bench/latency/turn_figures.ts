import { type Spread, spreadOf } from '../caller/report.ts';
import type { Dialogue } from './dialogues.ts';
import type { WireTurn } from './turn_caller.ts';

/** What was measured of turns on the wire, whoever answered them. */
export interface TurnFigures {
  readonly turns: number;
  /** Of calls that failed or ended early. */
  readonly missing: number;
  readonly failures: readonly string[];
  readonly unanswered: number;
  readonly cutOff: number;
  readonly voiceToVoiceMs: Spread | undefined;
}

export type AnsweredTurn = WireTurn & { readonly firstSoundMs: number };

export function isAnswered<T extends WireTurn>(turn: T): turn is T & AnsweredTurn {
  return turn.firstSoundMs !== undefined && !turn.wasCutOff;
}

export function turnFiguresOf(dialogues: readonly Dialogue[], turnsEach: number): TurnFigures {
  const turns = dialogues.flatMap(dialogue => dialogue.turns);
  const answered = turns.filter(isAnswered);
  return {
    turns: turns.length,
    missing: dialogues.length * turnsEach - turns.length,
    failures: dialogues.flatMap(({ failure }) => failure ?? []),
    unanswered: turns.filter(({ firstSoundMs }) => firstSoundMs === undefined).length,
    cutOff: turns.filter(({ wasCutOff }) => wasCutOff).length,
    voiceToVoiceMs: spreadOf(answered.map(({ lastSoundMs, firstSoundMs }) => firstSoundMs - lastSoundMs)),
  };
}

/** As it stands at the top of the result. */
export function quantilesOf(spread: Spread | undefined): { readonly p50?: number; readonly p95?: number } {
  return spread === undefined ? {} : { p50: spread.median, p95: spread.p95 };
}
