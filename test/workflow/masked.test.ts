import t from 'tap';
import { CARDS, masked } from '../../src/workflow/replay/masked.ts';

const CARD = 'it is 4111 1111 1111 1111';
const MASKED = 'it is [card number]';

t.test('a card is left out wherever it stands, and nothing else is touched', async t => {
  const clean = { talk: [{ by: 'caller', text: 'I have two cats' }], done: false, none: null };
  t.equal(masked(clean, CARDS), clean, 'the same object where nothing changes');

  const told = {
    ...clean,
    talk: [...clean.talk, { by: 'caller', text: CARD }],
    slots: { at: 1, said: [CARD] },
  };
  const before = structuredClone(told);
  const made = masked(told, CARDS);
  t.same(made, {
    ...clean,
    talk: [...clean.talk, { by: 'caller', text: MASKED }],
    slots: { at: 1, said: [MASKED] },
  });
  t.same(Object.keys(made), Object.keys(told), 'in the same order');
  t.equal(made.talk[0], told.talk[0], 'what does not change is not copied');
  t.same(told, before, 'what was given is left alone');
});

t.test('names that objects have of their own are names like others', async t => {
  const told: unknown = JSON.parse(`{"__proto__":{"said":"${CARD}"},"constructor":"${CARD}"}`);
  t.equal(
    JSON.stringify(masked(told, CARDS)),
    `{"__proto__":{"said":"${MASKED}"},"constructor":"${MASKED}"}`,
  );
});
