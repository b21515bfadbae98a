-- Up Migration

-- A small insurance agency and a piano mover: what a back office of theirs would keep. Everybody in it is invented.
-- Ids are two letters and six digits, so that they can be said, spelled and keyed in on the telephone.

CREATE SEQUENCE ids START 200001;
CREATE FUNCTION next_id(prefix text) RETURNS text LANGUAGE sql VOLATILE
  AS $$ SELECT prefix || nextval('back_office.ids') $$;

CREATE TABLE clients (
  id text PRIMARY KEY DEFAULT back_office.next_id('CT'),
  first_name text NOT NULL,
  last_name text NOT NULL,
  born date NOT NULL,
  phone text NOT NULL,
  email text NOT NULL,
  state text NOT NULL,
  zip text NOT NULL,
  plan text NOT NULL,
  coverage_gaps text[] NOT NULL,
  broker_id text NOT NULL
);
CREATE INDEX clients_by_phone ON clients (phone);

CREATE TABLE products (
  id text PRIMARY KEY,
  name text NOT NULL,
  line text NOT NULL,
  deductible_cents integer NOT NULL,
  yearly_most_cents integer NOT NULL,
  waiting_months integer NOT NULL
);

-- The price of a state goes before that of all states (state is '*').
CREATE TABLE product_prices (
  product_id text NOT NULL REFERENCES products,
  state text NOT NULL,
  age_from integer NOT NULL,
  age_to integer NOT NULL,
  monthly_cents integer NOT NULL,
  PRIMARY KEY (product_id, state, age_from)
);

CREATE TABLE life_rates (
  term_years integer NOT NULL,
  age_from integer NOT NULL,
  age_to integer NOT NULL,
  smoker boolean NOT NULL,
  -- Per month and 1,000 dollars of cover.
  cents_per_thousand numeric(8, 3) NOT NULL,
  PRIMARY KEY (term_years, age_from, smoker)
);

CREATE TABLE business_rates (
  industry text PRIMARY KEY,
  base_cents integer NOT NULL,
  -- Per year and 1,000 dollars of revenue.
  cents_per_thousand_revenue integer NOT NULL,
  cents_per_employee integer NOT NULL,
  -- A person decides above these.
  most_revenue_dollars bigint NOT NULL,
  most_claims integer NOT NULL
);

CREATE TABLE brokers (
  id text PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL,
  time_zone text NOT NULL,
  states text[] NOT NULL,
  lines text[] NOT NULL
);

CREATE TABLE broker_hours (
  broker_id text NOT NULL REFERENCES brokers,
  -- 0 is Sunday.
  weekday integer NOT NULL CHECK (weekday BETWEEN 0 AND 6),
  opens text NOT NULL,
  closes text NOT NULL,
  PRIMARY KEY (broker_id, weekday)
);

-- Every week again.
CREATE TABLE broker_busy (
  broker_id text NOT NULL REFERENCES brokers,
  weekday integer NOT NULL,
  time text NOT NULL,
  PRIMARY KEY (broker_id, weekday, time)
);

CREATE TABLE calendar_events (
  id text PRIMARY KEY DEFAULT back_office.next_id('EV'),
  broker_id text NOT NULL REFERENCES brokers,
  date date NOT NULL,
  time text NOT NULL,
  title text NOT NULL,
  "with" text NOT NULL,
  status text NOT NULL DEFAULT 'booked' CHECK (status IN ('booked', 'cancelled')),
  at timestamptz NOT NULL DEFAULT now()
);
-- Nobody is in two places at once.
CREATE UNIQUE INDEX one_at_a_time ON calendar_events (broker_id, date, time) WHERE status = 'booked';

CREATE TABLE appointments (
  id text PRIMARY KEY DEFAULT back_office.next_id('AP'),
  broker_id text NOT NULL REFERENCES brokers,
  date date NOT NULL,
  time text NOT NULL,
  subject text NOT NULL,
  "with" text NOT NULL,
  status text NOT NULL DEFAULT 'booked' CHECK (status IN ('booked', 'cancelled')),
  at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX one_appointment ON appointments ("with", broker_id, date, time) WHERE status = 'booked';

CREATE TABLE tasks (
  id text PRIMARY KEY DEFAULT back_office.next_id('TK'),
  subject text NOT NULL,
  about text NOT NULL,
  owner text NOT NULL,
  due date,
  note text NOT NULL DEFAULT '',
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'cancelled')),
  at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE notes (
  id text PRIMARY KEY DEFAULT back_office.next_id('NT'),
  about text NOT NULL,
  text text NOT NULL,
  status text NOT NULL DEFAULT 'kept' CHECK (status IN ('kept', 'withdrawn')),
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX notes_about ON notes (about, at);

CREATE TABLE messages (
  id text PRIMARY KEY DEFAULT back_office.next_id('MS'),
  kind text NOT NULL CHECK (kind IN ('sms', 'email')),
  recipient text NOT NULL,
  subject text NOT NULL DEFAULT '',
  text text NOT NULL,
  about text NOT NULL,
  -- A message that was sent can't be had back: another one says that the first no longer holds.
  withdraws text REFERENCES messages,
  at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE opt_outs (
  phone text PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE leads (
  id text PRIMARY KEY DEFAULT back_office.next_id('LD'),
  line text NOT NULL,
  name text NOT NULL,
  company text,
  industry text,
  phone text NOT NULL,
  email text,
  state text,
  score integer,
  status text NOT NULL DEFAULT 'new',
  note text NOT NULL DEFAULT '',
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX leads_by_phone ON leads (phone);

CREATE TABLE applications (
  id text PRIMARY KEY DEFAULT back_office.next_id('UW'),
  line text NOT NULL,
  phone text NOT NULL,
  name text NOT NULL,
  answers jsonb NOT NULL DEFAULT '{}',
  -- Counts the times that answers were saved.
  revision integer NOT NULL DEFAULT 0,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'submitted', 'referred', 'withdrawn')),
  underwriter text,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX applications_by_phone ON applications (phone);

CREATE TABLE quotes (
  id text PRIMARY KEY DEFAULT back_office.next_id('QT'),
  line text NOT NULL,
  about text NOT NULL,
  monthly_cents integer NOT NULL,
  yearly_cents integer NOT NULL,
  breakdown jsonb NOT NULL,
  valid_until date NOT NULL,
  status text NOT NULL DEFAULT 'offered' CHECK (status IN ('offered', 'withdrawn')),
  at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE policies (
  id text PRIMARY KEY DEFAULT back_office.next_id('PN'),
  client_id text NOT NULL REFERENCES clients,
  line text NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'lapsed', 'pending', 'withdrawn')),
  effective date NOT NULL,
  expires date NOT NULL,
  yearly_cents integer NOT NULL,
  -- By name, in whole cents.
  coverages jsonb NOT NULL,
  deductible_cents integer NOT NULL
);

CREATE TABLE changes (
  id text PRIMARY KEY DEFAULT back_office.next_id('CH'),
  policy_number text NOT NULL REFERENCES policies,
  kind text NOT NULL,
  detail text NOT NULL,
  effective date NOT NULL,
  status text NOT NULL DEFAULT 'requested' CHECK (status IN ('requested', 'endorsed', 'withdrawn')),
  endorsement text,
  at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE certificates (
  id text PRIMARY KEY DEFAULT back_office.next_id('CE'),
  policy_number text NOT NULL REFERENCES policies,
  holder text NOT NULL,
  status text NOT NULL DEFAULT 'issued' CHECK (status IN ('issued', 'withdrawn')),
  at timestamptz NOT NULL DEFAULT now()
);

-- What a claim of that line is to say.
CREATE TABLE claim_fields (
  line text NOT NULL,
  field text NOT NULL,
  PRIMARY KEY (line, field)
);

CREATE TABLE claims (
  id text PRIMARY KEY DEFAULT back_office.next_id('CL'),
  policy_number text NOT NULL REFERENCES policies,
  line text NOT NULL,
  cause text NOT NULL,
  loss_date date NOT NULL,
  description text NOT NULL,
  fields jsonb NOT NULL,
  -- Of what the line wants, what nobody has told yet.
  missing text[] NOT NULL,
  adjuster text NOT NULL,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed', 'withdrawn')),
  at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE bookings (
  id text PRIMARY KEY DEFAULT back_office.next_id('BK'),
  piano text NOT NULL,
  origin text NOT NULL,
  destination text NOT NULL,
  date date NOT NULL,
  price_cents integer NOT NULL,
  phone text NOT NULL,
  status text NOT NULL DEFAULT 'booked' CHECK (status IN ('booked', 'cancelled')),
  at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE hook_messages (
  id text PRIMARY KEY,
  type text NOT NULL,
  data jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

-- What came of each request that carried a key, in the same transaction as what it did.
CREATE TABLE idempotency (
  key text PRIMARY KEY,
  fingerprint text NOT NULL,
  status integer NOT NULL,
  answer jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
