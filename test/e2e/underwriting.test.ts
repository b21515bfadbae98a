import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { SeededRandom } from '../../bench/caller/random.ts';
import { BRIDGING_WORDS } from '../../src/agent/resumption.ts';
import { startTestOffice } from '../demo/office_rig.ts';
import { ROOT } from '../tidy/sources.ts';
import { openGate } from './office_gate.ts';
import { followEvents, SpokenCaller, SpokenWords } from './spoken_call.ts';
import { TestNode } from './test_node.ts';

t.setTimeout(600_000);

/** What the agent asks for, in its order, and what the caller says to it. */
const ANSWERS = [
  ['May I record this call?', 'yes'],
  ['What is the name of your business?', 'blue harbor bakery'],
  ['What is your own first and last name?', 'anna miller'],
  ['What is the best phone number to reach you?', 'six one seven five five five zero one four two'],
  ['What kind of business is it?', 'a bakery'],
  ['or are you a sole proprietor?', 'an l l c'],
  ['In which state is it?', 'massachusetts'],
  ['What is the zip code there?', 'zero two one three nine'],
  ['In which year did the business start?', 'two thousand twelve'],
  ['How many years have you worked in this trade?', 'ten years'],
  ['How many people work there, full time?', 'seven'],
  ['How many people work there part time?', 'two'],
  ['does the business take in in a year?', 'four hundred thousand dollars'],
  ['how many dollars of that go into payroll?', 'one hundred thousand dollars'],
  ['Is that right?', 'yes'],
] as const;
const SLOTS = {
  business_name: 'Blue Harbor Bakery',
  full_name: 'Anna Miller',
  callback_phone: '6175550142',
  industry: 'restaurant',
  entity: 'llc',
  state: 'MA',
  zip_code: '02139',
  year_started: 2012,
  owner_years: 10,
  employees: 7,
  part_time: 2,
  revenue_dollars: 400_000,
  payroll_dollars: 100_000,
};
const NEXT_QUESTION = 'Do you own the building, do you rent it, or do you work from home?';

/** The last question of what was said, and its answer. */
function answerTo(said: string): string | undefined {
  return ANSWERS.map(([question, answer]) => ({ answer, at: said.lastIndexOf(question) }))
    .filter(({ at }) => at >= 0)
    .toSorted((one, other) => other.at - one.at)
    .at(0)?.answer;
}

const words = await SpokenWords.start();
const office = await startTestOffice();
const gate = await openGate(office.url);
const folder = mkdtempSync(join(tmpdir(), 'underwriting-'));
cpSync(join(ROOT, 'workflows'), folder, { recursive: true });
for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
  name.endsWith('.yaml'),
))
  writeFileSync(
    join(folder, file),
    readFileSync(join(folder, file), 'utf8')
      .replaceAll('http://127.0.0.1:8090', gate.url)
      .replaceAll('var/demo/back_office.key', join(office.dir, 'var/demo/back_office.key')),
  );
const node = await TestNode.start(
  { processes: 3 },
  {
    livekit: { enabled: false },
    providers: words.config,
    workflows: { dir: folder, default: 'underwriting' },
  },
);
t.teardown(async () => {
  killing.isOver = true;
  await node.discard();
  await gate.close();
  await office.end();
  await words.close();
  rmSync(folder, { recursive: true, force: true });
});
const events = await followEvents(node);
const random = new SeededRandom(7, 'kills');

/** Ends media processes that have a call, of which there are enough that one is left. */
class Killing {
  times = 0;
  isOver = false;
  readonly #down = new Set<string>();

  get #holder(): string {
    const named = node.log('edge').flatMap(line => /"media":"(media-\d+)"/.exec(line)?.[1] ?? []);
    return named.at(-1) ?? '';
  }

  /** How many are not back yet. */
  get down(): number {
    return this.#down.size;
  }

  strike(): void {
    const holder = this.#holder;
    const back = () => node.output.split(`${holder} is back`).length;
    const before = back();
    process.kill(node.rolePids().get(holder)!, 'SIGKILL');
    this.times += 1;
    this.#down.add(holder);
    const follow = async () => {
      while (back() === before && !this.isOver) await sleep(50);
      this.#down.delete(holder);
    };
    void follow();
  }

  async until(down: number): Promise<void> {
    while (this.#down.size > down && !this.isOver) await sleep(50);
  }
}

const killing = new Killing();
const callOf = (from: string) => SpokenCaller.call({ node, words, events, from });
const valuesOf = async (callId: string) =>
  Object.fromEntries((await node.call(callId)).slots.map(({ slot, value }) => [slot, value]));

type Boundary = 'asked' | 'answered';

/** Answers what is asked until it is that. `amid` is told of each end of a turn; where it strikes, nothing is said. */
async function talkUntil(
  t: Test,
  caller: SpokenCaller,
  last: string,
  amid: (at: Boundary) => Promise<boolean> = async () => false,
): Promise<string> {
  for (;;) {
    const said = await caller.hears();
    t.comment(said);
    if (said.includes(last)) return said;
    const answer = answerTo(said);
    if (answer === undefined || (await amid('asked'))) continue;
    await caller.says(answer);
    await amid('answered');
  }
}

/** How often the agent asked for it, but where it had been cut off. */
function timesAsked(caller: SpokenCaller, question: string): number {
  return caller.agentTurns.filter(({ text }) => text.includes(question) && !text.startsWith(BRIDGING_WORDS))
    .length;
}

/** Rows of the office that stand for something done. */
async function officeRows() {
  const rows = await office.rows('SELECT id, phone, name, revision, answers FROM applications ORDER BY at');
  const keys = await office.rows('SELECT key, status FROM idempotency ORDER BY at');
  return { rows, keys };
}

t.test('an application goes on whenever its media process is killed', async t => {
  const seeded = (await officeRows()).rows.length;
  const lost: Record<string, 'requestLost' | 'answerLost'> = {
    '/v1/applications': 'answerLost',
    '/answers': 'requestLost',
  };
  gate.decide(
    async ({ path }) => {
      const end = Object.keys(lost).find(one => path.endsWith(one));
      const fate = end === undefined ? 'through' : lost[end]!;
      delete lost[end ?? ''];
      if (fate !== 'through') await killing.until(1);
      return fate;
    },
    () => killing.strike(),
  );
  const plan: Boundary[] = ['asked', 'answered', 'answered', 'asked', 'answered'];
  let turnsLeft = 1;
  const caller = await callOf('+15557771907');
  await talkUntil(t, caller, NEXT_QUESTION, async at => {
    turnsLeft -= 1;
    if (plan[0] !== at || killing.down > 0 || turnsLeft > 0) return false;
    plan.shift();
    turnsLeft = random.integer(2, 5);
    // Before the turn counts as over, while it is understood, or while it is answered.
    if (at === 'answered') await sleep(random.integer(0, 1200));
    killing.strike();
    return true;
  });
  t.ok(killing.times >= 4, `${killing.times} processes were killed`);
  t.same(lost, {}, 'two of them when a tool was used');

  const call = await node.call(caller.callId);
  t.match(await valuesOf(caller.callId), SLOTS, 'all that was said is known');
  const { rows, keys } = await officeRows();
  t.equal(rows.length, seeded + 1, 'one application');
  t.match(rows.at(-1), { phone: SLOTS.callback_phone, name: SLOTS.business_name, revision: 1 });
  t.match(rows.at(-1)?.answers, {
    industry: 'restaurant',
    revenue_dollars: 400_000,
    payroll_dollars: 100_000,
  });
  const [begun, kept] = ['/v1/applications', '/answers'].map(end =>
    gate.passed.filter(({ path }) => path.endsWith(end)),
  );
  t.ok(begun!.length > 1 && kept!.length > 1, 'each was asked again');
  t.equal(new Set(begun!.map(({ key }) => key)).size, 1, 'with the key of the first');
  t.equal(new Set(kept!.map(({ key }) => key)).size, 1);
  t.equal(keys.length, 2, 'and done once for it');
  for (const question of [
    'What is the name of your business?',
    'In which state is it?',
    'two thousand twelve',
  ])
    t.ok(timesAsked(caller, question) <= 1, question);
  const disclosures = call.turns.filter(({ text }) => text.includes('automated assistant'));
  t.equal(disclosures.length, 1, 'who speaks is said once');
  const consents = events.filter(
    ({ callId, type }) => callId === caller.callId && type === 'consent.recorded',
  );
  t.equal(consents.length, 1, 'and what was agreed to is not asked again');
  await caller.hangUp();
});

t.test('who hangs up in mid-call and calls again goes on, or begins anew', async t => {
  const again = await callOf('+15557771907');
  const asked = await talkUntil(t, again, 'Shall we go on from there?');
  t.match(
    asked,
    /We were cut off, and had got to your premises\. The application is for Blue Harbor Bakery\./,
  );
  await again.says('yes');
  t.equal(await again.hears(), 'First something that only you know. What is the zip code there?');
  await again.says('zero two one three nine');
  t.match(
    await again.hears(),
    /^Good\. .*Do you own the building, do you rent it, or do you work from home\?$/,
  );
  t.match(await valuesOf(again.callId), SLOTS);
  t.equal((await officeRows()).keys.length, 2, 'nothing is done again');
  await again.hangUp();

  const withheld = await callOf('anonymous');
  t.notMatch(await talkUntil(t, withheld, 'What is the name of your business?'), /go on from there/);
  await withheld.hangUp();

  const third = await callOf('+15557771907');
  await talkUntil(t, third, 'Shall we go on from there?');
  await third.says('no');
  t.match(await third.hears(), /Then let us begin again\. .*What is the name of your business\?$/);
  t.same(await valuesOf(third.callId), {});
  await third.hangUp();
});
