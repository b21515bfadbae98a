import type { Row, Tx } from '../database.ts';
import {
  AGE_FACTORS,
  BROKERS,
  BUSINESS_RATES,
  CLAIM_FIELDS,
  FIRST_NAMES,
  HOMES,
  LAST_NAMES,
  PRODUCTS,
  STATE_FACTORS,
} from './people.ts';

const CLIENTS = 60;
const PLANS = ['silver', 'gold', 'bronze'] as const;
const GAPS = [['dental'], ['vision'], ['dental', 'vision'], []] as const;
const COVERAGES: Readonly<Record<string, Row>> = {
  auto: { liability: 10_000_000, collision: 2_500_000, comprehensive: 2_500_000, towing: 15_000 },
  home: { dwelling: 35_000_000, contents: 12_000_000, liability: 30_000_000, water: 1_000_000 },
  business: { liability: 100_000_000, property: 25_000_000 },
};
const LINES = ['auto', 'home', 'business'] as const;

/** The same numbers below `below` for the same seed (mulberry32). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/** The n-th of a kind: two letters and six digits. */
function numbered(prefix: string, at: number): string {
  return `${prefix}${100_001 + at}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

export function clientRow(at: number): Row {
  const pick = numbersFrom(at + 1);
  const first_name = FIRST_NAMES[at % FIRST_NAMES.length]!;
  // All pairs of names are different.
  const last_name = LAST_NAMES[(at + Math.floor(at / FIRST_NAMES.length) * 7) % LAST_NAMES.length]!;
  const home = HOMES[at % HOMES.length]!;
  return {
    id: numbered('CT', at),
    first_name,
    last_name,
    born: `${1944 + pick(60)}-${two(1 + pick(12))}-${two(1 + pick(28))}`,
    phone: `${home.areaCode}5550${String(100 + at)}`,
    email: `${first_name}.${last_name}.${at + 1}@example.com`.toLowerCase(),
    state: home.state,
    zip: home.zip,
    plan: PLANS[at % PLANS.length]!,
    coverage_gaps: [...GAPS[at % GAPS.length]!],
    broker_id: BROKERS.find(({ states }) => (states as readonly string[]).includes(home.state))!.id,
  };
}

export function policyRow(at: number): Row {
  const line = LINES[at % LINES.length]!;
  const pick = numbersFrom(at + 1001);
  return {
    id: numbered('PN', at),
    client_id: numbered('CT', at),
    line,
    // One in twelve has not been paid.
    status: at % 12 === 11 ? 'lapsed' : 'active',
    effective: '2026-01-01',
    expires: '2028-12-31',
    yearly_cents: 60_000 + pick(2000) * 100,
    coverages: COVERAGES[line]!,
    deductible_cents: 25_000 + pick(4) * 25_000,
  };
}

/** Fills an empty database, always with the same. Does nothing where somebody is there already. */
export async function seedOffice(tx: Tx): Promise<boolean> {
  // Two who seed at once: the second one finds all of it there.
  await tx.query('LOCK TABLE clients IN EXCLUSIVE MODE');
  if ((await tx.query('SELECT FROM clients LIMIT 1')).length > 0) return false;
  await seedBrokers(tx);
  await seedPrices(tx);
  for (let at = 0; at < CLIENTS; at += 1) {
    await tx.insert('clients', clientRow(at));
    await tx.insert('policies', policyRow(at));
  }
  for (const [line, fields] of Object.entries(CLAIM_FIELDS))
    for (const field of fields) await tx.insert('claim_fields', { line, field });
  await seedWork(tx);
  return true;
}

async function seedBrokers(tx: Tx): Promise<void> {
  for (const [at, broker] of BROKERS.entries()) {
    const email = `${broker.name}@example.com`.toLowerCase().replace(' ', '.');
    await tx.insert('brokers', { ...broker, states: [...broker.states], lines: [...broker.lines], email });
    const pick = numbersFrom(at + 501);
    for (let weekday = 1; weekday <= 5; weekday += 1) {
      await tx.insert('broker_hours', { broker_id: broker.id, weekday, opens: '09:00', closes: '17:00' });
      const busy = new Set(['12:00', '12:30']);
      while (busy.size < 6)
        busy.add(`${String(9 + pick(8)).padStart(2, '0')}:${pick(2) === 0 ? '00' : '30'}`);
      for (const time of busy) await tx.insert('broker_busy', { broker_id: broker.id, weekday, time });
    }
  }
}

async function seedPrices(tx: Tx): Promise<void> {
  for (const { monthly_cents, ...product } of PRODUCTS) {
    await tx.insert('products', product);
    for (const state of ['*', ...Object.keys(STATE_FACTORS)]) {
      for (const { from: age_from, to: age_to, factor } of AGE_FACTORS) {
        const perMille = (STATE_FACTORS[state] ?? 1000) * factor;
        const cents = Math.round((monthly_cents * perMille) / 1_000_000);
        await tx.insert('product_prices', {
          product_id: product.id,
          state,
          age_from,
          age_to,
          monthly_cents: cents,
        });
      }
    }
  }
  for (const [industry, base_cents, cents_per_thousand_revenue, cents_per_employee] of BUSINESS_RATES) {
    const limits = { most_revenue_dollars: 5_000_000, most_claims: 2 };
    await tx.insert('business_rates', {
      industry,
      base_cents,
      cents_per_thousand_revenue,
      cents_per_employee,
      ...limits,
    });
  }
  for (const term_years of [10, 20, 30]) {
    for (let age_from = 20; age_from < 70; age_from += 5) {
      for (const smoker of [false, true]) {
        // Dearer with age, the longer the more; a smoker pays two and a half times as much.
        const young = 6 * 1.42 ** ((age_from - 20) / 5) * (1 + (term_years - 10) / 25);
        const cents_per_thousand = (young * (smoker ? 2.5 : 1)).toFixed(3);
        await tx.insert('life_rates', {
          term_years,
          age_from,
          age_to: age_from + 4,
          smoker,
          cents_per_thousand,
        });
      }
    }
  }
}

/** What the office had to do already. */
async function seedWork(tx: Tx): Promise<void> {
  for (let at = 0; at < 12; at += 1) {
    const policy = policyRow(at * 3);
    await tx.insert('claims', {
      id: numbered('CL', at),
      policy_number: policy.id,
      line: policy.line,
      cause: 'collision',
      loss_date: '2026-08-14',
      description: 'Rear-ended at a traffic light.',
      fields: { location: 'Main Street', drivable: true },
      missing: ['injuries', 'other_party', 'police_report'],
      adjuster: 'Tom Okafor',
    });
    const home = HOMES[at % HOMES.length]!;
    await tx.insert('leads', {
      id: numbered('LD', at),
      line: (['commercial', 'life', 'dental'] as const)[at % 3],
      name: `${FIRST_NAMES[(at * 7) % 20]} ${LAST_NAMES[(at * 3 + 5) % 20]}`,
      company:
        at % 3 === 0
          ? `${LAST_NAMES[(at * 3 + 5) % 20]} ${['Bakery', 'Builders', 'Freight', 'Dental Care'][(at / 3) % 4]}`
          : undefined,
      industry: at % 3 === 0 ? ['restaurant', 'construction', 'trucking', 'office'][(at / 3) % 4] : undefined,
      phone: `${home.areaCode}5550${170 + at}`,
      state: home.state,
    });
  }
  await tx.insert('applications', {
    id: 'UW100001',
    line: 'business',
    phone: '6175550170',
    name: 'Lambert Bakery',
    answers: { industry: 'restaurant', employees: 12 },
    revision: 2,
  });
}
