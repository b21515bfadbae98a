import t from 'tap';
import { callFlow } from '../../src/workflow/call_flow.ts';
import { DESK, flowsOf, QUOTES, TALKER } from '../workflow/desk_flows.ts';
import { ask, goOn, startChats } from './chat_rig.ts';

const rig = await startChats();
t.teardown(() => rig.end());
const flows = flowsOf([DESK, TALKER, QUOTES]);
for (const name of flows.keys())
  rig.flows[name] = callFlow(flows, name, {
    hasPhone: false,
    onFault: error => {
      throw error;
    },
  });

t.test('a chat goes on in another workflow, on another node too, and the record says so', async t => {
  const { chatId } = await rig.open(t).start('acme', 'desk');
  await ask(rig.open(t), chatId, 'big');
  t.match(await ask(rig.open(t), chatId, 'the second floor'), {
    said: ['I pass you on.', 'Quotes robot here.', 'May I record?'],
    stage: 'welcome',
    done: false,
  });
  const chats = rig.open(t);
  t.match(await ask(chats, chatId, 'no'), { said: ['Not recorded.', 'What town is it in?'], stage: 'ask' });
  t.match(await chats.show('acme', chatId), { workflow: 'quotes', stage: 'ask', open: true });
  const version = flows.get('quotes')?.version;
  t.match(await rig.queries.getCall('acme', chatId), {
    workflow: 'desk',
    handOffs: [{ from: 'desk', to: 'quotes', version, mediaMs: Number }],
    slots: [
      { slot: 'size', value: 'big', sensitive: false },
      { slot: 'floor', value: 2, sensitive: true },
    ],
  });
});

t.test('a model in a chat hands over, and is asked no more', async t => {
  const chats = rig.open(t);
  rig.model.answers.push([{ say: 'Gladly. ' }, goOn('quote')]);
  const { chatId } = await chats.start('acme', 'talker');
  t.match(await ask(chats, chatId, 'a quote please'), {
    said: ['Gladly.', 'One moment.', 'Quotes robot here.', 'May I record?'],
    stage: 'welcome',
  });
  t.match(await ask(chats, chatId, 'yes'), { said: ['Recorded.', 'What size is it?'] });
  t.equal(rig.model.asked().length, 1);
  t.match(await rig.queries.getCall('acme', chatId), { handOffs: [{ from: 'talker', to: 'quotes' }] });
  t.same(rig.faults, []);
});
