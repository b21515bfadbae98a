import { z } from 'zod';
import { LIMITS } from './limits.ts';

/** A hundred years; longer is 0, for ever. */
const MOST_DAYS = 36_500;
const days = z.number().int().min(0).max(MOST_DAYS);
const workflow = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);

/** For how many days what is kept, 0: for ever. */
export const retentionSchema = z
  .strictObject({
    /** What was said in calls, from their end on. */
    transcripts: days.default(365),
    /** The same of text chats. */
    chats: days.default(365),
    /** What led to each step, with the caller's words: never longer than the words themselves. */
    histories: days.default(90),
    /** Where calls and chats stood that broke off, from the time on at which nobody may take them up any more. */
    states: days.default(7),
    /** Sound of calls, from their end on. */
    recordings: days.default(90),
    /** The same for calls that began with these workflows. */
    recordingsByWorkflow: z.record(workflow, days).default({}),
    /** Files of recordings that are deleted in a night at most; the rest is left to the next one. */
    recordingsAtOnce: z.number().int().min(1).max(LIMITS.recordingsDeletedMost).default(20_000),
    /** What durable jobs left behind that are over: their states and steps, nothing of calls. */
    jobs: days.default(30),
  })
  .prefault({});
export type RetentionDays = z.infer<typeof retentionSchema>;
