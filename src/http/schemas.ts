import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { PROVIDER_KINDS } from '../config/providers.ts';
import { MEASURE_NAMES, MEASURES, type Measure } from '../quality/measures.ts';

/** The resources of the control plane, as readers see them. */

const instant = z.iso.datetime().describe('Wall clock, UTC');
const mediaMs = z.number().describe('Media milliseconds since answer');

export const callIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'letters, digits, _ and - only');

export const callStateSchema = z.enum([
  'INITIATED',
  'RINGING',
  'CONNECTED',
  'VOICEMAIL_PENDING',
  'VOICEMAIL',
  'RETRY_SCHEDULED',
  'COMPLETED',
  'FAILED',
]);

export const callSummarySchema = z
  .object({
    callId: callIdSchema,
    state: callStateSchema,
    direction: z.enum(['inbound', 'outbound']).nullable(),
    lineKind: z.enum(['room', 'trunk', 'stream', 'chat']).nullable(),
    from: z.string().nullable().describe('Calling party'),
    to: z.string().nullable().describe('Called party'),
    sipCallId: z.string().nullable().describe('Call-ID of the SIP dialog; null where there is none'),
    workflow: z.string().nullable(),
    workflowVersion: z.string().nullable(),
    canary: z.boolean().nullable().describe('Whether it tried a version that was not live for all'),
    room: z.string().nullable(),
    trunk: z.string().nullable().describe('By which a phone call came'),
    attributes: z
      .record(z.string(), z.string())
      .nullable()
      .describe('What its headers said of it, by the names that the trunk gives them'),
    startedAt: instant,
    answeredAt: instant.nullable(),
    endedAt: instant.nullable(),
    endReason: z.string().nullable(),
    outcome: z.string().nullable(),
    durationMs: z.number().nullable(),
    framesConcealed: z.number().int().nullable(),
    framesDropped: z.number().int().nullable(),
  })
  .meta({ id: 'CallSummary' });

export const quoteSchema = z
  .object({
    quoteId: z.string(),
    callId: callIdSchema,
    madeAt: instant,
    currency: z.string(),
    lines: z.array(z.object({ label: z.string(), amountCents: z.number().int() })).readonly(),
    totalCents: z.number().int(),
    distanceMiles: z.number(),
    booked: z.boolean(),
  })
  .meta({ id: 'Quote' });

const turnSchema = z
  .object({
    turn: z.number().int(),
    speaker: z.enum(['agent', 'caller']),
    text: z.string().describe('For the agent: only what the caller heard'),
    startMs: mediaMs,
    endMs: mediaMs,
    interrupted: z.boolean().nullable(),
    confidence: z.number().nullable(),
  })
  .meta({ id: 'Turn' });

const answeredBySchema = z
  .object({
    provider: z.string().describe('By its name in the configuration'),
    ms: z.number().describe('From when it was asked to the final, first token or first sound'),
    wentOn: z
      .array(z.string())
      .readonly()
      .describe('Who went on with the answer where that one failed in the middle of it, in order'),
  })
  .meta({ id: 'AnsweredBy' });

const turnLatencySchema = z
  .object({
    turn: z.number().int(),
    lastSoundMs: mediaMs,
    endOfTurnMs: mediaMs,
    sttFinalMs: mediaMs,
    firstTokenMs: mediaMs.nullable().meta({ description: 'Of the model, where one answered.' }),
    firstWordMs: mediaMs,
    firstAudioMs: mediaMs,
    firstFrameMs: mediaMs,
    heardBy: answeredBySchema.nullable().meta({ description: 'Who told what the caller said.' }),
    thoughtBy: answeredBySchema
      .nullable()
      .meta({ description: 'Whose model answered; null where none was asked.' }),
    spokenBy: answeredBySchema
      .nullable()
      .meta({ description: 'Who spoke its first sentence; null where that was kept from before.' }),
  })
  .meta({
    id: 'TurnLatency',
    description: "The instants of one turn, from the caller's last sound to the answer.",
  });

const costSchema = z
  .object({
    kind: z.enum(PROVIDER_KINDS),
    provider: z.string(),
    requests: z.number(),
    audioMs: z.number().describe('Heard by a recogniser, or written down'),
    characters: z.number().describe('Given to a synthesiser'),
    inputTokens: z.number(),
    cachedTokens: z.number().describe('Of the input'),
    outputTokens: z.number(),
    costMicroUsd: z.number().describe('By the prices of the configuration, millionths of a US dollar'),
    isEstimated: z.boolean().describe('Some of it is guessed, since the provider did not tell'),
  })
  .meta({ id: 'Cost', description: 'What a call used one provider for.' });

const slotSchema = z
  .object({
    slot: z.string(),
    value: z.union([z.string(), z.number(), z.boolean()]),
    confirmed: z.boolean(),
    sensitive: z.boolean(),
    setAt: instant,
  })
  .meta({ id: 'Slot' });

const consentSchema = z
  .object({ kind: z.string(), granted: z.boolean(), mediaMs, givenAt: instant })
  .meta({ id: 'Consent' });

const recordingSchema = z
  .object({
    url: z.string().describe('Stereo WAV: caller left, agent right'),
    startMs: mediaMs.nullable(),
    rateHz: z.number().int().nullable(),
    durationMs: z.number().nullable().describe('Null while it goes on'),
    bytes: z.number().int().nullable(),
    deletedAt: instant.nullable().describe('Null while it is kept'),
  })
  .meta({ id: 'Recording' });

export const deletionSchema = z
  .object({
    deletion: z.string(),
    callId: callIdSchema,
    file: z.string().describe('Below the recordings folder, as it lay there'),
    sha256: z.string().describe('Of what was in it, in hexadecimal digits'),
    bytes: z.number().int(),
    rule: z.string().describe('What of the configuration said so'),
    days: z.number().int().describe('For how many it is kept by that'),
    keptSince: instant.describe("Since when these count: the call's end, or what is known instead"),
    deletedAt: instant,
  })
  .meta({
    id: 'Deletion',
    description: 'Proof that a file of a recording was deleted; it is never changed.',
  });

const handOffSchema = z
  .object({ from: z.string(), to: z.string(), version: z.string(), mediaMs })
  .meta({ id: 'HandOff' });

const wayQualitySchema = z.object({ mosMean: z.number().nullable(), mosLeast: z.number().nullable() }).meta({
  id: 'WayQuality',
  description: 'Mean opinion scores (ITU-T G.107), over the seconds in which they are known.',
});

const qualitySummarySchema = z
  .object({
    seconds: z.number().int().describe('That were measured'),
    caller: wayQualitySchema.describe('From the caller to the agent'),
    agent: wayQualitySchema.describe('From the agent to the caller'),
    talkOverMs: z.number(),
    deadAirMs: z.number(),
    clippedSamples: z.number(),
    concealedFrames: z.number(),
    worst: z
      .object({ atMs: mediaMs, mos: z.number() })
      .nullable()
      .describe('The second with the lowest score of either way'),
  })
  .meta({ id: 'QualitySummary' });

function columnSchema(name: Measure) {
  return z.array(z.number().nullable()).readonly().describe(MEASURES[name].about);
}

const measuresSchema = z
  .object(Object.fromEntries(MEASURE_NAMES.map(name => [name, columnSchema(name)])))
  .meta({ id: 'Measures', description: 'One value a second; null where it is not known.' });

export const qualitySchema = z
  .object({
    summary: qualitySummarySchema.nullable().describe('Of the whole call; null where nothing was measured'),
    atMs: z.array(mediaMs).readonly().describe('At which each second begins'),
    measures: measuresSchema,
    nextMs: mediaMs.nullable().describe('`fromMs` of the seconds that follow; null behind the last'),
  })
  .meta({ id: 'Quality' });

export const callDetailSchema = callSummarySchema
  .extend({
    turns: z.array(turnSchema).readonly(),
    latencies: z.array(turnLatencySchema).readonly(),
    costs: z.array(costSchema).readonly().describe('By provider; complete a little after the call'),
    slots: z.array(slotSchema).readonly(),
    quotes: z.array(quoteSchema).readonly(),
    consents: z.array(consentSchema).readonly(),
    recordings: z.array(recordingSchema).readonly(),
    deletions: z.array(deletionSchema).readonly().describe('What was deleted of them, with proofs'),
    isHeld: z.boolean().describe('Nothing of it is forgotten: a hold is in force'),
    handOffs: z
      .array(handOffSchema)
      .readonly()
      .describe('Workflows that went on with the call after `workflow`'),
    ladder: z.string().nullable().describe('What crossed the wire; also as .txt, .svg and .pcap'),
    quality: qualitySummarySchema.nullable().describe('Null where no second was measured'),
  })
  .meta({ id: 'Call' });

const ladderStepSchema = z
  .object({
    kind: z
      .enum(['request', 'provisional', 'success', 'failure', 'report', 'gap'])
      .describe('SIP by what it is, RTCP as report; gap for messages that were too many to keep'),
    at: instant,
    from: z.string().nullable().describe('address:port'),
    to: z.string().nullable(),
    protocol: z.enum(['UDP', 'TCP', 'TLS', 'RTCP']).nullable(),
    title: z.string(),
    notes: z.array(z.string()).readonly().describe('Media offered, causes, loss, jitter, round trip'),
    isRepeated: z.boolean().describe('The same message was sent before'),
    lines: z.array(z.string()).readonly().describe('The message, or what the report says'),
  })
  .meta({ id: 'LadderStep' });

export const ladderSchema = z
  .object({ columns: z.array(z.string()).readonly(), steps: z.array(ladderStepSchema).readonly() })
  .meta({
    id: 'Ladder',
    description: 'Numbers, users and secrets are masked; pseudonyms hold within a ladder.',
  });

export const saidSchema = z
  .object({
    said: z.array(z.string()).readonly().describe('Sentences of the agent'),
    stage: z.string().describe('Of the workflow'),
    done: z.boolean().describe('The chat is over'),
  })
  .meta({ id: 'Said' });

export const chatSchema = z
  .object({
    chatId: callIdSchema.describe('Also the id of its record among the calls'),
    workflow: z.string(),
    stage: z.string(),
    open: z.boolean(),
    startedAt: instant,
    endedAt: instant.nullable(),
    endReason: z.string().nullable(),
    outcome: z.string().nullable(),
    turns: z
      .array(z.object({ turn: z.number().int(), by: z.enum(['agent', 'caller']), text: z.string() }))
      .readonly(),
  })
  .meta({ id: 'Chat' });

export const pageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(LIMITS.httpPageRows).default(50),
  cursor: z.string().max(512).optional().describe('`next` of the page before'),
});

export const nextSchema = z.string().nullable().describe('Cursor of the page after; null on the last');
