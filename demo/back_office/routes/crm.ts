import { z } from 'zod';
import { cents, day, email, id, line, name, phone, state, whole, words } from '../fields.ts';
import { type Office, route } from '../office_routes.ts';
import { notFound } from '../refusal.ts';

const subject = words(200);

export function routeTasks(office: Office): void {
  const tag = 'crm';
  route(
    office,
    'POST',
    '/v1/tasks',
    {
      tag,
      summary: 'Gives somebody of the office something to do',
      body: {
        subject,
        about: words(40),
        owner: words(60).default('office'),
        due: day.optional(),
        note: words(2000).optional(),
      },
    },
    async ({ tx, body }) => {
      const { id: task_id } = await tx.insert('tasks', body);
      return { task_id };
    },
  );
  route(
    office,
    'POST',
    '/v1/tasks/cancellations',
    { tag, summary: 'Takes it back', body: { about: words(40), subject }, status: 200 },
    async ({ tx, body }) => {
      const rows = await tx.query(
        "UPDATE tasks SET status = 'cancelled' WHERE about = $1 AND subject = $2 AND status = 'open' RETURNING id",
        [body.about, body.subject],
      );
      return { cancelled: rows.length };
    },
  );
  route(
    office,
    'GET',
    '/v1/tasks',
    { tag, summary: 'Tasks about somebody', query: { about: words(40) } },
    async ({ tx, query }) => ({
      tasks: await tx.query(
        'SELECT id AS task_id, subject, owner, due, status FROM tasks WHERE about = $1 ORDER BY id LIMIT 50',
        [query.about],
      ),
    }),
  );
}

export function routeMessages(office: Office): void {
  const tag = 'messages';
  const about = words(40);
  const message = z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('sms'), recipient: phone }),
    z.object({ kind: z.literal('email'), recipient: email }),
  ]);
  const kind = z.enum(['sms', 'email']);
  route(
    office,
    'POST',
    '/v1/messages',
    {
      tag,
      summary: 'Sends an SMS or an e-mail: here it becomes a row, and goes nowhere',
      body: { kind, recipient: words(120), subject: subject.optional(), text: words(2000), about },
    },
    async ({ tx, body }) => {
      const { recipient } = message.parse(body);
      const { id: message_id } = await tx.insert('messages', { ...body, recipient });
      return { message_id };
    },
  );
  route(
    office,
    'POST',
    '/v1/messages/withdrawals',
    {
      tag,
      summary: 'Tells those who were told that it no longer holds',
      body: { about, text: words(2000).default('Please disregard our last message.') },
      status: 200,
    },
    async ({ tx, body }) => {
      const sent = await tx.query(
        `SELECT * FROM messages WHERE about = $1 AND withdraws IS NULL
         AND NOT EXISTS (SELECT FROM messages AS later WHERE later.withdraws = messages.id) ORDER BY at DESC, id DESC LIMIT 1`,
        [body.about],
      );
      for (const { id: withdraws, kind: by, recipient, subject: title } of sent)
        await tx.insert('messages', {
          kind: by,
          recipient,
          subject: title,
          text: body.text,
          about: body.about,
          withdraws,
        });
      return { withdrawn: sent.length };
    },
  );
  route(
    office,
    'GET',
    '/v1/messages',
    { tag, summary: 'Messages about somebody or something', query: { about } },
    async ({ tx, query }) => ({
      messages: await tx.query(
        'SELECT id AS message_id, kind, recipient, subject, text, withdraws FROM messages WHERE about = $1 ORDER BY id LIMIT 50',
        [query.about],
      ),
    }),
  );
}

function leadRoutes(office: Office): void {
  const tag = 'leads';
  const score = z.number().int().min(0).max(1000).optional();
  const changes = {
    email: email.optional(),
    score,
    status: words(30).optional(),
    note: words(2000).optional(),
  };
  route(
    office,
    'POST',
    '/v1/leads',
    {
      tag,
      summary: 'Adds somebody who may become a client',
      body: {
        line,
        name,
        phone,
        company: name.optional(),
        industry: words(60).optional(),
        state: state.optional(),
        ...changes,
      },
    },
    async ({ tx, body }) => {
      const { id: lead_id, status } = await tx.insert('leads', body);
      return { lead_id, status };
    },
  );
  route(
    office,
    'PUT',
    '/v1/leads/:lead_id',
    { tag, summary: 'What became of a lead', params: { lead_id: id }, body: changes, status: 200 },
    async ({ tx, params, body }) => {
      const [lead] = await tx.query(
        `UPDATE leads SET email = coalesce($2, email), score = coalesce($3, score), status = coalesce($4, status),
         note = coalesce($5, note) WHERE id = $1 RETURNING id, status, score`,
        [params.lead_id, body.email ?? null, body.score ?? null, body.status ?? null, body.note ?? null],
      );
      if (lead === undefined) throw notFound('lead');
      return { lead_id: lead.id, status: lead.status, score: lead.score };
    },
  );
}

function knownLeadRoutes(office: Office): void {
  const tag = 'leads';
  route(
    office,
    'GET',
    '/v1/leads',
    { tag, summary: 'The newest lead of a telephone number', query: { phone } },
    async ({ tx, query }) => {
      const [lead] = await tx.query(
        'SELECT * FROM leads WHERE phone = $1 ORDER BY at DESC, id DESC LIMIT 1',
        [query.phone],
      );
      if (lead === undefined) throw notFound('lead');
      const { id: lead_id, ...rest } = lead;
      return { lead_id, ...rest };
    },
  );
  route(
    office,
    'POST',
    '/v1/leads/withdrawals',
    { tag, summary: 'Undoes a lead that was added', body: { phone, line }, status: 200 },
    async ({ tx, body }) => {
      const rows = await tx.query(
        "UPDATE leads SET status = 'withdrawn' WHERE phone = $1 AND line = $2 AND status = 'new' RETURNING id",
        [body.phone, body.line],
      );
      return { withdrawn: rows.length };
    },
  );
}

function optOutRoutes(office: Office): void {
  const tag = 'leads';
  route(
    office,
    'POST',
    '/v1/opt_outs',
    { tag, summary: 'Nobody calls that number any more', body: { phone } },
    async ({ tx, body }) => {
      await tx.query('INSERT INTO opt_outs (phone) VALUES ($1) ON CONFLICT DO NOTHING', [body.phone]);
      return { opted_out: true };
    },
  );
  route(
    office,
    'GET',
    '/v1/opt_outs',
    { tag, summary: 'Whether a number may be called', query: { phone } },
    async ({ tx, query }) => {
      const found = await tx.query('SELECT FROM opt_outs WHERE phone = $1', [query.phone]);
      return { opted_out: found.length > 0 };
    },
  );
}

export function routeLeads(office: Office): void {
  for (const add of [leadRoutes, knownLeadRoutes, optOutRoutes]) add(office);
}

export function routeBookings(office: Office): void {
  const tag = 'piano';
  route(
    office,
    'POST',
    '/v1/bookings',
    {
      tag,
      summary: 'Books the move of a piano',
      body: {
        piano: words(40),
        origin: words(200),
        destination: words(200),
        date: day,
        price_cents: cents,
        phone,
      },
    },
    async ({ tx, body }) => {
      const { id: booking_id } = await tx.insert('bookings', body);
      return { booking_id, date: body.date };
    },
  );
  route(
    office,
    'POST',
    '/v1/bookings/cancellations',
    { tag, summary: 'Cancels it', body: { phone, date: day }, status: 200 },
    async ({ tx, body }) => {
      const rows = await tx.query(
        "UPDATE bookings SET status = 'cancelled' WHERE phone = $1 AND date = $2 AND status = 'booked' RETURNING id",
        [body.phone, body.date],
      );
      return { cancelled: rows.length };
    },
  );
  route(
    office,
    'GET',
    '/v1/bookings',
    { tag, summary: 'Moves of a telephone number', query: { phone, limit: whole(1, 50).default(10) } },
    async ({ tx, query }) => ({
      bookings: await tx.query(
        'SELECT id AS booking_id, piano, date, price_cents, status FROM bookings WHERE phone = $1 ORDER BY id DESC LIMIT $2',
        [query.phone, query.limit],
      ),
    }),
  );
}
