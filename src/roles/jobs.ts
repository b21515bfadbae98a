import { ToolReceivers } from '../agent/tools/tool_receivers.ts';
import { describeFault } from '../calls/fault.ts';
import { openVault } from '../compliance/vault.ts';
import { Delivery } from '../jobs/delivery.ts';
import { OutboxJobs } from '../jobs/outbox_jobs.ts';
import type { Logger } from '../observe/log.ts';
import { openOutbox } from '../store/outbox.ts';
import { loadFlow } from '../workflow/load.ts';
import type { Tool } from '../workflow/tools.ts';
import type { Role, RoleContext } from './context.ts';

/** Durable background work: what is to be told to others after calls. */
export async function run({ config, paths, link, log }: RoleContext): Promise<Role> {
  const { tenant: tenantId, postgres } = config;
  const outbox = openOutbox(postgres.url, openVault(config.sealKeyFile));
  const tools = new ToolReceivers({ folder: paths.project, env: process.env }, ({ name }, why) =>
    log.warn({ tool: name, why }, 'a tool is off'),
  );
  const delivery = new Delivery({ tenantId, outbox, tools, toolOf: toolsIn(paths.workflows, log) });
  const jobs = new OutboxJobs({ databaseUrl: postgres.url, tenantId, outbox, delivery, log });
  await jobs.start();
  link.send('supervisor', { type: 'ready', detail: 'outbox' });
  return {
    stop: async () => {
      await jobs.close();
      await tools.close();
      await outbox.close();
    },
  };
}

/** Tools by workflow, as its file says now; what can't be loaded may be repaired. */
function toolsIn(
  workflowsDir: string,
  log: Logger,
): (workflow: string, tool: string) => Promise<Tool | undefined> {
  return async (workflow, name) => {
    try {
      return (await loadFlow(workflowsDir, workflow)).tools.find(tool => tool.name === name);
    } catch (error) {
      log.warn({ workflow, fault: describeFault(error) }, 'the workflow of an effect is not there');
      return undefined;
    }
  };
}
