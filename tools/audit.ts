import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type ChainHead, followChain, NO_ENTRY } from '../src/compliance/audit_chain.ts';
import { type Ask, askNode, expect, NodeRefusal } from './workflow/node_api.ts';
import { configOf, isExpected, nodeMeant } from './workflow/versions.ts';

const HELP = `npm run audit            looks whether the audit log of a running node is as it was written (docs/operations.md)
  --head SEQ:SHA256   as an earlier look told it: that entry must be there, and all before it
  --config FILE       of the node; trunkline.yaml when left out
  --url URL           of another machine's node, with its key in TRUNKLINE_API_KEY
`;

const pageSchema = z.object({
  tenant: z.string(),
  entries: z.array(
    z.object({
      seq: z.number(),
      at: z.string(),
      who: z.string().nullable(),
      action: z.string(),
      callId: z.string().nullable(),
      fields: z.array(z.string()),
      requestId: z.string(),
      sha256: z.string(),
    }),
  ),
  next: z.number().nullable(),
});

/** Follows the chain to its end. @throws NodeRefusal saying where it breaks */
async function verify(ask: Ask, known: ChainHead | undefined): Promise<ChainHead> {
  let head: ChainHead = { seq: 0, sha256: NO_ENTRY };
  for (let after: number | null = 0; after !== null; ) {
    const page: z.infer<typeof pageSchema> = await expect(ask('GET', `?after=${after}`), pageSchema);
    for (const entry of page.entries) {
      const followed = followChain(head, page.tenant, [entry]);
      if ('brokenAt' in followed)
        throw new NodeRefusal(`entry ${followed.brokenAt} is not there, or not as it was written`);
      head = followed;
      if (known?.seq === head.seq && known.sha256 !== head.sha256)
        throw new NodeRefusal(`entry ${head.seq} is not the one of the earlier look`);
    }
    after = page.next;
  }
  if (known !== undefined && head.seq < known.seq)
    throw new NodeRefusal(`entry ${known.seq} of the earlier look is not there: the last one is ${head.seq}`);
  return head;
}

function headIn(text: string | undefined): ChainHead | undefined {
  if (text === undefined) return undefined;
  const [, seq, sha256] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || sha256 === undefined) throw new NodeRefusal('--head is SEQ:SHA256');
  return { seq: Number(seq), sha256 };
}

async function run(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      head: { type: 'string' },
      config: { type: 'string', default: 'trunkline.yaml' },
      url: { type: 'string' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const { url, head: known } = values;
  const node = nodeMeant(configOf(values), { url, by: userInfo().username });
  const { seq, sha256 } = await verify(askNode(node, '/api/audit'), headIn(known));
  process.stdout.write(
    `${seq} entries, as they were written; keep this elsewhere: --head ${seq}:${sha256}\n`,
  );
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  if (!isExpected(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
