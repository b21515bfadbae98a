import t from 'tap';
import { findRecord } from '../../bench/caller/record.ts';

/** A control plane that gives these answers one after the other, the last again and again. */
function plane(...answers: readonly (readonly string[] | number | Error)[]) {
  const asked: string[] = [];
  const get = async (path: string): Promise<Response> => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push(path);
    if (answer instanceof Error) throw answer;
    if (typeof answer === 'number') return new Response('{}', { status: answer });
    return Response.json({ calls: answer.map(callId => ({ callId })), next: null });
  };
  return { get, asked };
}

t.test('the record of a dialog, once its first events have come through', async t => {
  const { get, asked } = plane([], [], ['call-7']);
  t.equal(await findRecord(get, 'a84b4c76&x=1@pc33.example'), 'call-7');
  t.equal(asked.length, 3);
  t.equal(asked[0], '/api/calls?limit=2&sipCallId=a84b4c76%26x%3D1%40pc33.example');
});

t.test('none is made up', async t => {
  t.equal(await findRecord(plane([]).get, 'a', 0), undefined, 'never written down');
  t.equal(await findRecord(plane(['one', 'two']).get, 'a'), undefined, 'an id that was used twice');
  t.equal(await findRecord(plane(401).get, 'a'), undefined, 'refused');
  t.equal(await findRecord(plane(new TypeError('fetch failed')).get, 'a'), undefined, 'no node');
});
