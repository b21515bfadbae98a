import type { z } from 'zod';
import type { Row, Tx } from '../database.ts';
import { day, email, id, time, words } from '../fields.ts';
import { type Office, route } from '../office_routes.ts';
import { notFound, Refusal } from '../refusal.ts';
import { freeTimes } from './brokers.ts';

/** A broker's half hour, and the client or lead it is for. */
const slot = { broker_id: id, date: day, time, with: id };
type Slot = z.infer<z.ZodObject<typeof slot>>;
const subject = words(200);

async function assertFree(tx: Tx, { broker_id, date, time: at }: Slot, today: string): Promise<void> {
  const [broker] = await tx.query('SELECT id FROM brokers WHERE id = $1 FOR UPDATE', [broker_id]);
  if (broker === undefined) throw notFound('broker');
  if (date <= today) throw new Refusal(422, 'too_soon', 'appointments are from tomorrow on');
  const free = await freeTimes(tx, broker_id, [date]);
  if (!free.has(`${date} ${at}`)) throw new Refusal(422, 'taken', 'the broker has no time then');
}

async function book(tx: Tx, { title, ...at }: Slot & { title: string }, today: string): Promise<Row> {
  await assertFree(tx, at, today);
  const { id: event_id } = await tx.insert('calendar_events', { ...at, title });
  return { event_id, date: at.date, time: at.time };
}

async function record(tx: Tx, at: Slot & { subject: string }): Promise<Row> {
  const { broker_id, date, time: when, with: who } = at;
  const there = await tx.query(
    `SELECT id FROM appointments WHERE broker_id = $1 AND date = $2 AND time = $3 AND "with" = $4 AND status = 'booked'`,
    [broker_id, date, when, who],
  );
  if (there.length > 0) throw new Refusal(422, 'there', 'there is such an appointment already');
  const { id: appointment_id } = await tx.insert('appointments', at);
  return { appointment_id, date, time: when };
}

/** Cancelling what is not there is no failure: whoever undoes a step may not know whether it was done. */
async function cancel(tx: Tx, table: 'calendar_events' | 'appointments', at: Slot): Promise<Row> {
  const rows = await tx.query(
    `UPDATE ${table} SET status = 'cancelled'
     WHERE broker_id = $1 AND date = $2 AND time = $3 AND "with" = $4 AND status = 'booked' RETURNING id`,
    [at.broker_id, at.date, at.time, at.with],
  );
  return { cancelled: rows.length };
}

function calendarRoutes(office: Office): void {
  const tag = 'scheduling';
  route(
    office,
    'POST',
    '/v1/calendar/events',
    {
      tag,
      summary: "Books a half hour in a broker's calendar",
      body: { ...slot, title: subject },
    },
    ({ tx, body, today }) => book(tx, body, today),
  );
  route(
    office,
    'POST',
    '/v1/calendar/cancellations',
    { tag, summary: 'Frees it again', body: slot, status: 200 },
    ({ tx, body }) => cancel(tx, 'calendar_events', body),
  );
}

function appointmentRoutes(office: Office): void {
  const tag = 'scheduling';
  route(
    office,
    'POST',
    '/v1/appointments',
    {
      tag,
      summary: 'Writes an appointment down',
      body: { ...slot, subject },
    },
    ({ tx, body }) => record(tx, body),
  );
  route(
    office,
    'POST',
    '/v1/appointments/cancellations',
    { tag, summary: 'Cancels it', body: slot, status: 200 },
    ({ tx, body }) => cancel(tx, 'appointments', body),
  );
  route(
    office,
    'GET',
    '/v1/appointments',
    { tag, summary: 'Appointments of somebody', query: { with: id } },
    async ({ tx, query }) => {
      const rows = await tx.query(
        'SELECT id AS appointment_id, broker_id, date, time, subject, status FROM appointments WHERE "with" = $1 ORDER BY id LIMIT 50',
        [query.with],
      );
      return { appointments: rows };
    },
  );
}

function scheduleRoutes(office: Office): void {
  const tag = 'scheduling';
  route(
    office,
    'POST',
    '/v1/schedule',
    {
      tag,
      summary: 'Calendar, appointment, task and confirmation: all of them, or nothing',
      body: { ...slot, subject, email: email.optional() },
    },
    async ({ tx, body: { email: recipient, subject: title, ...at }, today }) => {
      const { event_id } = await book(tx, { ...at, title }, today);
      const { appointment_id } = await record(tx, { ...at, subject: title });
      const { id: task_id } = await tx.insert('tasks', {
        subject: title,
        about: at.with,
        owner: at.broker_id,
        due: at.date,
      });
      const [person] = await tx.query(
        'SELECT email FROM clients WHERE id = $1 UNION SELECT email FROM leads WHERE id = $1',
        [at.with],
      );
      const to = recipient ?? person?.email;
      if (typeof to !== 'string') throw new Refusal(422, 'no_email', 'there is no address to confirm it to');
      const text = `Your appointment is on ${at.date} at ${at.time}.`;
      const message = { kind: 'email', recipient: to, subject: title, text, about: at.with };
      const { id: message_id } = await tx.insert('messages', message);
      return { appointment_id, event_id, task_id, message_id, date: at.date, time: at.time };
    },
  );
}

export function routeScheduling(office: Office): void {
  for (const add of [calendarRoutes, appointmentRoutes, scheduleRoutes]) add(office);
}
