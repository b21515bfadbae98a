import t from 'tap';
import { callFlow } from '../../../src/workflow/call_flow.ts';
import { loadFlows } from '../../../src/workflow/load.ts';
import { AgentCall, type Tools } from './agent_call.ts';

const BORN = 'January the fifteenth, nineteen eighty one';
const NUMBER = 'p n one zero zero zero zero one';

const tools: Tools = {
  find_policy: ({ policy_number, born }) =>
    policy_number === 'PN100001' && born === '1981-01-15'
      ? {
          policy_line: 'auto',
          policy_status: 'active',
          first_name: 'Maria',
          email_on_file: 'maria.delgado.1@example.com',
          phone_on_file: '6175550100',
          deductible_cents: 50_000,
        }
      : 'failed',
  get_coverage: ({ what }) =>
    what === 'water'
      ? { is_covered: false, limit_cents: 0, deductible_cents: 50_000 }
      : { is_covered: true, limit_cents: 2_500_000, deductible_cents: 50_000 },
  request_change: () => ({ change_id: 'CH200001' }),
  endorse_change: () => ({ endorsement: 'EH200001' }),
  withdraw_change: () => ({}),
  issue_certificate: () => ({ certificate_id: 'CE200001' }),
  send_sms: () => ({}),
  send_email: () => ({}),
  withdraw_message: () => ({}),
  create_task: () => ({}),
};

/** Up to what the call is about. */
async function known(more: Tools = {}): Promise<AgentCall> {
  const call = await AgentCall.begin('policy_service', { ...tools, ...more });
  call.say('yes', NUMBER, BORN, 'yes');
  return call;
}

function argsOf(call: AgentCall, name: string): unknown {
  return call.used.findLast(({ tool }) => tool === name)?.args;
}

t.test(
  'a change is endorsed, told in a text message and by e-mail, summed up, and rated by keys and voice',
  async t => {
    const call = await AgentCall.begin('policy_service', tools);
    t.same(call.said, [
      'This is Robin, the automated assistant of Harmony Insurance for your policy.',
      'This call may be recorded for quality. May I record it?',
    ]);
    t.same(call.say('yes'), ['Thank you, this call is recorded.', 'What is your policy number?']);
    t.same(call.say(NUMBER), ['And your date of birth, please?']);
    t.same(call.say(BORN), [
      'I have policy P, N, one zero zero, zero zero one, and you were born on January the fifteenth, nineteen eighty one.',
      'Is that right?',
    ]);
    t.same(call.say('yes').slice(1), [
      'Let me find your policy.',
      'Thank you, Maria. I have your policy for your car.',
      'What can I do for you today?',
    ]);
    t.same(call.say('I have to make a change'), ['All right, a change.', 'What should be changed?']);
    t.same(call.say('the address'), ['From which day on should it hold?']);
    t.same(call.say('December the first'), [
      'It is about the address, from Tuesday, December the first.',
      'Is that right?',
    ]);
    t.same(call.say('yes').slice(1), ['Please tell me the change in a sentence.']);
    t.same(call.say('we moved to twelve Oak Street in Salem'), [
      'Thank you, I have written that down.',
      'I am entering it.',
      'Your change is entered as endorsement E, H, two zero zero, zero zero one.',
      'Shall I send it to the e-mail address on file?',
    ]);
    call.say('yes');
    t.same(call.say('yes').slice(1), [
      'To sum up: your policy is changed from Tuesday, December the first, by endorsement E, H, two zero zero, zero zero one.',
      'You get a text message, and the document by e-mail.',
      'Is there anything else?',
    ]);
    t.same(call.say('no thank you'), [
      'All right.',
      'I have two short questions about this call.',
      'Did we settle what you called about?',
    ]);
    t.same(call.say('yes you did'), ['And from one to five, how easy was it?']);
    t.same(call.keys('4'), ['Thank you.', 'Thank you for calling Harmony Insurance. Goodbye.']);
    t.equal(call.outcome, 'resolved');
    t.same([call.value('solved'), call.value('rating')], [true, 4]);
    t.same(call.tools, ['find_policy', 'request_change', 'endorse_change', 'send_sms', 'send_email']);
    t.same(argsOf(call, 'request_change'), {
      policy_number: 'PN100001',
      kind: 'address',
      detail: 'we moved to twelve Oak Street in Salem',
      effective: '2026-12-01',
    });
    t.match(argsOf(call, 'send_sms'), { recipient: '6175550100', about: 'PN100001' });
    t.match(argsOf(call, 'send_email'), {
      recipient: 'maria.delgado.1@example.com',
      subject: 'Endorsement EH200001',
    });
  },
);

t.test('a question is answered by what the policy says, and by no promise', async t => {
  const call = await known();
  call.say('I have a coverage question');
  t.same(call.say('collision'), [
    'Collision damage, I am looking.',
    'Your policy includes collision damage, up to twenty five thousand dollars.',
    'The deductible is five hundred dollars.',
    'Whether a certain loss is paid, an adjuster decides.',
    'Shall I send you that in writing?',
  ]);
  call.say('no need');
  t.equal(call.said.at(-1), 'Is there anything else?');
  const other = await known();
  t.match(other.say('a coverage question', 'water damage'), [
    /looking/,
    'I do not see water damage in your policy.',
    /colleague/,
    'Shall I send you that in writing?',
  ]);
  other.say('yes please');
  t.same(other.tools.slice(-2), ['send_sms', 'send_email']);
});

t.test('a certificate goes to an address that is told, and what is wrong is put right', async t => {
  const call = await known();
  t.same(call.say('a certificate please'), [
    'All right, a certificate.',
    'Who wants to see the certificate?',
  ]);
  call.say('Salem Builders', 'no', 'mary dot jones at gmail dot com');
  t.same(call.said, [
    'The certificate for Salem Builders goes to mary dot jones at gmail dot com.',
    'Is that right?',
  ]);
  call.say("no, it's mary dot smith at gmail dot com");
  t.match(call.said.join(' '), /Salem Builders goes to mary dot smith at gmail dot com\. Is that right\?/);
  t.match(
    call.say('yes').join(' '),
    /To sum up: certificate C, E, two zero zero, zero zero one for Salem Builders\./,
  );
  t.match(argsOf(call, 'issue_certificate'), { policy_number: 'PN100001', holder: 'Salem Builders' });
  t.match(argsOf(call, 'send_email'), { recipient: 'mary.smith@gmail.com', subject: 'Certificate CE200001' });
});

t.test('an objection is heard, and then the question comes again', async t => {
  const call = await known();
  const first = call.say('my premium went up again');
  const second = call.say('why is my rate so much higher now');
  t.match(first[0], /I understand, that is unpleasant/);
  t.match(second[0], /I hear you/);
  t.same([first.at(-1), second.at(-1)], ['What can I do for you today?', 'What can I do for you today?']);
});

t.test('a change that can not be endorsed is taken back, and a person is told', async t => {
  const call = await known({ endorse_change: () => 'failed' });
  call.say('a change', 'a driver', 'tomorrow', 'yes', 'please put my daughter on it');
  t.same(call.tools.slice(-4), ['request_change', 'endorse_change', 'withdraw_change', 'create_task']);
  t.equal(call.outcome, 'callback');
  const unknown = await known({ request_change: () => 'unknown' });
  unknown.say('a change', 'a driver', 'tomorrow', 'yes', 'please put my daughter on it');
  t.equal(unknown.outcome, 'to_be_confirmed');
});

t.test('what was endorsed stays so when the message can not be sent', async t => {
  const call = await known({ send_email: () => 'failed' });
  call.say('a change', 'a driver', 'tomorrow', 'yes', 'please put my daughter on it', 'yes', 'yes');
  t.same(call.tools.slice(-4), ['send_sms', 'send_email', 'withdraw_message', 'create_task']);
  t.match(call.said.join(' '), /a colleague will send it to you\. Is there anything else\?/);
  t.notOk(call.tools.includes('withdraw_change'));
});

t.test(
  'a cancellation, and who wants a person, go to a person; so does a policy that has lapsed',
  async t => {
    const cancelled = await known();
    cancelled.say('a change', 'I want to cancel it', 'yes');
    t.match([cancelled.outcome, cancelled.tools.at(-1)], ['callback', 'create_task']);
    const person = await known();
    person.say('let me talk to a real person');
    t.match([person.outcome, argsOf(person, 'create_task')], ['callback', { about: 'PN100001' }]);
    const lapsed = await known({ find_policy: () => ({ policy_status: 'lapsed', policy_line: 'auto' }) });
    t.match(lapsed.said.join(' '), /not active at the moment/);
    t.equal(lapsed.outcome, 'callback');
  },
);

t.test('nothing is told to those who do not know the date of birth', async t => {
  const call = await AgentCall.begin('policy_service', tools);
  call.say('yes', NUMBER, 'March the third, nineteen eighty', 'yes');
  t.equal(call.outcome, 'not_identified');
  t.notMatch(call.said.join(' '), /Maria|car/);
});

t.test('another matter is written down for a colleague', async t => {
  const call = await known();
  call.say('something else', 'I would like to pay by the quarter', 'no not yet', 'three');
  t.equal(call.outcome, 'passed_on');
  t.match(argsOf(call, 'create_task'), { note: 'I would like to pay by the quarter', about: 'PN100001' });
});

t.test('who wants no more calls, and who is cut off', async t => {
  const call = await known();
  call.say('please stop calling me');
  t.equal(call.outcome, 'removed');
  const broken = await known();
  broken.say('a change', 'the address');
  const again = await AgentCall.begin('policy_service', tools, {
    earlier: { state: broken.state, minutesAgo: 3 },
  });
  t.same(again.say('yes').slice(-2), [
    'We were cut off, and had got to your change.',
    'Shall we go on from there?',
  ]);
  t.same(again.say('yes'), ['First something that only you know.', 'What is your date of birth?']);
  t.equal(again.value('policy_number'), undefined, 'a telephone number is no proof');
  t.match(again.say(BORN).at(-1), /From which day on/);
  t.same([again.value('policy_number'), again.value('change_kind')], ['PN100001', 'address']);
});

t.test('a claim goes on with the agent for claims, who knows the policy', async t => {
  const flows = await loadFlows('workflows');
  const call = await known();
  const flow = callFlow(flows, 'policy_service', { onFault: () => undefined });
  const step = flow.next(
    call.state,
    { type: 'speech', text: 'I have to report a claim', confidence: 1, alternatives: [] },
    { todayIso: '2026-11-23' },
  );
  t.match(step.say.join(' '), /I take your report right away\./);
  t.equal(step.say.at(-1), 'First of all, is everybody safe?');
  t.same(
    ['policy_number', 'date_of_birth'].map(slot => step.state.slots[slot]?.value),
    ['PN100001', '1981-01-15'],
  );
});
