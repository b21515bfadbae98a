import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Tried } from '../agent/tools/tool_try.ts';
import { TrunklineError } from '../config/errors.ts';
import type { SalesforceAccount } from '../config/integrations.ts';
import { AccessTokens, assertionForm, signedToken } from './access_tokens.ts';
import type { Adapter, Operated } from './adapter.ts';
import {
  type Ask,
  beforehand,
  done,
  type Exchange,
  read,
  refused,
  statusOf,
  unavailable,
} from './exchange.ts';

/** Salesforce takes a signed token for three minutes at most. */
const ASSERTION_S = 180;
const recordId = z.string().regex(/^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/);
const short = z.string().min(1).max(80);
const person = {
  external_id: z.string().min(1).max(255),
  last_name: short,
  first_name: z.string().max(40).optional(),
  phone: z.string().max(40).optional(),
  email: z.email().max(80).optional(),
  state: short.optional(),
  zip: z.string().max(20).optional(),
  note: z.string().max(32_000).optional(),
};
const leadArgs = z.object({
  ...person,
  company: z.string().min(1).max(255),
  status: short.optional(),
  source: short.optional(),
});
const contactArgs = z.object(person);
const taskArgs = z.object({
  subject: z.string().min(1).max(255),
  due: z.iso.date().optional(),
  note: z.string().max(32_000).optional(),
  who: recordId.optional(),
  what: recordId.optional(),
  status: short.optional(),
  priority: short.optional(),
});
const findArgs = z
  .object({ email: z.email().max(80).optional(), phone: z.string().max(40).optional() })
  .refine(({ email, phone }) => email !== undefined || phone !== undefined);

const saved = z.object({ id: recordId, success: z.literal(true), created: z.boolean().optional() });
const contact = z.object({
  Id: recordId,
  FirstName: z.string().nullish(),
  LastName: z.string().nullish(),
  Email: z.string().nullish(),
  Phone: z.string().nullish(),
});
const found = <Row extends z.ZodType>(row: Row) => z.object({ records: z.array(row).max(100) });
const failures = z.array(z.object({ errorCode: z.string() })).min(1);

/** Those that pass (https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm). */
const PASSING = new Set(['REQUEST_LIMIT_EXCEEDED', 'UNABLE_TO_LOCK_ROW', 'SERVER_UNAVAILABLE']);

/**
 * Salesforce, REST API (https://developer.salesforce.com/docs/platform/api-rest/guide). Leads and contacts are known by an
 * external id. A task has none: the key is kept in its CallObject, by which it is looked for before it is made.
 * @throws TrunklineError CONFIG_INVALID for what is no private key
 */
export function salesforce(account: SalesforceAccount, secret: string): Adapter {
  const api = new Salesforce(account, secret);
  return {
    find_contact: operated => api.findContact(operated),
    upsert_lead: operated => api.upsertLead(operated),
    upsert_contact: operated => api.upsertContact(operated),
    create_task: operated => api.createTask(operated),
    delete_task: operated => api.deleteTask(operated),
  };
}

class Salesforce {
  readonly #account: SalesforceAccount;
  readonly #tokens: AccessTokens;

  constructor(account: SalesforceAccount, secret: string) {
    this.#account = account;
    this.#tokens = new AccessTokens(tokenAsk(account, secret));
  }

  async findContact({ args, exchange }: Operated): Promise<Tried> {
    const { email, phone } = findArgs.parse(args);
    const tests = [
      ...(email === undefined ? [] : [`Email = ${quoted(email)}`]),
      ...(phone === undefined ? [] : [`Phone = ${quoted(phone)}`, `MobilePhone = ${quoted(phone)}`]),
    ];
    const soql = `SELECT Id, FirstName, LastName, Email, Phone FROM Contact WHERE ${tests.join(' OR ')} LIMIT 2`;
    const rows = read(await this.#query(exchange, soql), found(contact));
    if ('tried' in rows) return rows.tried;
    const [row, other] = rows.data.records;
    if (row === undefined || other !== undefined) return done({ found: false, several: other !== undefined });
    const { Id: id, FirstName: first_name, LastName: last_name, Email, Phone } = row;
    return done({ found: true, several: false, id, first_name, last_name, email: Email, phone: Phone });
  }

  upsertLead({ args, exchange }: Operated): Promise<Tried> {
    const { external_id: id, company, status, source, ...lead } = leadArgs.parse(args);
    const address = { State: lead.state, PostalCode: lead.zip };
    const body = { ...fieldsOf(lead), ...address, Company: company, Status: status, LeadSource: source };
    return this.#upsert(exchange, 'Lead', this.#account.leadKey, id, body);
  }

  upsertContact({ args, exchange }: Operated): Promise<Tried> {
    const { external_id: id, ...given } = contactArgs.parse(args);
    const address = { MailingState: given.state, MailingPostalCode: given.zip };
    return this.#upsert(exchange, 'Contact', this.#account.contactKey, id, {
      ...fieldsOf(given),
      ...address,
    });
  }

  async createTask({ args, key, exchange }: Operated): Promise<Tried> {
    const {
      subject,
      due,
      note,
      who,
      what,
      status = 'Not Started',
      priority = 'Normal',
    } = taskArgs.parse(args);
    const soql = `SELECT Id FROM Task WHERE CallObject = ${quoted(key)} LIMIT 1`;
    const before = read(await this.#query(exchange, soql), found(z.object({ Id: recordId })));
    if ('tried' in before) return beforehand(before.tried);
    const [there] = before.data.records;
    if (there !== undefined) return done({ id: there.Id, created: false });
    const body = { Subject: subject, ActivityDate: due, Description: note, WhoId: who, WhatId: what };
    const tried = await this.#ask(exchange, 'POST', '/sobjects/Task', {
      ...body,
      Status: status,
      Priority: priority,
      CallObject: key,
    });
    const made = read(tried, saved);
    return 'tried' in made ? made.tried : done({ id: made.data.id, created: true });
  }

  async deleteTask({ args, exchange }: Operated): Promise<Tried> {
    const { task } = z.object({ task: recordId }).parse(args);
    const tried = await this.#ask(exchange, 'DELETE', `/sobjects/Task/${task}`);
    const status = statusOf(tried) ?? 0;
    return status === 404 || status === 204 ? done({ deleted: status === 204 }) : tried;
  }

  async #ask(exchange: Exchange, method: Ask['method'], path: string, body?: object): Promise<Tried> {
    const { apiVersion } = this.#account;
    const tried = await this.#tokens.ask(exchange, ({ token, instanceUrl }) => ({
      method,
      url: new URL(`/services/data/${apiVersion}${path}`, hostOf(this.#account, instanceUrl)),
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body }),
    }));
    return withCodes(tried);
  }

  #query(exchange: Exchange, soql: string): Promise<Tried> {
    return this.#ask(exchange, 'GET', `/query?q=${encodeURIComponent(soql)}`);
  }

  async #upsert(exchange: Exchange, object: string, field: string, id: string, body: object): Promise<Tried> {
    const tried = await this.#ask(
      exchange,
      'PATCH',
      `/sobjects/${object}/${field}/${encodeURIComponent(id)}`,
      body,
    );
    const made = read(tried, saved);
    return 'tried' in made ? made.tried : done({ id: made.data.id, created: made.data.created ?? false });
  }
}

function fieldsOf(given: Omit<z.infer<typeof contactArgs>, 'external_id'>): object {
  const { first_name: FirstName, last_name: LastName, phone: Phone, email: Email, note: Description } = given;
  return { FirstName, LastName, Phone, Email, Description };
}

/** A string of SOQL (https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm). */
function quoted(text: string): string {
  const escaped = text
    .replaceAll(/[\\'"]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `'${escaped}'`;
}

/** Where the token says that the data are; the key goes nowhere without TLS. */
function hostOf({ url }: SalesforceAccount, instanceUrl: string | undefined): string {
  const isSafe = instanceUrl !== undefined && new URL(instanceUrl).protocol === new URL(url).protocol;
  return isSafe ? instanceUrl : url;
}

/** https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm and …_jwt_flow.htm */
function tokenAsk(account: SalesforceAccount, secret: string): (nowMs: number) => Ask {
  const { clientId, username, audience } = account;
  const url = new URL('/services/oauth2/token', account.url);
  if (account.grant === 'client_credentials') {
    const grant = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret };
    return () => ({ method: 'POST', url, body: new URLSearchParams(grant) });
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(secret);
  } catch {
    throw new TrunklineError('CONFIG_INVALID', 'that is no private key in PEM');
  }
  return nowMs => {
    const claims = {
      iss: clientId,
      sub: username,
      aud: audience,
      exp: Math.floor(nowMs / 1000) + ASSERTION_S,
    };
    return { method: 'POST', url, body: assertionForm(signedToken(claims, key)) };
  };
}

function withCodes(tried: Tried): Tried {
  if ('fault' in tried) return tried;
  // Several records have that external id: none of them is changed.
  if (tried.status === 300) return refused();
  const told = failures.safeParse(tried.data);
  const isPassing = told.success && told.data.some(({ errorCode }) => PASSING.has(errorCode));
  return isPassing && tried.status < 500 ? unavailable(tried.retryAfter) : tried;
}
