import { withAudioStage } from '../audio/audio_stage.ts';
import { runAudioCampaign } from '../audio/run_audio_calls.ts';
import { readPersonas } from '../read.ts';
import { summarise } from '../report/summary.ts';
import { CallStage } from '../text/stage.ts';
import type { GateResult } from './gate.ts';
import { missed } from './verdicts.ts';
import { workflowFolder } from './versions.ts';

/**
 * Has workflows called by telephone, too: so many calls of each, by callers who are easily understood. What is missed is added to
 * what was before. @throws TrunklineError TOOL_MISSING naming programs that are not there
 */
export async function alsoByTelephone(
  results: readonly GateResult[],
  calls: number,
  candidate: string | undefined,
): Promise<readonly GateResult[]> {
  await using folder = await workflowFolder(results[0]?.workflow ?? '', candidate);
  await using stage = await CallStage.open(folder.path);
  const workflows = results.map(({ workflow }) => workflow);
  const personas = readPersonas().filter(({ name }) => name === 'cooperative');
  const seeds = Array.from({ length: calls }, (_, at) => at + 1);
  const verdicts = await withAudioStage(stage, folder.path, audio =>
    runAudioCampaign(audio, stage, { workflows, personas, seeds }),
  );
  return results.map(result => {
    const byTelephone = summarise(verdicts.get(result.workflow) ?? []);
    const failed = [...result.failed, ...missed(byTelephone).map(one => `by telephone: ${one}`)];
    return { ...result, byTelephone, failed, passed: failed.length === 0 };
  });
}
