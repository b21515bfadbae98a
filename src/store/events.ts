import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { PROVIDER_KINDS } from '../config/providers.ts';
import { MEASURE_NAMES } from '../quality/measures.ts';

/**
 * The facts of a call, in the order in which they happened: what the spool carries, the store projects and the event
 * stream shows. Times in a call are media milliseconds since answer; `at` is the wall clock.
 */
const personal = z.string().max(4096).meta({ personal: true });
const mediaMs = z.number().min(0);
/** Beyond all that can be measured in a second. */
const measured = z.number().min(-1e6).max(1e6).nullable();

/** A provider as the configuration names it, and how long it took from when it was asked to the first of its answer. */
const answeredBy = z.object({ provider: z.string().max(32), ms: z.number().min(0) });
const wentOn = z.array(z.string().max(32)).max(8).readonly();
const amount = z.number().int().min(0);
const providerUse = z.object({
  kind: z.enum(PROVIDER_KINDS),
  provider: z.string().max(32),
  requests: amount,
  audioMs: amount,
  characters: amount,
  inputTokens: amount,
  /** Of the input. */
  cachedTokens: amount,
  outputTokens: amount,
  costMicroUsd: amount,
  /** Some of it is guessed, since the provider did not tell. */
  isEstimated: z.boolean(),
});

/** Who wants it, and why. */
const hold = z.object({ hold: z.string().max(64), by: z.string().max(64), why: personal });

const details = {
  'call.started': z.object({
    direction: z.enum(['inbound', 'outbound']),
    /** `chat` is text both ways, without a line. */
    lineKind: z.enum(['room', 'trunk', 'stream', 'chat']),
    from: personal,
    to: personal,
    /** Call-ID of the SIP dialog, where there is one. Personal, for callers' devices put their address into it. */
    sipCallId: personal.optional().meta({ personal: true }),
    workflow: z.string(),
    workflowVersion: z.string(),
    /** The call tries a version that is not live for all. */
    canary: z.boolean().exactOptional(),
    /** Where the line is in a room of LiveKit. */
    room: z.string().optional(),
    /** By which a phone call came. */
    trunk: z.string().optional(),
    /** What its headers said of it. */
    attributes: z.record(z.string().max(64), personal).optional().meta({ personal: true }),
  }),
  'call.answered': z.object({}),
  /** Another media process goes on with the call, at that time of it; the recording, where there is one, too. */
  'call.resumed': z.object({ mediaMs, recording: z.string().exactOptional() }),
  'consent.recorded': z.object({ kind: z.literal('recording'), granted: z.boolean(), mediaMs }),
  'recording.started': z.object({ file: z.string(), mediaMs, rateHz: z.number().int() }),
  'recording.ended': z.object({ file: z.string(), durationMs: z.number(), bytes: z.number().int() }),
  'turn.agent': z.object({
    turn: z.number().int(),
    /** Only what the caller heard. */
    text: personal,
    startMs: mediaMs,
    endMs: mediaMs,
    interrupted: z.boolean(),
  }),
  'turn.caller': z.object({
    turn: z.number().int(),
    text: personal,
    startMs: mediaMs,
    endMs: mediaMs,
    confidence: z.number().min(0).max(1),
  }),
  /** One row of the latency ledger, every instant in media milliseconds. */
  'turn.latency': z.object({
    turn: z.number().int(),
    lastSoundMs: mediaMs,
    endOfTurnMs: mediaMs,
    sttFinalMs: mediaMs,
    /** Where a model answered: its first piece of text or its first call of a tool. */
    firstTokenMs: mediaMs.exactOptional(),
    firstWordMs: mediaMs,
    firstAudioMs: mediaMs,
    firstFrameMs: mediaMs,
    /** Who told what the caller said, who thought of the answer and who spoke its first sentence, where somebody was asked. */
    heardBy: answeredBy.exactOptional(),
    thoughtBy: answeredBy.exactOptional(),
    spokenBy: answeredBy.exactOptional(),
  }),
  /** Names, in order, of those who went on with the words and with the sound of that turn's answer, where who began it failed. */
  'turn.takenOver': z.object({ turn: z.number().int(), thought: wentOn, spoke: wentOn }),
  /** What providers were used for since this was told last; a call's uses add up to what it cost. */
  'call.used': z.object({
    uses: z.array(providerUse).min(1).max(LIMITS.usesTold),
  }),
  'slot.set': z.object({
    slot: z.string(),
    /** Sealed when the workflow marks the slot as sensitive. */
    value: z.union([z.string().max(4096), z.number(), z.boolean()]).meta({ personal: true }),
    confirmed: z.boolean(),
    sensitive: z.boolean(),
  }),
  /** A tool that a model or the workflow uses; nothing of it was sent before. */
  'tool.begun': z.object({
    run: z.string(),
    tool: z.string(),
    arguments: personal,
    /** By which the receiver knows it again. */
    key: z.string().max(64).exactOptional(),
    /** Under which the workflow itself wanted it. */
    act: z.string().max(256).exactOptional(),
    workflow: z.string().exactOptional(),
    /** Asked twice the receiver does no more than asked once. */
    isKeyed: z.boolean().exactOptional(),
    /** JSON of what was sent, but for its headers, where that is short enough to be kept. */
    request: z.string().max(LIMITS.keptRequestCharacters).exactOptional().meta({ personal: true }),
    mediaMs,
  }),
  'tool.ended': z.object({
    run: z.string(),
    tool: z.string(),
    /** `unknown` where it may have been done, and nobody knows. */
    outcome: z.enum(['done', 'failed', 'unknown']),
    /** Where it was not done; src/agent/tools/tool_answer.ts lists them. */
    why: z.string().max(64).exactOptional(),
    attempts: z.number().int(),
    httpStatus: z.number().int().exactOptional(),
    /** What the model was told of it. */
    answer: personal,
    mediaMs,
  }),
  /** A model called what it may not, or with what it may not: nothing was sent. */
  'tool.refused': z.object({ tool: z.string().exactOptional(), why: z.string().max(64), mediaMs }),
  /** Others are to be told of it, after the call if need be: once for each name in a call, whoever delivers it. */
  'effect.wanted': z.object({
    effect: z.string().max(256),
    workflow: z.string(),
    tool: z.string(),
    arguments: personal,
  }),
  'quote.made': z.object({
    currency: z.literal('USD'),
    lines: z.array(z.object({ label: z.string(), amountCents: z.number().int() })).max(64),
    totalCents: z.number().int(),
    distanceMiles: z.number(),
    booked: z.boolean(),
  }),
  /**
   * Where the call stands, for one that may take it up; without a state there is nothing to take up any more. The state is kept
   * with the call as long as that is so, and not in the event.
   */
  'state.kept': z.object({
    workflow: z.string(),
    keepUntil: z.iso.datetime(),
    state: z.string().max(LIMITS.keptStateCharacters).exactOptional().meta({ personal: true }),
  }),
  /** The call goes on with what was known of one that broke off. */
  'call.tookUp': z.object({ earlier: z.string().max(128) }),
  /** So many events of the call were deleted, since they had been kept for long enough; of a state, where it stood. */
  'data.forgotten': z.object({ data: z.enum(['transcript', 'history', 'state']), rows: z.number().int() }),
  /** A file of the call's recording was deleted; the proof of it is kept with the store. */
  'recording.deleted': z.object({
    file: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    bytes: z.number().int().min(0),
    /** What of the configuration said so, and how many days it says. */
    rule: z.string().max(128),
    days: z.number().int().min(1),
  }),
  /** Nothing of the call is forgotten until this is lifted. */
  'hold.set': hold,
  'hold.lifted': hold,
  /** Another workflow goes on with the call. */
  'call.handedOver': z.object({ from: z.string(), to: z.string(), version: z.string(), mediaMs }),
  /** Another party is called into the call: by its number, or whoever is in a room. */
  'leg.added': z.object({
    leg: z.string(),
    kind: z.enum(['trunk', 'link']),
    to: personal,
    mode: z.enum(['bridge', 'listen', 'whisper']),
    keepAgent: z.boolean(),
    /** Who it is among `people` of the configuration, where the workflow called them. */
    person: z.string().exactOptional(),
    mediaMs,
  }),
  'leg.answered': z.object({ leg: z.string(), mediaMs }),
  /** What the agent told the person before they heard the caller. */
  'leg.told': z.object({ leg: z.string(), text: personal, mediaMs }),
  /** Person and caller speak with each other, and the agent is silent. */
  'leg.joined': z.object({ leg: z.string(), mediaMs }),
  /** The agent is a leg, too, once it has left: `agent`. */
  'leg.removed': z.object({
    leg: z.string(),
    reason: z.string(),
    /** SIP's final response, and the cause of ITU-T Q.850, where there was one. */
    status: z.number().int().exactOptional(),
    cause: z.number().int().exactOptional(),
    mediaMs,
  }),
  /** The caller's own side is to put them through to a person of `people` (REFER, RFC 3515); of a process that was lost, nobody knows whom. */
  'transfer.begun': z.object({
    transfer: z.string(),
    person: z.string().exactOptional(),
    to: personal,
    mediaMs,
  }),
  /** What that side answers, and is told by the person's: a status of SIP. */
  'transfer.progressed': z.object({ transfer: z.string(), status: z.number().int(), mediaMs }),
  'transfer.ended': z.object({
    transfer: z.string(),
    result: z.string(),
    status: z.number().int().exactOptional(),
    mediaMs,
  }),
  /** What some seconds sounded like, from that time on: a column for each measure of src/quality that was known. */
  'call.measured': z
    .object({
      mediaMs,
      seconds: z.number().int().min(1).max(LIMITS.measuredSeconds),
      measures: z.partialRecord(
        z.enum(MEASURE_NAMES),
        z.array(measured).max(LIMITS.measuredSeconds).readonly(),
      ),
    })
    .refine(({ seconds, measures }) => Object.values(measures).every(({ length }) => length === seconds)),
  'call.outcome': z.object({ outcome: z.string() }),
  /** What the caller wanted beside what was asked, and got. */
  'intent.heard': z.object({ intent: z.string().regex(/^[A-Za-z]{1,64}$/), mediaMs }),
  /** What the caller brought up beside what was asked, by its name in the workflow, for the how manieth time. */
  'topic.heard': z.object({
    topic: z.string(),
    kind: z.enum(['objection', 'question']),
    count: z.number().int().min(1),
    mediaMs,
  }),
  /** What a score of the workflow came to at the end. */
  'score.made': z.object({ score: z.string(), value: z.number() }),
  /** One of the workflow's escalation rules led the call elsewhere. */
  'call.escalated': z.object({ rule: z.string(), mediaMs }),
  /** Silence is recorded from that time of the call on, for the number of a card may be told; then sound again. */
  'recording.paused': z.object({ file: z.string(), mediaMs }),
  'recording.resumed': z.object({ file: z.string(), mediaMs }),
  /**
   * The workflow has got from one state to the next, or has begun: `part` tells by what, as src/workflow/replay packs it; the workflow
   * is the one that leads then, `turn` the number of the latest turn.
   */
  'flow.stepped': z.object({
    turn: z.number().int().min(0),
    mediaMs,
    workflow: z.string(),
    version: z.string(),
    stage: z.string(),
    part: z
      .base64()
      .max(4 * Math.ceil(LIMITS.historyPartBytes / 3))
      .meta({ personal: true }),
  }),
  /** What crossed the wire, as src/ladder packs it; a long ladder, and each process's own, comes in several parts. */
  'call.ladder': z.object({
    part: z
      .base64()
      .max(4 * Math.ceil(LIMITS.ladderPartBytes / 3))
      .meta({ personal: true }),
  }),
  'call.ended': z.object({
    disposition: z.enum(['COMPLETED', 'FAILED']),
    reason: z.string(),
    durationMs: z.number(),
    framesConcealed: z.number().int(),
    framesDropped: z.number().int(),
  }),
} as const;

export type EventType = keyof typeof details;
export const EVENT_TYPES = Object.keys(details) as EventType[];

export type EventDetail<T extends EventType> = z.infer<(typeof details)[T]>;

export type CallEvent = {
  [T in EventType]: {
    /** callId and a number that counts the call's events: the same event is never stored twice. */
    readonly key: string;
    readonly tenantId: string;
    readonly callId: string;
    readonly at: string;
    readonly type: T;
    readonly detail: EventDetail<T>;
  };
}[EventType];

/** The schema of an event's detail, for readers of spools and streams. */
export function detailSchema(type: EventType): (typeof details)[EventType] {
  return details[type];
}

/** Where a call's facts go. `append` never waits and never throws; what can't be kept is counted. */
export interface EventSink {
  append(event: CallEvent): void;
}
