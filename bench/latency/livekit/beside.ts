import type { BenchOptions } from '../../bench.ts';
import type { Speech } from '../dialogue.ts';
import type { Plan } from '../own_turns.ts';
import { findLiveKitParts, type LiveKitParts } from './parts.ts';
import { type LiveKitFigures, measureLiveKit } from './turns.ts';

/** LiveKit's chain by the pause alone, at the main delays and at usual ones, and as it decides by default. */
export interface Beside extends LiveKitFigures {
  readonly versions: LiveKitParts['versions'];
  readonly usual: LiveKitFigures | undefined;
  readonly byDefault: LiveKitFigures | undefined;
}

export interface Skipped {
  /** Why. */
  readonly skipped: string;
}

/** What can't be measured here takes nothing from our own figures. */
export async function measureBeside(
  options: BenchOptions,
  speech: Speech,
  main: Plan,
  second: Plan | undefined,
): Promise<Beside | Skipped> {
  if (options.withoutLiveKit) return { skipped: 'not wanted' };
  try {
    const { programs, versions } = await findLiveKitParts(options.configFile);
    const measured = await measureLiveKit(programs, 'pause', speech, main);
    if (second === undefined) return { versions, ...measured, usual: undefined, byDefault: undefined };
    const usual = await measureLiveKit(programs, 'pause', speech, second);
    const again = { ...second, delays: main.delays };
    return {
      versions,
      ...measured,
      usual,
      byDefault: await measureLiveKit(programs, 'default', speech, again),
    };
  } catch (error) {
    return { skipped: error instanceof Error ? error.message : String(error) };
  }
}
