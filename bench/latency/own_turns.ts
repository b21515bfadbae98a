import type { BenchOptions } from '../bench.ts';
import { spreadOf } from '../caller/report.ts';
import { ownApi } from '../own_api.ts';
import { measureProcesses } from '../process_cpu.ts';
import type { CpuPercents } from '../sip/processes.ts';
import type { Speech } from './dialogue.ts';
import { CALLERS, holdDialogues, SEED } from './dialogues.ts';
import { type Interruptions, interruptFirstWords } from './interruption.ts';
import { type Instants, ledgerSpreads, readLedger } from './ledger.ts';
import { withOwnNode } from './own_node.ts';
import { type ProcessesUsed, usedDuring } from './processes_used.ts';
import { type Busy, type Delays, startServices } from './services.ts';
import { type AnsweredTurn, isAnswered, type TurnFigures, turnFiguresOf } from './turn_figures.ts';

export interface Plan {
  readonly delays: Delays;
  readonly turnsEach: number;
  /** Calls whose first words are spoken over. */
  readonly interruptions: number;
}

export interface OwnFigures extends TurnFigures {
  readonly delays: Delays;
  readonly ownMs: ReturnType<typeof spreadOf>;
  /** As the node wrote it down, each from the caller's last sound. */
  readonly ledger: Readonly<Record<string, ReturnType<typeof spreadOf>>>;
  readonly used: ProcessesUsed;
  readonly firstWords: Interruptions | undefined;
}

/** The dialogue over the trunk edge of a node of our own. */
export async function measureOwn(
  options: BenchOptions,
  { utterances, interruption }: Speech,
  { delays, turnsEach, interruptions }: Plan,
): Promise<OwnFigures> {
  const services = await startServices(delays, SEED);
  try {
    return await withOwnNode(options, services.config, services.env, async ({ target, config, pid }) => {
      const [dialogues, used] = await Promise.all([
        holdDialogues({ target, services, utterances, turnsEach }),
        usedDuring(turnsEach, () => byName(pid)),
      ]);
      const ledger = await readLedger(ownApi(config), CALLERS);
      const firstWords =
        interruptions === 0
          ? undefined
          : await interruptFirstWords({ target, services, utterance: interruption, calls: interruptions });
      const turns = dialogues.flatMap(({ turns: taken }, index) =>
        taken.map((turn, at) => ({ ...turn, instants: ledger[index]?.[at] })),
      );
      return {
        delays,
        ...turnFiguresOf(dialogues, turnsEach),
        ownMs: spreadOf(turns.filter(isAnswered).map(turn => ownTime(turn, services.work))),
        ledger: ledgerSpreads(ledger.flat()),
        used,
        firstWords,
      };
    });
  } finally {
    await services.close();
  }
}

/** Of a node's processes, databases with them. */
function byName(pid: number | undefined): { stop(): CpuPercents } {
  const measuring = pid === undefined ? undefined : measureProcesses(pid);
  return {
    stop: () => {
      const percents: Record<string, number> = {};
      for (const used of measuring?.stop() ?? []) {
        const name = used.pid === pid ? 'supervisor' : used.name;
        percents[name] = (percents[name] ?? 0) + used.cpuPercent;
      }
      return percents;
    },
  };
}

type Timed = AnsweredTurn & { readonly instants: Instants | undefined };

/** What neither a provider's work nor the wait for the caller to go on explains of the time from the last sound to the first. */
function ownTime({ lastSoundMs, firstSoundMs, instants }: Timed, work: readonly Busy[]): number {
  const pauseMs = instants === undefined ? 0 : instants.endOfTurnMs - instants.lastSoundMs;
  const waits = [...work, { fromMs: lastSoundMs, toMs: lastSoundMs + pauseMs }];
  const spans = waits
    .map(({ fromMs, toMs }) => [Math.max(fromMs, lastSoundMs), Math.min(toMs, firstSoundMs)] as const)
    .filter(([from, to]) => to > from)
    .toSorted(([a], [b]) => a - b);
  let explainedMs = 0;
  let coveredMs = lastSoundMs;
  for (const [from, to] of spans) {
    if (to <= coveredMs) continue;
    explainedMs += to - Math.max(from, coveredMs);
    coveredMs = to;
  }
  return firstSoundMs - lastSoundMs - explainedMs;
}
