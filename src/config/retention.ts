import { z } from 'zod';

/** A hundred years; longer is 0, for ever. */
const MOST_DAYS = 36_500;
const days = z.number().int().min(0).max(MOST_DAYS);

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
  })
  .prefault({});
export type RetentionDays = z.infer<typeof retentionSchema>;
