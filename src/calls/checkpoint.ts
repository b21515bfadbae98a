import { z } from 'zod';
import { conversationState } from '../agent/resumption.ts';
import { keptTools } from '../agent/tools/tool_desk.ts';
import { LIMITS } from '../config/limits.ts';
import type { VersionsOfCall } from '../workflow/versions/call_flows.ts';

const checkpointSchema = z.object({
  conversation: conversationState,
  tools: keptTools.default([]),
  /** Of each workflow that the call may come to, the version with which it began. */
  versions: z.record(z.string(), z.string()).default({}),
  /** The call that broke off with which this one goes on if its caller wants to; left out once that is settled. */
  takesUp: z.string().optional(),
  /** Turns numbered so far. */
  turns: z.number().int().min(0),
  /** The machine's monotonic clock at media time 0, in milliseconds. */
  epochMs: z.number(),
  recording: z
    .object({
      /** Below the recordings folder: once complete, and until then. */
      file: z.string(),
      unfinishedFile: z.string(),
      /** Media time of its first sample. */
      startMs: z.number(),
      /** Silence is recorded. */
      isPaused: z.boolean().default(false),
    })
    .nullable(),
});

/** A call as another process goes on with it: plain data, never newer than its record on the disk. */
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** The versions that a call is to go on with: the one that leads, in any case. */
export function versionsLeft({ conversation, versions }: Checkpoint): VersionsOfCall {
  const { workflow, version } = conversation.flow;
  return { [workflow]: version, ...versions };
}

/** JSON; undefined when it is too long to be kept. */
export function writeCheckpoint(checkpoint: Checkpoint): string | undefined {
  const text = JSON.stringify(checkpoint);
  return text.length > LIMITS.keptCharacters ? undefined : text;
}

/** @throws SyntaxError or ZodError when it was written by another version */
export function readCheckpoint(text: string): Checkpoint {
  return checkpointSchema.parse(JSON.parse(text));
}

/** The machine's monotonic clock, the same for all of its processes. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
