import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { ownTarget } from '../../bench/node.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ROOT } from '../tidy/sources.ts';
import type { TestNode } from './test_node.ts';

const report = z.object({
  outcome: z.string(),
  sipCallId: z.string().optional(),
  callId: z.string().optional(),
  failure: z.string().optional(),
  slots: z.record(z.string(), z.unknown()),
  turns: z.array(
    z.object({
      speaker: z.enum(['agent', 'caller']),
      text: z.string(),
      startMs: z.number(),
      endMs: z.number(),
    }),
  ),
  bargeIns: z.array(z.object({ turn: z.number(), callerStartMs: z.number(), stopMs: z.number() })),
  quoteHeard: z.object({ totalCents: z.number().optional() }).optional(),
  quoteExpected: z.object({ totalCents: z.number() }).optional(),
  quoteAgrees: z.boolean().optional(),
  wire: z.object({ lost: z.number(), longestGapMs: z.number() }).optional(),
});
export type Report = z.infer<typeof report>;

const CALL = 'bench/call.ts';

/** Options of a caller who comes by way of livekit-sip and a room; without them it is by the node's own SIP. */
export function throughLiveKit(node: TestNode): readonly string[] {
  return ['--target', ownTarget(loadConfig(node.configFile), 'livekit-sip')];
}

/** Starts the caller in the box, as `npm run call` does. */
export function startCaller(
  node: TestNode,
  from: string,
  ...options: string[]
): ChildProcessByStdio<null, Readable, Readable> {
  const words = ['--config', node.configFile, '--from', from, '--json', '--quiet', '--no-files', ...options];
  return spawn(process.execPath, [CALL, ...words], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A call by the caller in the box; resolves with what it printed last. */
export async function placeCall(node: TestNode, from: string, ...options: string[]): Promise<Report> {
  const child = startCaller(node, from, ...options);
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  await once(child, 'close');
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error(`no report from ${CALL}: ${errors}`);
  return report.parse(JSON.parse(last));
}
