import { TrunklineError } from '../../config/errors.ts';
import type { LoadedFlow } from '../load.ts';
import type { ToolSpec } from '../tool_schema.ts';
import { urlParts } from '../tool_url.ts';

/** What a tool has of secrets: where each lies, with the server that is sent it. */
type Sent = readonly string[];

/**
 * Texts that come over HTTP may send no secret of the node anywhere that the workflows folder does not send it to: whoever has a
 * key of the API could read every secret else, by a tool that takes it to a server of theirs.
 * @throws TrunklineError WORKFLOW_INVALID naming the tool
 */
export function assertSecretsStay(flow: LoadedFlow, files: Iterable<LoadedFlow>): void {
  const known = new Set([...files].flatMap(one => Object.values(one.document.tools).flatMap(sentBy)));
  for (const [tool, spec] of Object.entries(flow.document.tools)) {
    if (sentBy(spec).every(sent => known.has(sent))) continue;
    const what = 'no workflow of the folder sends that secret to that server; name it in a file there first';
    throw new TrunklineError('WORKFLOW_INVALID', `${flow.name}.yaml: tools.${tool}: ${what}`);
  }
}

function sentBy({ http, webhook }: ToolSpec): Sent {
  const receiver = http ?? webhook;
  if (receiver === undefined) return [];
  const origin = urlParts(receiver.url)?.origin ?? receiver.url;
  const headers = Object.values(receiver.headers).filter(header => typeof header === 'object');
  return [...headers, ...(webhook === undefined ? [] : [webhook.secret])].map(secret =>
    JSON.stringify([origin, 'secretEnv' in secret ? { env: secret.secretEnv } : { file: secret.secretFile }]),
  );
}
