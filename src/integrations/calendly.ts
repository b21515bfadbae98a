import { z } from 'zod';
import type { Tried } from '../agent/tools/tool_try.ts';
import type { CalendlyAccount } from '../config/integrations.ts';
import type { Adapter, Operated } from './adapter.ts';
import { type Ask, beforehand, done, type Exchange, read, refused, statusOf } from './exchange.ts';
import { freeTimes, spanOf, wanted } from './free_times.ts';
import { startOf, utc } from './zoned_time.ts';

const type = { event_type: z.string().max(64).default('default') };
const shortText = z.string().min(1).max(200);
const bookArgs = z.object({
  ...type,
  start: z.string().max(40),
  name: shortText,
  email: z.email().max(200),
  phone: z.string().max(30).optional(),
  time_zone: z.string().max(60).optional(),
  question: shortText.optional(),
  answer: z.string().max(1000).optional(),
});
/** An address of an event, or the end of one. */
const cancelArgs = z.object({
  event: z.string().regex(/^(?:https:\/\/[^/]+\/scheduled_events\/)?[A-Za-z0-9-]{1,64}$/),
  reason: z.string().max(1000).optional(),
});

const times = z.object({
  collection: z
    .array(z.object({ status: z.string(), start_time: z.iso.datetime({ offset: true }) }))
    .max(5000),
});
const me = z.object({ resource: z.object({ uri: z.url().max(300) }) });
const events = z.object({
  collection: z
    .array(
      z.object({
        uri: z.string().max(300),
        status: z.string(),
        start_time: z.iso.datetime({ offset: true }),
        event_type: z.string().max(300).nullish(),
      }),
    )
    .max(100),
});
const invitee = z.object({ resource: z.object({ uri: z.string().max(300), event: z.string().max(300) }) });
const link = z.object({ resource: z.object({ booking_url: z.url().max(500) }) });
const event = z.object({ resource: z.object({ status: z.string() }) });

/**
 * Calendly, API v2 (https://developer.calendly.com/api-docs), by a personal access token. Invitees can be created on paid plans
 * only; elsewhere a scheduling link can be sent. Calendly knows no idempotency keys: before somebody is invited, and when that is
 * refused, it is looked whether the same person is invited at that time.
 */
export function calendly(account: CalendlyAccount, token: string): Adapter {
  const api = new Calendly(account, token);
  return {
    available_times: operated => api.availableTimes(operated),
    book: operated => api.book(operated),
    scheduling_link: operated => api.schedulingLink(operated),
    cancel: operated => api.cancel(operated),
  };
}

class Calendly {
  readonly #account: CalendlyAccount;
  readonly #token: string;
  #user: string | undefined;

  constructor(account: CalendlyAccount, token: string) {
    this.#account = account;
    this.#token = token;
  }

  async availableTimes({ args, nowMs, exchange }: Operated): Promise<Tried> {
    const { event_type: name, ...span } = z.object({ ...type, ...wanted }).parse(args);
    const eventType = this.#typeOf(name);
    if (eventType === undefined) return refused();
    const { beginsMs, endsMs } = spanOf(span, this.#account.timeZone, nowMs);
    if (endsMs <= beginsMs) return done(freeTimes([], this.#account.timeZone));
    const query = { event_type: eventType, start_time: utc(beginsMs), end_time: utc(endsMs) };
    const found = read(await exchange.ask(this.#asked('GET', '/event_type_available_times', query)), times);
    if ('tried' in found) return found.tried;
    const free = found.data.collection.filter(({ status }) => status === 'available');
    return done(
      freeTimes(
        free.map(({ start_time }) => Date.parse(start_time)),
        this.#account.timeZone,
      ),
    );
  }

  async book({ args, exchange }: Operated): Promise<Tried> {
    const { event_type: name, start, ...given } = bookArgs.parse(args);
    const eventType = this.#typeOf(name);
    const startMs = startOf(start, this.#account.timeZone);
    if (eventType === undefined || startMs === undefined) return refused();
    const whom = { email: given.email, eventType, startMs };
    const before = await this.#booked(exchange, whom);
    if ('tried' in before) return beforehand(before.tried);
    if (before.uri !== undefined) return done({ event: before.uri, start: utc(startMs), repeated: true });
    const body = { event_type: eventType, start_time: utc(startMs), ...inviteeOf(this.#account, given) };
    const tried = await exchange.ask(this.#asked('POST', '/invitees', {}, body));
    const found = read(tried, invitee);
    if ('data' in found)
      return done({ event: found.data.resource.event, start: utc(startMs), repeated: false });
    if (statusOf(tried) !== 400 && statusOf(tried) !== 409) return found.tried;
    // The time is taken: perhaps by a request of ours that was given up, and went on.
    const after = await this.#booked(exchange, whom);
    if ('tried' in after)
      return { fault: 'lost', status: undefined, wasSent: true, metClosedConnection: false };
    return after.uri === undefined
      ? refused()
      : done({ event: after.uri, start: utc(startMs), repeated: true });
  }

  async schedulingLink({ args, exchange }: Operated): Promise<Tried> {
    const eventType = this.#typeOf(z.object(type).parse(args).event_type);
    if (eventType === undefined) return refused();
    const body = { max_event_count: 1, owner: eventType, owner_type: 'EventType' };
    const found = read(await exchange.ask(this.#asked('POST', '/scheduling_links', {}, body)), link);
    return 'tried' in found ? found.tried : done({ url: found.data.resource.booking_url });
  }

  async cancel({ args, exchange }: Operated): Promise<Tried> {
    const { event: given, reason } = cancelArgs.parse(args);
    const path = `/scheduled_events/${given.split('/').at(-1) ?? ''}`;
    const tried = await exchange.ask(
      this.#asked('POST', `${path}/cancellation`, {}, reason === undefined ? {} : { reason }),
    );
    const status = statusOf(tried) ?? 0;
    if (status >= 200 && status <= 299) return done({ cancelled: true });
    if (![400, 403, 404].includes(status)) return tried;
    // What was cancelled before can't be once more.
    const found = read(await exchange.ask(this.#asked('GET', path)), event);
    if ('tried' in found) return found.tried;
    return found.data.resource.status === 'canceled' ? done({ cancelled: true }) : refused();
  }

  #asked(
    method: Ask['method'],
    path: string,
    query: Readonly<Record<string, string>> = {},
    body?: object,
  ): Ask {
    const url = new URL(this.#account.url + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = { authorization: `Bearer ${this.#token}` };
    return { method, url, headers, ...(body !== undefined && { body }) };
  }

  #typeOf(name: string): string | undefined {
    const { eventTypes } = this.#account;
    return Object.hasOwn(eventTypes, name) ? eventTypes[name] : undefined;
  }

  /** Whose token it is: events are listed by person. */
  async #userOf(exchange: Exchange): Promise<{ readonly uri: string } | { readonly tried: Tried }> {
    if (this.#user !== undefined) return { uri: this.#user };
    const found = read(await exchange.ask(this.#asked('GET', '/users/me')), me);
    if ('tried' in found) return found;
    this.#user = found.data.resource.uri;
    return { uri: this.#user };
  }

  /** The event to which that person is invited then; undefined where there is none. */
  async #booked(
    exchange: Exchange,
    { email, eventType, startMs }: { email: string; eventType: string; startMs: number },
  ): Promise<{ readonly uri: string | undefined } | { readonly tried: Tried }> {
    const owner = await this.#userOf(exchange);
    if ('tried' in owner) return owner;
    const query = {
      user: owner.uri,
      invitee_email: email,
      status: 'active',
      min_start_time: utc(startMs - 60_000),
      max_start_time: utc(startMs + 60_000),
    };
    const found = read(await exchange.ask(this.#asked('GET', '/scheduled_events', query)), events);
    if ('tried' in found) return found;
    const same = found.data.collection.find(
      ({ status, start_time, event_type: of }) =>
        status === 'active' && of === eventType && Date.parse(start_time) === startMs,
    );
    return { uri: same?.uri };
  }
}

function inviteeOf(
  { timeZone, location }: CalendlyAccount,
  { name, email, phone, time_zone, question, answer }: Omit<z.infer<typeof bookArgs>, 'event_type' | 'start'>,
): object {
  const number = phone === undefined ? undefined : e164(phone);
  const place = location?.kind === 'outbound_call' ? { kind: location.kind, location: number } : location;
  return {
    invitee: {
      name,
      email,
      timezone: time_zone ?? timeZone,
      ...(number !== undefined && { text_reminder_number: number }),
    },
    ...(place !== undefined && { location: place }),
    ...(question !== undefined && {
      questions_and_answers: [{ question, answer: answer ?? '', position: 0 }],
    }),
  };
}

/** Ten digits are a number of North America. */
function e164(phone: string): string {
  const digits = phone.replaceAll(/\D/g, '');
  return digits.length === 10 ? `+1${digits}` : `+${digits}`;
}
