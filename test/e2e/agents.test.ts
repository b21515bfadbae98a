import t from 'tap';
import { withAudioStage } from '../../simulate/audio/audio_stage.ts';
import { type AudioOrder, type JudgedCall, runAudioCalls } from '../../simulate/audio/run_audio_calls.ts';
import type { Persona } from '../../simulate/persona/schema.ts';
import { readPersonas } from '../../simulate/read.ts';
import { isFaulty, transcript } from '../../simulate/report/table.ts';
import { CallStage, WORKFLOWS } from '../../simulate/text/stage.ts';
import { configSchema } from '../../src/config/schema.ts';
import { missingNeeds, runtimeNeeds } from '../../src/supervisor/system_packages.ts';

t.setTimeout(600_000);

const cooperative = personaOf('cooperative');
const orders = {
  claims: { workflow: 'claims_intake', seed: 2, persona: cooperative },
  life: { workflow: 'life_insurance', seed: 11, persona: cooperative },
  piano: { workflow: 'piano_removal', seed: 35, persona: cooperative },
  crossSell: { workflow: 'cross_sell', seed: 1, persona: cooperative },
  survey: { workflow: 'policy_service', seed: 29, persona: cooperative },
  keyedSurvey: { workflow: 'policy_service', seed: 9, persona: personaOf('keys_in') },
  restaurant: { workflow: 'prospecting_restaurants', seed: 1, persona: cooperative },
  office: { workflow: 'prospecting_offices', seed: 9, persona: cooperative },
  callback: { workflow: 'prospecting_callback', seed: 4, persona: cooperative },
  /** Wants to apply at once, and hangs up amid the application. */
  handedOn: {
    workflow: 'prospecting_contractors',
    seed: 13,
    persona: { ...cooperative, aim: 'hangUp', aimFromTurn: 15 },
  },
  /** A whole application takes minutes. */
  application: {
    workflow: 'underwriting',
    seed: 3,
    persona: { ...cooperative, aim: 'person', aimFromTurn: 14 },
  },
} as const satisfies Readonly<Record<string, AudioOrder>>;
type Name = keyof typeof orders;

const missing = await missingNeeds(runtimeNeeds(configSchema.parse({})), AbortSignal.timeout(10_000));
const skip = missing.length === 0 ? false : `${missing.map(({ name }) => name).join(', ')} not there`;

t.test('every agent of workflows/ is called by telephone', { skip }, async t => {
  const calls = await holdAll();

  await t.test('each call ends as the caller wanted, with every slot right and every rule kept', async t => {
    for (const [name, { verdict }] of calls) {
      const { completed, slots, violations, conversation } = verdict;
      t.ok(completed, `${name}: ${conversation.outcome}\n${completed ? '' : transcript(verdict)}`);
      t.same(slots.wrong, [], name);
      t.same(violations, [], name);
    }
  });

  await t.test('what a call is to leave behind was done, and stands in the back office', async t => {
    const done = (name: Name): readonly string[] =>
      calls.get(name)!.record.toolRuns.flatMap(({ tool, outcome }) => (outcome === 'done' ? tool : []));
    t.match(done('restaurant'), ['keep_lead', 'check_broker_availability', 'schedule_appointment']);
    t.match(done('crossSell').at(0), 'get_client');
    t.ok(done('crossSell').includes('schedule_appointment'));
    t.ok(done('survey').includes('issue_certificate'));
    t.equal(calls.get('restaurant')!.verdict.conversation.outcome, 'booked');
    t.equal(calls.get('claims')!.verdict.conversation.outcome, 'reported');
    for (const { record } of calls.values())
      t.same(
        record.toolRuns.filter(({ outcome }) => outcome !== 'done'),
        [],
      );
  });

  await t.test('a prospect who applies at once is handed on, and is asked for nothing again', async t => {
    const { verdict, record } = calls.get('handedOn')!;
    const { truths, turns } = verdict.conversation;
    t.same(record.handOffs, [{ from: 'prospecting_contractors', to: 'underwriting' }]);
    const kept = {
      business_name: truths.company_name,
      full_name: truths.contact_name,
      callback_phone: truths.callback_phone,
      email: truths.email,
      state: truths.state,
      employees: truths.employees,
      insured_now: truths.insured_now,
    };
    t.match(record.slots, kept);
    const from = turns.findIndex(({ text }) => text.includes('I do not ask again'));
    const asked = turns.slice(from).flatMap(({ by, text }) => (by === 'agent' ? text : []));
    t.ok(from > 0 && asked.length >= 3, `${asked.length} turns of the application`);
    t.notMatch(asked.join(' '), /business called\?|your name\?|e-mail address|which state|phone number/i);
    t.ok(record.slots.industry, 'the application goes on');
  });

  await t.test('a survey at the end is answered by voice, and on the keypad', async t => {
    for (const name of ['survey', 'keyedSurvey'] as const) {
      const { verdict, record } = calls.get(name)!;
      const { truths, turns } = verdict.conversation;
      t.equal(record.slots.rating, truths.rating, name);
      const answer = turns[turns.findIndex(({ text }) => /one to five/.test(text)) + 1];
      if (name === 'survey') t.ok(answer?.heard, 'was said');
      else t.equal(answer?.text, `keys ${truths.rating}`);
    }
  });
});

function personaOf(name: string): Persona {
  return readPersonas().find(one => one.name === name)!;
}

/** Who had to say so much again that the application had not begun when they hung up. */
function wasTooShort(held: ReadonlyMap<Name, JudgedCall>, name: Name): boolean {
  return name === 'handedOn' && held.get(name)?.record.slots.industry === undefined;
}

/** All at once; on a machine that had no time for one of them, that caller calls again. */
async function holdAll(): Promise<ReadonlyMap<Name, JudgedCall>> {
  await using stage = await CallStage.open();
  return withAudioStage(stage, WORKFLOWS, async audio => {
    const names = Object.keys(orders) as Name[];
    const first = await runAudioCalls(audio, stage, Object.values(orders), names.length);
    const held = new Map(names.map((name, at) => [name, first[at]!] as const));
    const again = names.filter(name => isFaulty(held.get(name)!.verdict) || wasTooShort(held, name));
    if (again.length === 0) return held;
    t.comment(again.map(name => transcript(held.get(name)!.verdict)).join('\n\n'));
    await audio.office.reset();
    const second = await runAudioCalls(
      audio,
      stage,
      again.map(name => orders[name]),
      3,
    );
    for (const [at, name] of again.entries()) held.set(name, second[at]!);
    return held;
  });
}
