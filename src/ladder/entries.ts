import { z } from 'zod';

const end = z.object({
  /** IPv4 or IPv6, without brackets. */
  address: z.string().max(64),
  port: z.number().int().min(0).max(65_535),
});

const crossing = {
  /** Wall clock, milliseconds since 1970. */
  atMs: z.number(),
  direction: z.enum(['in', 'out']),
  local: end,
  remote: end,
};

/** One thing that a ladder shows, in the order of time; masked, so that it can be kept and shown. */
export const ladderEntrySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('sip'),
    ...crossing,
    protocol: z.enum(['UDP', 'TCP', 'TLS']),
    text: z.string(),
    /** Of a message too long to keep, what is missing at its end. */
    cutBytes: z.number().int().min(0),
  }),
  z.object({
    kind: z.literal('rtcp'),
    ...crossing,
    /** Of the stream's RTP timestamps, in which jitter is told. */
    clockHz: z.number().int().min(1),
    /** The compound packet; none when it was no RTCP. */
    bytes: z.base64(),
  }),
  z.object({
    kind: z.literal('gap'),
    /** Of the last that is missing. */
    atMs: z.number(),
    /** Messages or reports that were too many. */
    count: z.number().int().min(1),
  }),
]);

export type LadderEntry = z.infer<typeof ladderEntrySchema>;
export type SipEntry = Extract<LadderEntry, { kind: 'sip' }>;
export type RtcpEntry = Extract<LadderEntry, { kind: 'rtcp' }>;
/** One side of a message or report: a column of the picture. */
export type LadderEnd = SipEntry['local'];
