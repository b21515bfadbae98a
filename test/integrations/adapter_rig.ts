import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ToolReceivers } from '../../src/agent/tools/tool_receivers.ts';
import { requestOf } from '../../src/agent/tools/tool_request.ts';
import { integrationsSchema } from '../../src/config/integrations.ts';
import { openIntegrations } from '../../src/integrations/registry.ts';
import { tools as toolsSchema } from '../../src/workflow/tool_schema.ts';
import { makeTool } from '../../src/workflow/tools.ts';

/** Monday, 1 March 2027, ten o'clock in Boston. */
export const NOW_MS = Date.parse('2027-03-01T15:00:00Z');

interface Options {
  readonly key?: string;
  readonly retries?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Tools of an adapter, run as in a call. */
export function adapterTools(
  t: { teardown(end: () => unknown): void },
  config: object,
  env: NodeJS.ProcessEnv,
  folder = '/',
) {
  const place = { folder, env };
  const adapters = openIntegrations(integrationsSchema.parse(config), place, () => NOW_MS);
  const off: string[] = [];
  const runner = new ToolReceivers(place, (_, why) => off.push(why), adapters);
  t.teardown(() => runner.close());
  const toolOf = (
    name: string,
    operation: string,
    args: object,
    { retries = 0, timeoutMs = 5000 }: Options = {},
  ) => {
    const spec = { description: 'It.', adapter: { name, operation, with: args }, retries, timeoutMs };
    return makeTool('it', toolsSchema.parse({ it: spec }).it!);
  };
  return {
    off,
    toolOf,
    runner,
    async use(name: string, operation: string, args: object, options: Options = {}) {
      const tool = toolOf(name, operation, args, options);
      const request = requestOf(tool, {}, {});
      if ('fault' in request) throw new Error(request.fault);
      const { key = 'a1b2c3', signal = new AbortController().signal } = options;
      return runner.run({ tool, request, key, signal });
    },
  };
}

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
export const KEY_PAIR = { publicKey, privateKey };
export const SERVICE_ACCOUNT = 'agent@project.iam.gserviceaccount.com';

/** The key file of a service account in the folder. */
export function serviceAccountFile(dir: string): string {
  const file = join(dir, 'google.json');
  const account = {
    type: 'service_account',
    project_id: 'p',
    private_key_id: 'k1',
    private_key: privateKey,
    client_email: SERVICE_ACCOUNT,
  };
  writeFileSync(file, JSON.stringify(account));
  return file;
}
