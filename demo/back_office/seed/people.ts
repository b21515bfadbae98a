/** Everybody is invented; numbers are of the range that is kept for fiction (555-0100 to 555-0199), addresses of example.com. */
export const FIRST_NAMES =
  'Maria James Aisha Robert Linda Wei Carlos Nora Samuel Grace Omar Julia Peter Hannah David Elena Victor Ruth Daniel Priya'.split(
    ' ',
  );
export const LAST_NAMES =
  'Delgado Whitman Rahman Castle Novak Chen Ortega Sullivan Brooks Lambert Haddad Keller Marsh Lindgren Foster Petrova Reyes Abrams Nolan Mehta'.split(
    ' ',
  );

interface Home {
  readonly state: string;
  readonly zip: string;
  readonly areaCode: string;
}

export const HOMES: readonly Home[] = [
  { state: 'MA', zip: '01970', areaCode: '617' },
  { state: 'NH', zip: '03101', areaCode: '603' },
  { state: 'NY', zip: '12207', areaCode: '518' },
  { state: 'PA', zip: '17101', areaCode: '717' },
  { state: 'FL', zip: '32301', areaCode: '850' },
  { state: 'TX', zip: '73301', areaCode: '512' },
  { state: 'IL', zip: '62701', areaCode: '217' },
  { state: 'CA', zip: '95814', areaCode: '916' },
  { state: 'WA', zip: '98501', areaCode: '360' },
  { state: 'GA', zip: '30303', areaCode: '404' },
];

export const BROKERS = [
  {
    id: 'BR100001',
    name: 'Helen Ward',
    time_zone: 'America/New_York',
    states: ['MA', 'NH', 'NY'],
    lines: ['dental', 'vision', 'auto', 'home', 'piano'],
  },
  {
    id: 'BR100002',
    name: 'Marcus Bell',
    time_zone: 'America/New_York',
    states: ['PA', 'FL', 'GA'],
    lines: ['dental', 'vision', 'auto', 'home'],
  },
  {
    id: 'BR100003',
    name: 'Ingrid Solberg',
    time_zone: 'America/Chicago',
    states: ['TX', 'IL'],
    lines: ['dental', 'vision', 'auto', 'home'],
  },
  {
    id: 'BR100004',
    name: 'Andre Fontaine',
    time_zone: 'America/Los_Angeles',
    states: ['CA', 'WA'],
    lines: ['dental', 'vision', 'auto', 'home'],
  },
  {
    id: 'BR100005',
    name: 'Rosa Quintero',
    time_zone: 'America/New_York',
    states: HOMES.map(({ state }) => state),
    lines: ['business', 'commercial'],
  },
  {
    id: 'BR100006',
    name: 'Ken Yamada',
    time_zone: 'America/New_York',
    states: HOMES.map(({ state }) => state),
    lines: ['life'],
  },
] as const;

export const PRODUCTS = [
  {
    id: 'dental_basic',
    name: 'Dental Basic',
    line: 'dental',
    deductible_cents: 5000,
    yearly_most_cents: 100_000,
    waiting_months: 6,
    monthly_cents: 2400,
  },
  {
    id: 'dental_plus',
    name: 'Dental Plus',
    line: 'dental',
    deductible_cents: 2500,
    yearly_most_cents: 200_000,
    waiting_months: 3,
    monthly_cents: 3900,
  },
  {
    id: 'vision',
    name: 'Vision',
    line: 'vision',
    deductible_cents: 1000,
    yearly_most_cents: 30_000,
    waiting_months: 0,
    monthly_cents: 1200,
  },
] as const;

/** Per mille of the price of all states, where a state has one of its own. */
export const STATE_FACTORS: Readonly<Record<string, number>> = {
  CA: 1150,
  NY: 1200,
  MA: 1100,
  FL: 950,
  TX: 900,
};
/** Per mille, by age. */
export const AGE_FACTORS = [
  { from: 0, to: 17, factor: 700 },
  { from: 18, to: 39, factor: 1000 },
  { from: 40, to: 64, factor: 1150 },
  { from: 65, to: 120, factor: 1400 },
] as const;

export const BUSINESS_RATES = [
  ['other', 60_000, 260, 4000],
  ['restaurant', 85_000, 420, 6500],
  ['construction', 120_000, 780, 14_000],
  ['retail', 55_000, 240, 3500],
  ['office', 42_000, 150, 1800],
  ['trucking', 160_000, 950, 18_000],
] as const;

export const CLAIM_FIELDS: Readonly<Record<string, readonly string[]>> = {
  auto: ['location', 'drivable', 'injuries', 'police_report', 'other_party'],
  home: ['location', 'habitable', 'injuries', 'ongoing'],
  business: ['location', 'injuries', 'operations_stopped', 'estimate_cents'],
};
