import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { SHEDDING_ORDER } from '../config/shedding.ts';
import { providerFiguresSchema } from './provider_figures.ts';

/** Why a leg of a call is no more: hung up there or here, never answered, its line lost, or its call over. */
const LEG_END_REASONS = [
  'remoteHangup',
  'localHangup',
  'busy',
  'declined',
  'noAnswer',
  'unreachable',
  'rejected',
  'networkLost',
  'noMedia',
  'callEnded',
] as const;

/** Whom the caller is with, or why not: the person's side, the caller's own side, or nobody has said. */
const TRANSFER_RESULTS = [
  'taken',
  'busy',
  'declined',
  'noAnswer',
  'unreachable',
  'rejected',
  'refused',
  'unknown',
  'callEnded',
] as const;

/** A process of the node by its role and number, such as `media-0`. */
export const addressSchema = z.string().regex(/^(supervisor|edge|api|jobs|media-\d{1,3})$/);

const errorCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);
const host = z.string().max(64);
const udpPort = z.number().int().min(1).max(65_535);
const payloadType = z.number().int().min(0).max(127);
const codec = z.enum(['PCMU', 'PCMA', 'G722']);
const eventFormat = z.object({ payloadType, clockHz: z.number().int() });

/** What both ends of a phone leg agreed on (RFC 3264). */
const trunkStream = z.object({
  /** Where the far end listens; null while it listens nowhere. */
  remote: z.object({ host, rtpPort: udpPort, rtcpPort: udpPort.nullable() }).nullable(),
  sends: z.boolean(),
  receives: z.boolean(),
  /** The far end would not listen although we would speak. */
  held: z.boolean(),
  codec,
  sendPayloadType: payloadType,
  receive: z.array(z.object({ payloadType, codec })).max(8).readonly(),
  sendEvents: eventFormat.nullable(),
  receiveEvents: z.array(eventFormat).max(8).readonly(),
  ptimeMs: z.number().int().min(10).max(60),
});

const legId = z.string().min(1).max(64);
const legMode = z.enum(['bridge', 'listen', 'whisper']);
const legEndReason = z.enum(LEG_END_REASONS);

const lineEnd = z.enum(['remoteHangup', 'localHangup', 'rejected', 'networkLost', 'noMedia']);

const trunkLine = z.object({
  kind: z.literal('trunk'),
  trunk: z.string().max(64),
  /** Local address, and the even port that the edge chose for RTP; RTCP is on the next. */
  host,
  port: udpPort,
  /** Null while the far end has not answered our offer. */
  stream: trunkStream.nullable(),
  from: z.string().max(256),
  to: z.string().max(256),
  sipCallId: z.string().max(512).exactOptional(),
  /** What the headers of the INVITE said of the call. */
  attributes: z.record(z.string().max(64), z.string().max(LIMITS.attributeCharacters)).exactOptional(),
});

/** To a room's line in this or another process, over the loopback. */
const linkLine = z.object({
  kind: z.literal('link'),
  /** Even ports of this end and the other, for RTP; RTCP is on the next. */
  port: udpPort,
  farPort: udpPort,
  /** The room. */
  to: z.string().max(512),
});

/** A further leg of a call that is up. Where messages about a line name a call, its id stands for the leg. */
const leg = z.object({
  legId,
  mode: legMode,
  /** Whether the agent stays when the leg has answered. */
  keepAgent: z.boolean(),
  access: z.discriminatedUnion('kind', [trunkLine, linkLine]),
});

/** How a leg came to its end, as far as the edge knows. */
const legEnding = z.object({
  reason: legEndReason,
  /** Final response of SIP (RFC 3261 §21), and cause of ITU-T Q.850 (RFC 3326), where there was one. */
  status: z.number().int().min(300).max(699).exactOptional(),
  cause: z.number().int().min(0).max(127).exactOptional(),
});

/** What a process keeps for another one to go on with, written as JSON by whoever reads it. */
const keptText = z.string().max(LIMITS.keptCharacters);

const assignment = z.object({
  callId: z.string().min(1).max(128),
  tenantId: z.string().min(1).max(128),
  direction: z.enum(['inbound', 'outbound']),
  workflow: z.string().min(1).max(128),
  /** What the caller has to key in before the workflow begins. Secret. */
  pin: z.string().min(1).max(32).exactOptional(),
  assignedAtMs: z.number(),
  /** The call has lost its media process, so many times by now; its last checkpoint, where there was one. */
  resume: z.object({ times: z.number().int().min(1), checkpoint: keptText.nullable() }).exactOptional(),
  /** How the media process reaches the line. */
  line: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('room'),
      url: z.string().max(2048),
      token: z.string().max(16384),
      room: z.string().max(512),
    }),
    trunkLine,
  ]),
});

/** Tells one order of the API from another about the same leg. */
const orderId = z.string().max(64);

/** A leg as the API orders it. */
const legWish = z.object({
  legId,
  mode: legMode,
  keepAgent: z.boolean(),
  to: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('number'),
      number: z.string().max(64),
      /** The first that places calls, when left out. */
      trunk: z.string().max(64).exactOptional(),
      callerNumber: z.string().max(64).exactOptional(),
    }),
    z.object({ kind: z.literal('room'), room: z.string().min(1).max(512) }),
  ]),
});

/** What becomes of a caller's transfer to a person by their own side (REFER). */
const referralNews = z.discriminatedUnion('what', [
  /** It is not to be done in this way. */
  z.object({ what: z.literal('notBegun') }),
  z.object({ what: z.literal('begun'), to: z.string().max(512) }),
  /** The far end's answer, or what it is told itself. */
  z.object({ what: z.literal('progress'), status: z.number().int().min(100).max(299) }),
  z.object({
    what: z.literal('over'),
    result: z.enum(TRANSFER_RESULTS),
    status: z.number().int().min(100).max(699).exactOptional(),
  }),
]);

/** Everything that the node's processes tell one another. */
const messageSchema = z.discriminatedUnion('type', [
  /** First message on every link. */
  z.object({ type: z.literal('hello'), from: addressSchema, pid: z.number().int() }),
  /** The role does its work from now on. */
  z.object({ type: z.literal('ready'), detail: z.string().max(1024) }),
  /** A media process tells its load once a second; every change to those whom it concerns. */
  z.object({
    type: z.literal('load'),
    calls: z.number().int(),
    /** Of these, so many are not up yet: whoever assigned them still counts them, too. */
    unanswered: z.number().int(),
    maxCalls: z.number().int(),
    tickLatenessP99Ms: z.number(),
    draining: z.boolean(),
    /** No room is left for further events: what calls tell would be lost. */
    spoolFull: z.boolean(),
    /** Of the audio thread's time over the last seconds. */
    busyShare: z.number(),
    /** What it has given up to have time for the calls that are up. */
    shed: z.array(z.enum(SHEDDING_ORDER)).max(SHEDDING_ORDER.length).readonly(),
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
  /** What another media process needs to go on with the call from here; the last one counts. */
  z.object({
    type: z.literal('checkpoint'),
    callId: z.string(),
    checkpoint: keptText,
    /** Counts those of the call in its process, from 1. */
    number: z.number().int(),
  }),
  /** The edge has it: whoever goes on with the call from now on knows what it says. */
  z.object({ type: z.literal('checkpointKept'), callId: z.string(), number: z.number().int() }),
  /** A call that a media process had when it died: is it over, or has another one taken it over? */
  z.object({ type: z.literal('orphan'), callId: z.string() }),
  z.object({ type: z.literal('orphanFate'), callId: z.string(), isLost: z.boolean() }),
  /** A phone leg has its ports: the call can be answered. */
  z.object({ type: z.literal('lineReady'), callId: z.string() }),
  /** The far end has our answer, or has given its own: from now on both hear each other. */
  z.object({ type: z.literal('lineAnswered'), callId: z.string(), stream: trunkStream }),
  /** Both ends agreed on something else: hold, another address, another codec. */
  z.object({ type: z.literal('lineChanged'), callId: z.string(), stream: trunkStream }),
  /** A key that came by signalling (INFO). */
  z.object({
    type: z.literal('lineKey'),
    callId: z.string(),
    key: z.string().length(1),
    durationMs: z.number(),
  }),
  /** The far end hung up, or its signalling is lost. */
  z.object({ type: z.literal('lineGone'), callId: z.string(), reason: lineEnd }),
  /** An RTCP datagram of a phone leg, for its ladder. */
  z.object({
    type: z.literal('lineReport'),
    callId: z.string(),
    direction: z.enum(['in', 'out']),
    bytes: z.base64().max(4096),
  }),
  /** This end hung up: the far end is to be told. */
  z.object({ type: z.literal('lineClosed'), callId: z.string(), reason: lineEnd }),
  /** The API wants another leg in a call: a number by a trunk, or whoever is in a room. */
  z.object({ type: z.literal('addLeg'), orderId, callId: z.string().max(128), leg: legWish }),
  /** The API wants a leg of a call gone; `agent` is one. */
  z.object({ type: z.literal('dropLeg'), orderId, callId: z.string().max(128), legId }),
  /** What the edge says to either of the two. */
  z.object({
    type: z.literal('legAnswer'),
    orderId,
    refused: z.object({ code: errorCode, detail: z.string().max(1024) }).nullable(),
  }),
  /** The far end of a call is to put the caller through to somebody itself, if that is wished or its trunk's way. */
  z.object({
    type: z.literal('refer'),
    callId: z.string().max(128),
    transferId: legId,
    isWished: z.boolean(),
    to: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('number'), number: z.string().max(64) }),
      z.object({ kind: z.literal('uri'), uri: z.string().max(255) }),
    ]),
  }),
  z.object({ type: z.literal('referral'), callId: z.string(), transferId: legId, news: referralNews }),
  z.object({ type: z.literal('openLeg'), callId: z.string(), leg }),
  /** Whoever was called has answered. */
  z.object({ type: z.literal('legUp'), callId: z.string(), legId }),
  z.object({ type: z.literal('legGone'), callId: z.string(), legId, ending: legEnding }),
  /** A room is to be joined, and a link opened to the call that it is a leg of. */
  z.object({
    type: z.literal('openRelay'),
    legId,
    room: z.object({ url: z.string().max(2048), token: z.string().max(16384) }),
    port: udpPort,
    farPort: udpPort,
  }),
  z.object({ type: z.literal('closeRelay'), legId }),
  /** Somebody in the room can be heard. */
  z.object({ type: z.literal('relayUp'), legId }),
  z.object({ type: z.literal('relayGone'), legId, reason: lineEnd }),
  /** The dialog of a phone leg as it is now, kept by the media process for an edge that comes after this one. */
  z.object({ type: z.literal('dialog'), callId: z.string(), snapshot: keptText }),
  /** An edge has begun, and knows nothing yet: a `lineHeld` and a `dialogHeld` for each, and `dialogsTold`. */
  z.object({ type: z.literal('tellDialogs') }),
  z.object({
    type: z.literal('dialogHeld'),
    call: assignment,
    snapshot: keptText,
    /** Its ports are open. */
    isReady: z.boolean(),
    checkpoint: keptText.nullable(),
    /** This end has hung up meanwhile. */
    closed: lineEnd.nullable(),
  }),
  /** A leg that an edge before this one began, or its room, goes on: with this port, and as a call of that trunk. */
  z.object({
    type: z.literal('lineHeld'),
    legId,
    end: z.enum(['leg', 'room']),
    port: udpPort,
    trunk: z.string().max(64).nullable(),
  }),
  z.object({ type: z.literal('dialogsTold') }),
  /** The edge could not take so many calls, for the reason of that row of the table of errors. */
  z.object({
    type: z.literal('notAdmitted'),
    code: z.enum(['CAPACITY', 'OVERLOADED', 'DRAINING', 'SPOOL_FULL']),
    calls: z.number().int(),
  }),
  /** So many SIP requests were turned away since this was told last. */
  z.object({
    type: z.literal('sipTurnedAway'),
    cause: z.enum([
      'unread',
      'unknownAddress',
      'unknownNumber',
      'unauthenticated',
      'badCredentials',
      'trunkCalls',
      'trunkRate',
    ]),
    requests: z.number().int(),
  }),
  /** What the providers of a media process do, now and then. */
  z.object({ type: z.literal('providers'), figures: providerFiguresSchema }),
  /** Told by the hub: this process has a link to it. */
  z.object({ type: z.literal('peerHere'), peer: addressSchema, pid: z.number().int() }),
  /** Told by the hub: so many more messages of yours to other roles are passed on, or were for nobody. */
  z.object({ type: z.literal('passed'), frames: z.number().int().positive() }),
  /** Told by the supervisor when a process is gone: its calls are lost to it. */
  z.object({ type: z.literal('peerGone'), peer: addressSchema }),
  z.object({ type: z.literal('peerReady'), peer: addressSchema }),
  /** Take no new calls; end when the last one is over or the deadline passes. */
  z.object({ type: z.literal('drain'), deadlineMs: z.number() }),
  /** A supervisor has taken over: new calls are taken, whatever the one before has said. */
  z.object({ type: z.literal('takeCalls') }),
  z.object({ type: z.literal('stop') }),
  /** Told by the supervisor: the trunks in the runtime file are others now. */
  z.object({ type: z.literal('trunksChanged') }),
  /** Told by the API: which versions of workflows new calls begin with is to be read again. */
  z.object({ type: z.literal('workflowsChanged') }),
  /** The answer: new calls begin with what that change says, but for these workflows. */
  z.object({
    type: z.literal('workflowsInForce'),
    seq: z.number(),
    failed: z.array(z.string().max(64)).max(2 * LIMITS.workflowFiles),
  }),
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
export type TrunkAccess = Extract<CallAssignment['line'], { kind: 'trunk' }>;
export type LegOrder = z.infer<typeof leg>;
export type LegAccess = LegOrder['access'];
export type LegEnding = z.infer<typeof legEnding>;
export type LegWish = z.infer<typeof legWish>;
export type Address = z.infer<typeof addressSchema>;

/** What crosses a link: the message with its way. */
export const envelopeSchema = z.object({ from: addressSchema, to: addressSchema, message: messageSchema });
export type Envelope = z.infer<typeof envelopeSchema>;
