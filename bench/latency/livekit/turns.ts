import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LiveKitPrograms } from '../../livekit_peer/stack.ts';
import type { Speech } from '../dialogue.ts';
import { holdDialogues, SEED } from '../dialogues.ts';
import { type Interruptions, interruptFirstWords } from '../interruption.ts';
import type { Plan } from '../own_turns.ts';
import { type ProcessesUsed, usedDuring } from '../processes_used.ts';
import { type Delays, startServices } from '../services.ts';
import { type TurnFigures, turnFiguresOf } from '../turn_figures.ts';
import { GREETING } from '../workflow.ts';
import { startAgentStack, type TurnDetection } from './stack.ts';

export interface LiveKitFigures extends TurnFigures {
  readonly delays: Delays;
  /** Of their session, as it told them. */
  readonly settings: unknown;
  readonly used: ProcessesUsed;
  readonly firstWords: Interruptions | undefined;
}

/**
 * The dialogue through livekit-sip and LiveKit Agents.
 * @throws Error when one of its programs is not ready in time
 */
export async function measureLiveKit(
  programs: LiveKitPrograms,
  turnDetection: TurnDetection,
  { utterances, interruption }: Speech,
  { delays, turnsEach, interruptions }: Plan,
): Promise<LiveKitFigures> {
  const services = await startServices(delays, SEED, 'line');
  const folder = await mkdtemp(join(tmpdir(), 'latency-livekit-'));
  const greeting = GREETING.join(' ');
  try {
    const stack = await startAgentStack(programs, services, { turnDetection, greeting, folder });
    try {
      const { target, processes } = stack;
      const [dialogues, used] = await Promise.all([
        holdDialogues({ target, services, utterances, turnsEach }),
        usedDuring(turnsEach, () => processes.measure()),
      ]);
      const firstWords =
        interruptions === 0
          ? undefined
          : await interruptFirstWords({ target, services, utterance: interruption, calls: interruptions });
      return {
        delays,
        ...turnFiguresOf(dialogues, turnsEach),
        settings: await stack.settings(),
        used,
        firstWords,
      };
    } finally {
      await stack.stop();
    }
  } finally {
    await services.close();
    await rm(folder, { recursive: true, force: true });
  }
}
