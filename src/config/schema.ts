import { isIP } from 'node:net';
import { z } from 'zod';
import { integrationsSchema } from './integrations.ts';
import { LIMITS } from './limits.ts';
import { pipelineSchema } from './pipeline.ts';
import { providersSchema } from './providers.ts';
import { retentionSchema } from './retention.ts';
import { addressOfRecord, trunksSchema } from './trunks.ts';

const port = z.number().int().min(1).max(65535);
const host = z.string().min(1).max(255);
/** Media is sent to addresses: a name would be looked up by nobody. */
const ipAddress = z.string().refine(text => isIP(text) > 0, 'an IP address');
const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, _ and - only');
const portRange = z
  .tuple([port, port])
  .refine(([low, high]) => low < high, 'the first port must be below the second');
const called = z.string().regex(/^\+?\d{1,15}$|^[\d*#]{1,15}$/, 'a number as in +15550100');
const e164 = z.string().regex(/^\+[1-9]\d{6,14}$/, 'a number as in +15550100');

/** The other way in by phone: LiveKit's own SIP service, whose callers come to us through rooms. */
const livekitSip = z.strictObject({
  enabled: z.boolean().default(true),
  /** A livekit-sip binary; empty: from PATH, else built. */
  path: z.string().default(''),
  host: host.default('127.0.0.1'),
  port: port.default(5070),
  rtpPorts: portRange.default([12000, 13999]),
  roomPrefix: name.default('call'),
});

const livekit = z.strictObject({
  /** False: nothing of LiveKit is started and no rooms are served. */
  enabled: z.boolean().default(true),
  /** A livekit-server run by someone else; empty: ours is started. */
  url: z.string().default(''),
  apiKey: z.string().default('trunkline'),
  /** Empty: made at first start and kept in the data folder. */
  apiSecret: z.string().default(''),
  /** A livekit-server binary; empty: from PATH, else built. */
  serverPath: z.string().default(''),
  host: host.default('127.0.0.1'),
  port: port.default(7880),
  rtcTcpPort: port.default(7881),
  rtcPorts: portRange.default([50000, 52000]),
  agentName: name.default('trunkline'),
  sip: livekitSip.prefault({}),
});

const sip = z.strictObject({
  /** False: phones reach this node through LiveKit alone. */
  enabled: z.boolean().default(true),
  host: ipAddress.default('127.0.0.1'),
  port: port.default(5060),
  /** What peers should call this node, behind a NAT; empty: the address that listens. */
  advertisedHost: ipAddress.or(z.literal('')).default(''),
  rtpPorts: portRange.default([10000, 11999]),
  numbers: z.array(e164).max(1000).default(['+15550100']),
  allowedAddresses: z.array(z.string().max(64)).max(1000).default(['127.0.0.0/8']),
});

const turn = z.strictObject({
  endOfTurnPauseMs: z
    .strictObject({
      yesNo: z.number().int().min(100).max(5000).default(450),
      short: z.number().int().min(100).max(5000).default(600),
      normal: z.number().int().min(100).max(5000).default(750),
      long: z.number().int().min(100).max(5000).default(1100),
    })
    .prefault({}),
  bargeInMinSpeechMs: z.number().int().min(20).max(2000).default(64),
  bargeInSureMs: z.number().int().min(100).max(5000).default(560),
  silencePromptMs: z.number().int().min(1000).max(60000).default(7000),
  silencePrompts: z.number().int().min(0).max(10).default(3),
  maxTurnMs: z
    .number()
    .int()
    .min(1000)
    .max(LIMITS.utteranceSeconds * 1000)
    .default(20000),
});

/** Whom workflows may put callers through to, by a name: who answers a number or at a SIP address, or whoever is in a room of LiveKit. */
const people = z
  .record(
    z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and _ only, a letter first'),
    z
      .strictObject({
        number: called.optional(),
        /** The first that places calls, when left out. */
        trunk: name.optional(),
        /** Shown to them, where the trunk allows it. */
        callerNumber: called.optional(),
        room: z.string().min(1).max(512).optional(),
        /** For who is called by the caller's side alone. */
        uri: addressOfRecord.optional(),
        /** By a leg of ours, or by the far end of the caller's trunk (REFER); as that trunk says, when left out. */
        by: z.enum(['bridge', 'refer']).optional(),
      })
      .refine(
        ({ number, room, uri }) => [number, room, uri].filter(to => to !== undefined).length === 1,
        'either number, room or uri',
      )
      .refine(({ room, by }) => room === undefined || by !== 'refer', 'a room can not be referred to')
      .refine(({ uri, by }) => uri === undefined || by !== 'bridge', 'a uri is for by: refer'),
  )
  .refine(all => Object.keys(all).length <= LIMITS.people, `at most ${LIMITS.people}`)
  .default({});

/** `trunkline.yaml`: unknown keys are errors, every key has a default, every default is safe. */
export const configSchema = z.strictObject({
  tenant: name.default('default'),
  /** Where everything that a node keeps lies, relative to the project. */
  dataDir: z.string().min(1).max(4096).default('var'),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  http: z.strictObject({ host: host.default('127.0.0.1'), port: port.default(8080) }).prefault({}),
  redis: z
    .strictObject({
      url: z.string().default(''),
      path: z.string().default(''),
      host: host.default('127.0.0.1'),
      port: port.default(6380),
    })
    .prefault({}),
  postgres: z
    .strictObject({ url: z.string().default(''), host: host.default('127.0.0.1'), port: port.default(5433) })
    .prefault({}),
  livekit: livekit.prefault({}),
  sip: sip.prefault({}),
  /** None: one for the loopback, after sip.numbers and sip.allowedAddresses. */
  trunks: trunksSchema,
  media: z
    .strictObject({
      /** 0: one per core. */
      processes: z.number().int().min(0).max(LIMITS.mediaProcesses).default(0),
      callsPerProcess: z.number().int().min(1).max(LIMITS.callsPerMediaProcess).default(32),
      roomRateHz: z.union([z.literal(8000), z.literal(16000)]).default(16000),
    })
    .prefault({}),
  /** How long live calls may go on after SIGTERM. */
  /** False: nothing is done after calls; what others are to be told waits. */
  jobs: z.strictObject({ enabled: z.boolean().default(true) }).prefault({}),
  drainS: z.number().int().min(0).max(86400).default(120),
  recording: z
    .strictObject({
      /** ask: only after a yes; announce: after it was announced; never. */
      consent: z.enum(['ask', 'announce', 'never']).default('ask'),
    })
    .prefault({}),
  retention: retentionSchema,
  workflows: z
    .strictObject({
      dir: z.string().min(1).max(4096).default('workflows'),
      /** The workflow of numbers without one of their own, and of browsers. */
      default: name.default('piano_removal'),
      byNumber: z.record(e164, name).default({}),
      /** One person runs this node: who wrote a version may approve it, and its history says so. */
      soleOperator: z.boolean().default(false),
      /** A version is deployed only with the result of a gate that it passed. */
      needsGate: z.boolean().default(false),
      /** Where tools may go: `host`, `host:port`, `*.domain`; `public` stands for all of the open internet. */
      toolHosts: z
        .array(
          z
            .string()
            .max(260)
            .regex(
              /^((\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:\d{1,5})?$/,
              'host, host:port, *.domain or public, in lower case',
            ),
        )
        .max(LIMITS.toolHosts)
        .default(['public']),
      /** Servers that files of the workflows folder name are within reach, too, wherever they are. */
      trustsFolder: z.boolean().default(true),
    })
    .prefault({}),
  people,
  turn: turn.prefault({}),
  pipeline: pipelineSchema.default({}),
  providers: providersSchema,
  integrations: integrationsSchema,
  voice: z
    .strictObject({
      flite: z.string().default('flite'),
      voice: z.enum(['rms', 'slt', 'awb', 'kal16']).default('rms'),
      pace: z.number().min(0.5).max(2).default(1),
      pocketsphinxModel: z.string().default('/usr/share/pocketsphinx/model/en-us'),
    })
    .prefault({}),
  /** Key file for sealing; empty: keys/seal.key in the data folder, made at first start. */
  sealKeyFile: z.string().default(''),
});

export type Config = z.infer<typeof configSchema>;
