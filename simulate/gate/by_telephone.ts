import { withAudioStage } from '../audio/audio_stage.ts';
import { runAudioCampaign } from '../audio/run_audio_calls.ts';
import type { Verdict } from '../check/judge.ts';
import { tellProgress } from '../options.ts';
import { readPersonas } from '../read.ts';
import { summarise } from '../report/summary.ts';
import { isFaulty } from '../report/table.ts';
import { CallStage } from '../text/stage.ts';
import type { GateResult } from './gate.ts';
import { missed } from './verdicts.ts';
import { workflowFolder } from './versions.ts';

interface TelephoneOrder {
  /** So many of each workflow, with seeds from `from` on. */
  readonly calls: number;
  readonly from: number;
  readonly candidate: string | undefined;
  /** Is given the calls of a workflow that does not pass in which something went wrong. */
  tell(faulty: readonly Verdict[]): void;
}

/**
 * Has workflows called by telephone, too: so many calls of each, by callers who are easily understood. What is missed is added to
 * what was before. @throws TrunklineError TOOL_MISSING naming programs that are not there
 */
export async function alsoByTelephone(
  results: readonly GateResult[],
  { calls, from, candidate, tell }: TelephoneOrder,
): Promise<readonly GateResult[]> {
  await using folder = await workflowFolder(results[0]?.workflow ?? '', candidate);
  await using stage = await CallStage.open(folder.path);
  const workflows = results.map(({ workflow }) => workflow);
  const personas = readPersonas().filter(({ name }) => name === 'cooperative');
  const seeds = Array.from({ length: calls }, (_, at) => from + at);
  tellProgress('starting a node to be called by telephone');
  const verdicts = await withAudioStage(stage, folder.path, audio =>
    runAudioCampaign(audio, stage, {
      workflows,
      personas,
      seeds,
      onWorkflow: name => tellProgress(`calling ${name} by telephone`),
    }),
  );
  return results.map(result => {
    const own = verdicts.get(result.workflow) ?? [];
    const byTelephone = summarise(own);
    const missing = missed(byTelephone).map(one => `by telephone: ${one}`);
    if (missing.length > 0) tell(own.filter(isFaulty));
    const failed = [...result.failed, ...missing];
    return { ...result, byTelephone, failed, passed: failed.length === 0 };
  });
}
