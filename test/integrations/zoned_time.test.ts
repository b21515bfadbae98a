import t from 'tap';
import { integrationsSchema } from '../../src/config/integrations.ts';
import { instantOf, startOf, utc, zonedTime } from '../../src/integrations/zoned_time.ts';

const BOSTON = 'America/New_York';

t.test('what clocks show, there and back', async t => {
  for (const zone of [
    BOSTON,
    'America/Los_Angeles',
    'UTC',
    'Asia/Kolkata',
    'Australia/Lord_Howe',
    'Pacific/Kiritimati',
  ]) {
    for (
      let atMs = Date.parse('2027-01-01T00:30:00Z');
      atMs < Date.parse('2027-12-31');
      atMs += 37 * 3_600_000
    ) {
      const shown = zonedTime(atMs, zone);
      const again = instantOf(shown, zone);
      t.same(zonedTime(again, zone), shown);
      t.ok(
        again === atMs || again === atMs - 3_600_000 || again === atMs - 1_800_000,
        `${zone} ${utc(atMs)}`,
      );
    }
  }
  t.equal(
    utc(instantOf({ date: '2027-03-14', time: '02:30' }, BOSTON)),
    '2027-03-14T07:30:00Z',
    'a time that never is',
  );
  t.equal(
    utc(instantOf({ date: '2027-11-07', time: '01:30' }, BOSTON)),
    '2027-11-07T05:30:00Z',
    'the first of two',
  );
});

t.test('starts are instants or what clocks show, and nothing else', async t => {
  t.equal(startOf('2027-03-02T09:00', BOSTON), Date.parse('2027-03-02T14:00:00Z'));
  t.equal(startOf('2027-03-02T09:00:00', BOSTON), Date.parse('2027-03-02T14:00:00Z'));
  t.equal(startOf('2027-03-02T09:00:00Z', BOSTON), Date.parse('2027-03-02T09:00:00Z'));
  t.equal(startOf('2027-03-02T09:00-08:00', BOSTON), Date.parse('2027-03-02T17:00:00Z'));
  for (const text of [
    '',
    'tomorrow',
    '2027-03-02',
    '2027-13-02T09:00',
    '2027-02-30T09:00',
    '2027-02-30T09:00:00Z',
    '2027-03-02T24:00',
    '2027-03-02T09:00 ',
  ])
    t.equal(startOf(text, BOSTON), undefined, text);
});

t.test('what is configured wrongly is told', async t => {
  const faultOf = (config: object) => integrationsSchema.safeParse(config).error?.issues[0]?.message;
  const google = (more: object) => ({ google_calendar: { default: { calendar: 'a', ...more } } });
  t.equal(faultOf(google({})), undefined);
  t.match(faultOf(google({ url: 'http://calendar.example' })), /an https address/);
  t.match(faultOf(google({ url: 'http://127.0.0.1.evil.example' })), /an https address/);
  t.match(faultOf(google({ url: 'https://me:word@calendar.example' })), /without a key/);
  t.match(faultOf(google({ timeZone: 'Mars/Olympus' })), /a time zone/);
  t.match(faultOf(google({ keyEnv: 'TRUNKLINE_KEY' })), /not a name of the configuration/);
  t.match(faultOf({ calendly: { default: { eventTypes: {} } } }), /default is needed/);
  t.match(
    faultOf({ salesforce: { default: { url: 'https://a.example', clientId: 'b', grant: 'jwt' } } }),
    /jwt needs a username/,
  );
  t.match(faultOf({ hubspot: {} }), /hubspot/);
});
