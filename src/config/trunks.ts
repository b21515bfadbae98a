import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { parseNetwork } from './network.ts';
import { pipelineSchema } from './pipeline.ts';

/** No trunk can be allowed more. */
export const TRUNK_MOST = { calls: 100_000, callsPerSecond: 1_000 } as const;

const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, _ and - only');
const digits = (most: number) => z.string().regex(new RegExp(`^\\d{0,${most}}$`), 'digits only');
const network = z
  .string()
  .refine(text => parseNetwork(text) !== undefined, 'an address or network as in 192.0.2.0/24');

/** After normalisation: +15550100 is one number, +1555* all that begin so, 7XX three digits, * every number. */
const numberPattern = z
  .string()
  .regex(/^(?:\+?[0-9X]{1,15}\*?|\+?\*)$/, 'a number or pattern as in +15550100, +1555*, 7XX or *');

/** Letters, digits, _ and -, so that it can stand in a file name, a variable and a log. */
const attribute = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,63}$/, 'letters, digits and _ only');
const headerName = z.string().regex(/^[A-Za-z0-9!%*_+`'~.-]{1,64}$/, 'the name of a SIP header');

/** The environment is laid over the configuration by this prefix, so no secret can have it. */
const variable = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,127}$/, 'the name of an environment variable')
  .refine(text => !text.startsWith('TRUNKLINE_'), 'not a name of the configuration (TRUNKLINE_…)');
const file = z.string().min(1).max(4096);

/** A URI without a port has that of its transport. */
function hasPort(uri: string): boolean {
  const [, port = '5060'] = /:(\d+)(?:;|$)/.exec(uri) ?? [];
  return Number(port) >= 1 && Number(port) <= 65_535;
}

const gateway = z
  .string()
  .max(255)
  .regex(
    /^sips?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:;transport=(?:udp|tcp|tls))?$/,
    'a SIP URI without a user, as in sip:sbc.example.com:5060;transport=tcp',
  )
  .refine(hasPort, 'a port from 1 to 65535');

const sipUser = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9_.+-]*$/, 'letters, digits and _ . + - only');
export const addressOfRecord = z
  .string()
  .max(255)
  .regex(
    /^sips?:[A-Za-z0-9_.+-]{1,128}@(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/,
    'a SIP URI with a user, as in sip:4930123@example.com',
  )
  .refine(hasPort, 'a port from 1 to 65535');

/** At whom this end says where it takes calls; outboundDigest proves who it is. */
const register = z.strictObject({
  registrar: gateway,
  addressOfRecord,
  expiresS: z.number().int().min(60).max(86_400).default(3600),
  /** User part under which calls arrive; empty: that of the address of record. */
  contactUser: sipUser.default(''),
});

const credentials = {
  user: z
    .string()
    .min(1)
    .max(255)
    .regex(/^\P{Cc}+$/u, 'no control characters'),
  passwordEnv: variable.optional(),
  passwordFile: file.optional(),
};
const realm = z
  .string()
  .max(255)
  .regex(/^\P{Cc}*$/u, 'no control characters');
const ONE_PLACE = 'either passwordEnv or passwordFile, since the password itself does not belong here';

function hasOnePlace(said: { passwordEnv?: string | undefined; passwordFile?: string | undefined }): boolean {
  return (said.passwordEnv === undefined) !== (said.passwordFile === undefined);
}

/** What callers are asked for. */
const inboundDigest = z
  .strictObject({
    ...credentials,
    realm: realm.min(1),
    /** Offered, the preferred one first; some phones give up where they see one that they don't know. */
    algorithms: z
      .array(z.enum(['SHA-512-256', 'SHA-256', 'MD5']))
      .min(1)
      .max(3)
      .default(['SHA-256', 'MD5']),
  })
  .refine(hasOnePlace, ONE_PLACE);

/** What is proven to the far end; an empty realm answers any. */
const outboundDigest = z
  .strictObject({ ...credentials, realm: realm.default('') })
  .refine(hasOnePlace, ONE_PLACE);

const dispatchRule = z
  .strictObject({
    numbers: z.array(numberPattern).min(1).max(LIMITS.trunkNumbers),
    workflow: name,
    /** Digits that the caller has to key in first; asked for if one of these is set. */
    pinEnv: variable.optional(),
    pinFile: file.optional(),
  })
  .refine(
    ({ pinEnv, pinFile }) => pinEnv === undefined || pinFile === undefined,
    'not both pinEnv and pinFile',
  );

const numbering = z.strictObject({
  /** Digits taken from the front of what has no +, then text put there. */
  stripDigits: z.number().int().min(0).max(15).default(0),
  addPrefix: z
    .string()
    .regex(/^\+?\d{0,15}$/, 'digits, with or without a + before them')
    .default(''),
  internationalPrefix: digits(5).default('00'),
  /** What stands before an area code inside the country; empty where nothing does. */
  nationalPrefix: digits(5).default(''),
  /** Empty: numbers without a + that are not international stay as they are. */
  countryCode: digits(3).default(''),
});

const trunk = z
  .strictObject({
    name,
    directions: z
      .array(z.enum(['inbound', 'outbound']))
      .min(1)
      .max(2)
      .default(['inbound']),
    /** Who may call; nobody until it is said. */
    allowedAddresses: z.array(network).max(LIMITS.trunkAddresses).default([]),
    inboundDigest: inboundDigest.optional(),
    outboundDigest: outboundDigest.optional(),
    numbering: numbering.prefault({}),
    /** Called numbers that are taken; none until it is said. */
    numbers: z.array(numberPattern).max(LIMITS.trunkNumbers).default([]),
    /** SIP header → attribute of the call. */
    attributes: z
      .record(headerName, attribute)
      .refine(
        map => Object.keys(map).length <= LIMITS.trunkAttributes,
        `not more than ${LIMITS.trunkAttributes}`,
      )
      .default({}),
    maxCalls: z.number().int().min(1).max(TRUNK_MOST.calls).default(32),
    maxCallsPerSecond: z.number().min(0.1).max(TRUNK_MOST.callsPerSecond).default(10),
    /** In order of preference. */
    codecs: z
      .array(z.enum(['PCMU', 'PCMA', 'G722']))
      .min(1)
      .max(3)
      .refine(list => new Set(list).size === list.length, 'each codec once')
      .default(['G722', 'PCMU', 'PCMA']),
    /** Where outbound requests go first, whatever their target; empty: to the target. */
    outboundProxy: gateway.or(z.literal('')).default(''),
    /** Targets of outbound calls, in the order in which they are tried. */
    gateways: z.array(gateway).max(LIMITS.trunkGateways).default([]),
    /** How its callers are put through to people of whom that is not said: by a leg of ours, or by its far end (REFER). */
    transferBy: z.enum(['bridge', 'refer']).default('bridge'),
    /** Where its far end finds their numbers; empty: at the first gateway, else where the call came from. */
    transferHost: gateway.or(z.literal('')).default(''),
    /** How often each gateway is asked whether it is there; 0: never. One that is not is tried last. */
    optionsEveryS: z
      .number()
      .int()
      .max(3600)
      .refine(seconds => seconds === 0 || seconds >= 5, '0, or 5 and more')
      .default(60),
    register: register.optional(),
    /** Number → workflow, the first that fits; else workflows.byNumber and workflows.default. */
    dispatch: z.array(dispatchRule).max(LIMITS.trunkDispatchRules).default([]),
    /** How the sound of its calls is treated, where not as everywhere. */
    pipeline: pipelineSchema.default({}),
  })
  .superRefine((value, context) => {
    const everyone = value.allowedAddresses.findIndex(text => parseNetwork(text)?.prefixBits === 0);
    if (everyone >= 0 && value.inboundDigest === undefined)
      context.addIssue({
        code: 'custom',
        path: ['allowedAddresses'],
        message: 'a trunk that everybody may call needs inboundDigest',
      });
    if (value.directions.includes('outbound') && value.gateways.length === 0)
      context.addIssue({
        code: 'custom',
        path: ['gateways'],
        message: 'an outbound trunk needs a target',
      });
  });

/** `trunks` of trunkline.yaml: who may call and be called over SIP, and what then happens. */
export const trunksSchema = z
  .array(trunk)
  .max(LIMITS.trunks)
  .superRefine((trunks, context) => {
    for (const [index, { name: called }] of trunks.entries())
      if (trunks.findIndex(other => other.name === called) < index)
        context.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: `a second trunk called ${called}`,
        });
  })
  .default([]);

export type Trunk = z.infer<typeof trunk>;

/** A trunk with every key at its default but these. */
export function makeTrunk(settings: z.input<typeof trunk>): Trunk {
  return trunk.parse(settings);
}
