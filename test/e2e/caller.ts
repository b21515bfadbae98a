import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from '../tidy/sources.ts';
import type { TestNode } from './test_node.ts';

const report = z.object({
  outcome: z.string(),
  slots: z.record(z.string(), z.unknown()),
  turns: z.array(z.object({ speaker: z.enum(['agent', 'caller']), text: z.string(), endMs: z.number() })),
  bargeIns: z.array(z.object({ turn: z.number(), callerStartMs: z.number(), stopMs: z.number() })),
  quoteHeard: z.object({ totalCents: z.number().optional() }).optional(),
  quoteExpected: z.object({ totalCents: z.number() }).optional(),
  quoteAgrees: z.boolean().optional(),
});
export type Report = z.infer<typeof report>;

/** A call by the caller in the box, as `npm run call` places it; resolves with what it printed last. */
export async function placeCall(node: TestNode, from: string, ...options: string[]): Promise<Report> {
  const args = [
    'bench/call.ts',
    '--config',
    node.configFile,
    '--from',
    from,
    '--json',
    '--quiet',
    '--no-files',
    ...options,
  ];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  await new Promise(resolve => child.once('close', resolve));
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error(`no report from ${join('bench', 'call.ts')}: ${errors}`);
  return report.parse(JSON.parse(last));
}
