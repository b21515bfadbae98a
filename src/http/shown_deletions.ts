import type { Metrics } from '../observe/metrics.ts';
import type { Deletions } from '../store/recording_deletions.ts';

type Figures = Awaited<ReturnType<Deletions['figures']>>;

/**
 * Shows what the role of jobs has left with the store of its nights. They change once in a night: what is shown is what was read last, and
 * is read anew for the next time, so that a database that stands still keeps nobody from the other figures.
 */
export function showDeletions(metrics: Metrics, read: () => Promise<Figures>): void {
  let shown: Figures = { deleted: Number.NaN, held: Number.NaN, failed: Number.NaN };
  let isReading = false;
  const refresh = async () => {
    if (isReading) return;
    isReading = true;
    try {
      shown = await read();
    } catch {
      // Away: the same is shown, and readiness tells of it.
    } finally {
      isReading = false;
    }
  };
  const show = (name: string, help: string, figure: keyof Figures) =>
    metrics.gaugeOnDemand(name, help, async () => {
      void refresh();
      return shown[figure];
    });
  void refresh();
  show('recordings_deleted', 'Files of recordings that were deleted, each with its proof.', 'deleted');
  show('recordings_held', 'In the last night: files that are old enough, of calls that are held.', 'held');
  show('recordings_not_deleted', 'In the last night: files that could not be deleted.', 'failed');
}
