import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Tried } from '../agent/tools/tool_try.ts';
import { TrunklineError } from '../config/errors.ts';
import type { GoogleCalendarAccount } from '../config/integrations.ts';
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
import { freeTimes, spanOf, wanted } from './free_times.ts';
import { instantOf, startOf, utc, zonedTime } from './zoned_time.ts';

const SCOPE = 'https://www.googleapis.com/auth/calendar';
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Reasons of a 403 that pass (https://developers.google.com/workspace/calendar/api/guides/errors). */
const LIMITED = new Set(['rateLimitExceeded', 'userRateLimitExceeded', 'quotaExceeded']);

const keyFile = z.object({
  type: z.literal('service_account'),
  private_key_id: z.string().min(1),
  private_key: z.string().min(1),
  client_email: z.string().min(1),
});
const minutes = z.coerce.number().int().min(5).max(480).optional();
const createArgs = z.object({
  start: z.string().max(40),
  title: z.string().min(1).max(500),
  minutes,
  note: z.string().max(4000).optional(),
});
/** An id is of the letters and digits of base32hex (RFC 2938 §3.1.2). */
const cancelArgs = z.object({ event: z.string().regex(/^[a-v0-9]{5,1024}$/) });

const busy = z.object({
  calendars: z.record(
    z.string(),
    z.object({
      busy: z
        .array(z.object({ start: z.iso.datetime({ offset: true }), end: z.iso.datetime({ offset: true }) }))
        .max(5000)
        .default([]),
      errors: z.array(z.unknown()).optional(),
    }),
  ),
});
const event = z.object({ id: z.string().max(1024), status: z.string() });
const failure = z.object({
  error: z.object({ errors: z.array(z.object({ reason: z.string() })).default([]) }),
});

interface Span {
  readonly beginsMs: number;
  readonly endsMs: number;
}

/**
 * Google Calendar, API v3 (https://developers.google.com/workspace/calendar/api/v3/reference), as a service account with
 * which the calendar is shared, or which acts for somebody of its domain. An event's id is made of the key: the same event is
 * never there twice.
 * @throws TrunklineError CONFIG_INVALID for what is no key file
 */
export function googleCalendar(account: GoogleCalendarAccount, serviceAccount: string): Adapter {
  const api = new GoogleCalendar(account, serviceAccount);
  return {
    available_times: operated => api.availableTimes(operated),
    create_event: operated => api.createEvent(operated),
    cancel_event: operated => api.cancelEvent(operated),
  };
}

class GoogleCalendar {
  readonly #account: GoogleCalendarAccount;
  readonly #tokens: AccessTokens;
  /** Of the events of the calendar. */
  readonly #path: string;

  constructor(account: GoogleCalendarAccount, serviceAccount: string) {
    this.#account = account;
    this.#tokens = new AccessTokens(tokenAsk(account, serviceAccount));
    this.#path = `/calendars/${encodeURIComponent(account.calendar)}/events`;
  }

  async availableTimes({ args, nowMs, exchange }: Operated): Promise<Tried> {
    const { minutes: given, ...span } = z.object({ ...wanted, minutes }).parse(args);
    const asked = spanOf(span, this.#account.timeZone, nowMs);
    if (asked.endsMs <= asked.beginsMs) return done(freeTimes([], this.#account.timeZone));
    const found = await this.#busyIn(exchange, asked);
    if ('tried' in found) return found.tried;
    const lengthMs = (given ?? this.#account.minutes) * MINUTE_MS;
    const free = startsIn(this.#account, asked, lengthMs).filter(atMs => isFree(found.spans, atMs, lengthMs));
    return done(freeTimes(free, this.#account.timeZone));
  }

  async createEvent({ args, key, exchange }: Operated): Promise<Tried> {
    const { start, title, minutes: given, note } = createArgs.parse(args);
    const startMs = startOf(start, this.#account.timeZone);
    if (startMs === undefined) return refused();
    const lengthMs = (given ?? this.#account.minutes) * MINUTE_MS;
    const id = createHash('sha256').update(key).digest('hex').slice(0, 40);
    const answer = { event: id, start: utc(startMs), ...zonedTime(startMs, this.#account.timeZone) };
    const before = await this.#kept(exchange, id);
    if ('tried' in before) return beforehand(before.tried);
    if (before.status !== undefined)
      return before.status === 'cancelled' ? refused() : done({ ...answer, repeated: true });
    const found = await this.#busyIn(exchange, { beginsMs: startMs, endsMs: startMs + lengthMs });
    if ('tried' in found) return beforehand(found.tried);
    if (!isFree(found.spans, startMs, lengthMs)) return refused();
    const tried = await this.#ask(exchange, 'POST', this.#path, {
      id,
      summary: title,
      ...(note !== undefined && { description: note }),
      start: { dateTime: utc(startMs), timeZone: this.#account.timeZone },
      end: { dateTime: utc(startMs + lengthMs), timeZone: this.#account.timeZone },
    });
    // There is one of that id: a try before this one was heard after all.
    if (statusOf(tried) === 409) return done({ ...answer, repeated: true });
    const made = read(tried, event);
    return 'tried' in made ? made.tried : done({ ...answer, repeated: false });
  }

  async cancelEvent({ args, exchange }: Operated): Promise<Tried> {
    const { event: id } = cancelArgs.parse(args);
    const tried = await this.#ask(exchange, 'DELETE', `${this.#path}/${id}`);
    const status = statusOf(tried) ?? 0;
    const isGone = status === 404 || status === 410;
    return isGone || (status >= 200 && status <= 299) ? done({ cancelled: !isGone }) : tried;
  }

  async #ask(exchange: Exchange, method: Ask['method'], path: string, body?: object): Promise<Tried> {
    const tried = await this.#tokens.ask(exchange, ({ token }) => ({
      method,
      url: new URL(this.#account.url + path),
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body }),
    }));
    return withLimits(tried);
  }

  async #busyIn(
    exchange: Exchange,
    { beginsMs, endsMs }: Span,
  ): Promise<{ readonly spans: readonly Span[] } | { readonly tried: Tried }> {
    const body = { timeMin: utc(beginsMs), timeMax: utc(endsMs), items: [{ id: this.#account.calendar }] };
    const found = read(await this.#ask(exchange, 'POST', '/freeBusy', body), busy);
    if ('tried' in found) return found;
    const calendar = found.data.calendars[this.#account.calendar];
    // A calendar that is not shared with us is answered with errors, and with nothing that is busy.
    if (calendar === undefined || (calendar.errors ?? []).length > 0) return { tried: refused() };
    return {
      spans: calendar.busy.map(({ start, end }) => ({
        beginsMs: Date.parse(start),
        endsMs: Date.parse(end),
      })),
    };
  }

  async #kept(
    exchange: Exchange,
    id: string,
  ): Promise<{ readonly status?: string } | { readonly tried: Tried }> {
    const tried = await this.#ask(exchange, 'GET', `${this.#path}/${id}`);
    if (statusOf(tried) === 404) return {};
    const found = read(tried, event);
    return 'tried' in found ? found : { status: found.data.status };
  }
}

/** https://developers.google.com/identity/protocols/oauth2/service-account#httprest */
function tokenAsk(account: GoogleCalendarAccount, text: string): (nowMs: number) => Ask {
  let file: z.infer<typeof keyFile>;
  let key: KeyObject;
  try {
    file = keyFile.parse(JSON.parse(text));
    key = createPrivateKey(file.private_key);
  } catch {
    // What is wrong with it may name what is in it.
    throw new TrunklineError('CONFIG_INVALID', 'that is no key file of a Google service account');
  }
  return nowMs => {
    const iat = Math.floor(nowMs / 1000);
    const claims = { iss: file.client_email, scope: SCOPE, aud: account.tokenUrl, iat, exp: iat + 3600 };
    const subject = account.subject === undefined ? {} : { sub: account.subject };
    const assertion = signedToken({ ...claims, ...subject }, key, file.private_key_id);
    return { method: 'POST', url: new URL(account.tokenUrl), body: assertionForm(assertion) };
  };
}

function withLimits(tried: Tried): Tried {
  if ('fault' in tried || tried.status !== 403) return tried;
  const told = failure.safeParse(tried.data);
  const isLimit = told.success && told.data.error.errors.some(({ reason }) => LIMITED.has(reason));
  return isLimit ? unavailable(tried.retryAfter) : tried;
}

/** Every beginning of an appointment in a span within the hours, one after the other. */
function startsIn(
  { hours, timeZone }: GoogleCalendarAccount,
  { beginsMs, endsMs }: Span,
  lengthMs: number,
): readonly number[] {
  const starts: number[] = [];
  const last = zonedTime(endsMs, timeZone).date;
  for (let day = zonedTime(beginsMs, timeZone).date; day <= last; day = nextDay(day)) {
    if (!hours.weekdays.includes(new Date(`${day}T00:00:00Z`).getUTCDay())) continue;
    const closesMs = instantOf({ date: day, time: hours.closes }, timeZone);
    for (
      let atMs = instantOf({ date: day, time: hours.opens }, timeZone);
      atMs + lengthMs <= closesMs;
      atMs += lengthMs
    )
      if (atMs >= beginsMs && atMs + lengthMs <= endsMs) starts.push(atMs);
  }
  return starts;
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}

function isFree(spans: readonly Span[], atMs: number, lengthMs: number): boolean {
  return !spans.some(({ beginsMs, endsMs }) => atMs < endsMs && beginsMs < atMs + lengthMs);
}
