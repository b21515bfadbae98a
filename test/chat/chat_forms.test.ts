import { readFileSync } from 'node:fs';
import t from 'tap';
import { flowOf, loadFlow } from '../../src/workflow/load.ts';
import type { ModelScript } from '../providers/servers/model_script.ts';
import { ask, startChats, WORKFLOWS } from './chat_rig.ts';

const rig = await startChats();
const { model, queries, flows } = rig;
t.teardown(() => rig.end());

const { places } = await loadFlow(WORKFLOWS, 'piano_removal');
const yaml = readFileSync(`${WORKFLOWS}/piano_removal.yaml`, 'utf8').replace(
  'name: piano_removal',
  'name: led_removal',
);
flows.led_removal = flowOf(
  yaml.replace('start: welcome', 'start: welcome\nlead: model'),
  'led_removal.yaml',
  places,
);

function note(values: Record<string, unknown>, said: string, asks: string): ModelScript {
  return { call: [{ id: 'call_1', name: 'note', fragments: [JSON.stringify({ values, said, asks })] }] };
}

t.test('forms are led by a model in chats, too: what it noted is kept with the answer', async t => {
  const chats = rig.open(t);
  const { chatId } = await chats.start('acme', 'led_removal');
  model.answers.push([{ say: 'Fine. What type of piano shall we move?' }]);
  t.same(
    (await ask(chats, chatId, 'no')).said.at(-1),
    'What type of piano do you want to move?',
    'a consent is the engine’s',
  );
  model.answers.length = 0;
  model.answers.push([
    { say: 'What a lovely heirloom. And what is the street address of the pick up?' },
    note({ piano_type: 'upright' }, 'upright', 'origin_number'),
  ]);
  const answer = await ask(
    chats,
    chatId,
    'it is this wonderful old upright that our grandparents left behind for us',
  );
  t.same(answer.said, [
    'All right, an upright piano.',
    'What a lovely heirloom.',
    'And what is the street address of the pick up?',
  ]);
  // Nobody answers: the engine goes on by itself.
  t.match(await ask(chats, chatId, '421 Maple Street in Salem Massachusetts'), {
    said: [/^For the pick up I have four twenty one Maple Street/u, 'Is that right?'],
  });
  const call = await queries.getCall('acme', chatId);
  t.match(
    call?.slots.map(({ slot, value }) => [slot, value]),
    [
      ['piano_type', 'upright'],
      ['origin_number', 421],
      ['origin_street', 'Maple Street'],
      ['origin_town', 'Salem, MA'],
    ],
  );
  t.equal(model.asked().length, 1, 'the model was asked once');
});
