import { z } from 'zod';
import { LIMITS } from './limits.ts';

const text = z.string().min(1).max(200);
const key = {
  keyEnv: z
    .string()
    .regex(/^[A-Za-z_]\w{0,99}$/, 'the name of a variable')
    .refine(variable => !variable.startsWith('TRUNKLINE_'), 'not a name of the configuration (TRUNKLINE_…)')
    .optional(),
  keyFile: z.string().min(1).max(4096).optional(),
};
/** Keys go along: only the loopback may do without TLS. */
const address = z
  .string()
  .max(500)
  .refine(url => URL.canParse(url), 'an address')
  .refine(
    url => /^(https:|http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/])/.test(`${url}/`),
    'an https address',
  )
  .refine(url => !/[?#@]/.test(url), 'an address without a query, and without a key');
const timeZone = z
  .string()
  .max(60)
  .refine(isTimeZone, 'a time zone as in America/New_York')
  .default('America/New_York');
const time = z.string().regex(/^([01]\d|2[0-4]):[0-5]\d$/, 'a time as in 09:00');
const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and _ only, a letter first');

const calendly = z.strictObject({
  ...key,
  url: address.default('https://api.calendly.com'),
  /** Addresses of event types by the names that workflows have for them. */
  eventTypes: z
    .record(name, address)
    .refine(types => Object.hasOwn(types, 'default'), 'a type called default is needed'),
  timeZone,
  /** Where meetings are, as Calendly has it; `outbound_call` calls the invitee's telephone. */
  location: z.strictObject({ kind: text, location: text.optional() }).optional(),
});

const googleCalendar = z.strictObject({
  ...key,
  url: address.default('https://www.googleapis.com/calendar/v3'),
  tokenUrl: address.default('https://oauth2.googleapis.com/token'),
  /** One that is shared with the service account; such as primary where it acts for somebody. */
  calendar: text,
  /** Whom the service account acts for, where the domain lets it. */
  subject: z.email().optional(),
  timeZone,
  /** When appointments may be; 0 is Sunday. */
  hours: z
    .strictObject({
      opens: time.default('09:00'),
      closes: time.default('17:00'),
      weekdays: z.array(z.number().int().min(0).max(6)).min(1).max(7).default([1, 2, 3, 4, 5]),
    })
    .prefault({}),
  minutes: z.number().int().min(5).max(480).default(30),
});

const field = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/, 'the name of a field');
const salesforce = z
  .strictObject({
    ...key,
    /** My Domain, such as https://example.my.salesforce.com. */
    url: address,
    /** client_credentials: the key is the client secret. jwt: it is a private key in PEM, and somebody's name is needed. */
    grant: z.enum(['client_credentials', 'jwt']).default('client_credentials'),
    clientId: z.string().min(1).max(500),
    username: text.optional(),
    /** Whom the signed token is meant for: login.salesforce.com, or test.salesforce.com for a sandbox. */
    audience: address.default('https://login.salesforce.com'),
    apiVersion: z
      .string()
      .regex(/^v\d{2}\.0$/, 'a version as in v62.0')
      .default('v62.0'),
    /** External ids, by which leads and contacts are known to be the same. */
    leadKey: field.default('External_Id__c'),
    contactKey: field.default('External_Id__c'),
  })
  .refine(({ grant, username }) => grant !== 'jwt' || username !== undefined, 'jwt needs a username');

const accounts = <Account extends z.ZodType>(account: Account) =>
  z
    .record(name, account)
    .refine(
      all => Object.keys(all).length <= LIMITS.integrationAccounts,
      `at most ${LIMITS.integrationAccounts} accounts`,
    )
    .default({});

/** Systems of others that tools may use, by account; the usual one is called `default`. */
export const integrationsSchema = z
  .strictObject({
    calendly: accounts(calendly),
    google_calendar: accounts(googleCalendar),
    salesforce: accounts(salesforce),
  })
  .prefault({});

export type IntegrationsConfig = z.infer<typeof integrationsSchema>;
export type CalendlyAccount = z.infer<typeof calendly>;
export type GoogleCalendarAccount = z.infer<typeof googleCalendar>;
export type SalesforceAccount = z.infer<typeof salesforce>;

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
