import { z } from 'zod';

/** A process of the node by its role and number, such as `media-0`. */
export const addressSchema = z.string().regex(/^(supervisor|edge|api|jobs|media-\d{1,3})$/);

const assignment = z.object({
  callId: z.string().min(1).max(128),
  tenantId: z.string().min(1).max(128),
  direction: z.enum(['inbound', 'outbound']),
  workflow: z.string().min(1).max(128),
  assignedAtMs: z.number(),
  /** How the media process reaches the line. */
  line: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('room'),
      url: z.string().max(2048),
      token: z.string().max(16384),
      room: z.string().max(512),
    }),
  ]),
});

/** Everything that the node's processes tell one another. */
const messageSchema = z.discriminatedUnion('type', [
  /** First message on every link. */
  z.object({ type: z.literal('hello'), from: addressSchema, pid: z.number().int() }),
  /** The role does its work from now on. */
  z.object({ type: z.literal('ready'), detail: z.string().max(1024) }),
  /** A media process tells its load once a second and at every change. */
  z.object({
    type: z.literal('load'),
    calls: z.number().int(),
    maxCalls: z.number().int(),
    tickLatenessP99Ms: z.number(),
    draining: z.boolean(),
    /** No room is left for further events: what calls tell would be lost. */
    spoolFull: z.boolean(),
  }),
  z.object({ type: z.literal('assign'), call: assignment }),
  z.object({ type: z.literal('callUp'), callId: z.string() }),
  z.object({ type: z.literal('callRefused'), callId: z.string(), reason: z.string().max(1024) }),
  z.object({
    type: z.literal('callEnded'),
    callId: z.string(),
    reason: z.string().max(1024),
    failed: z.boolean(),
  }),
  z.object({ type: z.literal('hangUp'), callId: z.string() }),
  /** The edge could take no call, for the reason of that row of the table of errors. */
  z.object({ type: z.literal('notAdmitted'), code: z.enum(['CAPACITY', 'DRAINING', 'SPOOL_FULL']) }),
  /** Told by the supervisor when a process is gone: its calls are lost to it. */
  z.object({ type: z.literal('peerGone'), peer: addressSchema }),
  z.object({ type: z.literal('peerReady'), peer: addressSchema }),
  /** Take no new calls; end when the last one is over or the deadline passes. */
  z.object({ type: z.literal('drain'), deadlineMs: z.number() }),
  z.object({ type: z.literal('stop') }),
  /** The supervisor wants a sign of life; the link of a role gives it. */
  z.object({ type: z.literal('ping') }),
  /** The role's main thread goes on; these others of its threads don't. */
  z.object({ type: z.literal('pong'), hung: z.array(z.string().max(64)).max(16) }),
  /** How often roles ended unasked since the node's start, and how often of these because they hung. */
  z.object({
    type: z.literal('roleFaults'),
    roles: z
      .array(z.object({ role: addressSchema, deaths: z.number().int(), hangs: z.number().int() }))
      .max(128),
  }),
]);

export type Message = z.infer<typeof messageSchema>;
export type MessageOf<T extends Message['type']> = Extract<Message, { type: T }>;
export type CallAssignment = z.infer<typeof assignment>;
export type Address = z.infer<typeof addressSchema>;

/** What crosses a link: the message with its way. */
export const envelopeSchema = z.object({ from: addressSchema, to: addressSchema, message: messageSchema });
export type Envelope = z.infer<typeof envelopeSchema>;
