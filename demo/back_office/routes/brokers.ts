import { z } from 'zod';
import type { Row, Tx } from '../database.ts';
import { day, id, line, state, whole } from '../fields.ts';
import { type Office, route } from '../office_routes.ts';

const DAY_MS = 86_400_000;
const SLOT_MINUTES = 30;
const NOON = '12:00';

interface Slot {
  readonly broker_id: string;
  readonly broker_name: string;
  readonly date: string;
  readonly time: string;
}

export function dayLater(from: string, days: number): string {
  return new Date(Date.parse(`${from}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

function weekdayOf(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function timeOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** Half hours in which a broker works, and has nothing else, by the broker's own clock. */
export async function freeTimes(
  tx: Tx,
  brokerId: string,
  dates: readonly string[],
): Promise<ReadonlySet<string>> {
  const hours = await tx.query('SELECT * FROM broker_hours WHERE broker_id = $1', [brokerId]);
  const busy = await tx.query('SELECT * FROM broker_busy WHERE broker_id = $1', [brokerId]);
  const taken = await tx.query(
    "SELECT date, time FROM calendar_events WHERE broker_id = $1 AND status = 'booked' AND date = ANY ($2::date[])",
    [brokerId, dates],
  );
  const isTaken = new Set([
    ...busy.map(({ weekday, time }) => `${weekday} ${time}`),
    ...taken.map(({ date, time }) => `${date} ${time}`),
  ]);
  const free = new Set<string>();
  for (const date of dates) {
    const weekday = weekdayOf(date);
    for (const row of hours.filter(one => one.weekday === weekday)) {
      for (let at = minutesOf(String(row.opens)); at < minutesOf(String(row.closes)); at += SLOT_MINUTES) {
        const time = timeOf(at);
        if (!isTaken.has(`${weekday} ${time}`) && !isTaken.has(`${date} ${time}`))
          free.add(`${date} ${time}`);
      }
    }
  }
  return free;
}

/** One of a morning and one of an afternoon tell a caller more than two half hours that follow each other. */
function spread(slots: readonly Slot[], most: number): readonly Slot[] {
  const seen = new Set<string>();
  const first = slots.filter(({ date, time }) => {
    const half = `${date} ${time < NOON}`;
    return !seen.has(half) && seen.add(half);
  });
  return first.slice(0, most);
}

function named(slots: readonly Slot[]): Row {
  const words = ['first', 'second', 'third'];
  return Object.fromEntries(
    words.flatMap((word, at) => {
      const { date, time } = slots[at] ?? {};
      return date === undefined
        ? []
        : [
            [`${word}_date`, date],
            [`${word}_time`, time],
          ];
    }),
  );
}

export function routeBrokers(office: Office): void {
  const tag = 'brokers';
  route(
    office,
    'GET',
    '/v1/brokers/availability',
    {
      tag,
      summary: 'When a broker who is licensed there has time; from tomorrow on',
      query: {
        state: state.optional(),
        line: line.optional(),
        broker_id: id.optional(),
        from: day.optional(),
        days: whole(1, 31).default(7),
        part: z.enum(['morning', 'afternoon']).optional(),
      },
    },
    async ({ tx, query, today }) => {
      const brokers = await tx.query(
        `SELECT id, name, time_zone FROM brokers WHERE ($1::text IS NULL OR id = $1)
         AND ($2::text IS NULL OR $2 = ANY (states)) AND ($3::text IS NULL OR $3 = ANY (lines)) ORDER BY id LIMIT 5`,
        [query.broker_id ?? null, query.state ?? null, query.line ?? null],
      );
      const tomorrow = dayLater(today, 1);
      const from = query.from === undefined || query.from < tomorrow ? tomorrow : query.from;
      const dates = Array.from({ length: query.days }, (_, at) => dayLater(from, at));
      for (const broker of brokers) {
        const free = [...(await freeTimes(tx, String(broker.id), dates))].map(at => ({
          broker_id: String(broker.id),
          broker_name: String(broker.name),
          date: at.slice(0, 10),
          time: at.slice(11),
        }));
        const isWanted = ({ time }: Slot) =>
          query.part === undefined || time < NOON === (query.part === 'morning');
        const slots = spread(free.filter(isWanted), 6);
        if (slots.length === 0) continue;
        const { id: broker_id, name: broker_name, time_zone } = broker;
        return { available: true, broker_id, broker_name, time_zone, ...named(slots), slots };
      }
      return { available: false, slots: [] };
    },
  );
  route(
    office,
    'GET',
    '/v1/brokers/:broker_id/free',
    {
      tag,
      summary: 'Whether a broker has time then',
      params: { broker_id: id },
      query: { date: day, time: z.string().max(5) },
    },
    async ({ tx, params, query, today }) => {
      const free = await freeTimes(tx, params.broker_id, [query.date]);
      return { free: query.date > today && free.has(`${query.date} ${query.time}`) };
    },
  );
}
