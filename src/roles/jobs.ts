import { ToolReceivers } from '../agent/tools/tool_receivers.ts';
import { describeFault } from '../calls/fault.ts';
import { openVault } from '../compliance/vault.ts';
import { LIMITS } from '../config/limits.ts';
import { Delivery } from '../jobs/delivery.ts';
import { FinishedJobs } from '../jobs/finished_jobs.ts';
import { OutboxJobs } from '../jobs/outbox_jobs.ts';
import { RecordingSweep } from '../jobs/recording_sweep.ts';
import { RetentionJob } from '../jobs/retention_job.ts';
import { openKeptStates } from '../store/kept_states.ts';
import { openOutbox } from '../store/outbox.ts';
import { openRecordingDeletions } from '../store/recording_deletions.ts';
import { openRetention } from '../store/retention.ts';
import type { Role, RoleContext } from './context.ts';
import { openFlows, reachOf, toolsIn } from './versioned_flows.ts';

/** Durable background work: what is to be told to others after calls, and what is to be forgotten of them. */
export async function run({ config, paths, link, log }: RoleContext): Promise<Role> {
  const { tenant: tenantId, postgres } = config;
  const outbox = openOutbox(postgres.url, openVault(config.sealKeyFile));
  const shelf = await openFlows(config, paths, (error, workflow) =>
    log.warn({ workflow, fault: describeFault(error) }, 'a version of a workflow is not there'),
  );
  const place = { folder: paths.project, env: process.env, reach: reachOf(config, shelf) };
  const tools = new ToolReceivers(place, ({ name }, why) => log.warn({ tool: name, why }, 'a tool is off'));
  const delivery = new Delivery({ tenantId, outbox, tools, toolOf: toolsIn(shelf, { looks: true }) });
  const jobs = new OutboxJobs({ databaseUrl: postgres.url, tenantId, outbox, delivery, log });
  const retention = openRetention(postgres.url);
  const deletions = openRecordingDeletions(postgres.url);
  const days = config.retention;
  const forgetting = new RetentionJob({
    tenantId,
    days,
    retention,
    deletions,
    recordings: new RecordingSweep({ tenantId, dir: paths.recordings, days, deletions, log }),
    jobs: new FinishedJobs({ tenantId, days: days.jobs, outbox, log }),
    log,
  });
  const states = openKeptStates(postgres.url, openVault(config.sealKeyFile));
  const sweep = setInterval(() => {
    states
      .forgetOld(tenantId)
      .catch(error => log.warn({ fault: describeFault(error) }, 'old states cannot be forgotten'));
  }, LIMITS.keptStatesSweepMs);
  await jobs.start();
  await forgetting.start(new Date());
  link.send('supervisor', { type: 'ready', detail: 'outbox' });
  return {
    stop: async () => {
      clearInterval(sweep);
      forgetting.close();
      await jobs.close();
      await retention.close();
      await deletions.close();
      await states.close();
      await tools.close();
      await outbox.close();
    },
  };
}
