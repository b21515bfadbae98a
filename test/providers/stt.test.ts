import t from 'tap';
import { createPocketsphinxStt } from '../../src/providers/stt/pocketsphinx.ts';
import type { Recognition, Stt, SttSession } from '../../src/providers/types.ts';
import { STT_CHECKS } from './stt_conformance.ts';

t.test('the local recogniser conforms', async t => {
  const stt = createPocketsphinxStt();
  t.teardown(() => stt.close());
  for (const check of STT_CHECKS) await t.resolves(check.run(stt), check.name);
});

t.test('a broken recogniser does not', async t => {
  const failed = async (stt: Stt, checks = STT_CHECKS) => {
    const names: string[] = [];
    for (const check of checks) await check.run(stt).catch(() => names.push(check.name));
    return names;
  };
  const yesMan: Recognition = { text: 'Yes', confidence: 1, alternatives: [{ text: 'Yes', confidence: 2 }] };
  t.strictSame(
    await failed(answering(() => yesMan)),
    STT_CHECKS.map(({ name }) => name),
    'one that always says yes fails everything',
  );
  const stt = createPocketsphinxStt();
  t.teardown(() => stt.close());
  const sure = wrapped(stt, heard => ({ ...heard, confidence: 1 }));
  t.strictSame(
    await failed(sure),
    ['does not take other speech or noise for an answer'],
    'one without doubts',
  );
  const loud = wrapped(stt, heard => ({ ...heard, text: heard.text.toUpperCase() }));
  const wide = STT_CHECKS.find(({ name }) => name === 'understands a wide-band caller');
  t.strictSame(await failed(loud, [wide!]), [wide!.name], 'one that shouts');
});

const NOTHING: Recognition = { text: '', confidence: 0, alternatives: [] };

function answering(answer: () => Recognition): Stt {
  const session: SttSession = {
    write: () => {},
    settle: async () => answer(),
    finish: async () => answer(),
    cancel: () => {},
  };
  return { name: 'broken', prepare: () => {}, open: () => session, close: async () => {} };
}

function wrapped(stt: Stt, change: (heard: Recognition) => Recognition): Stt {
  return {
    name: 'broken',
    prepare: expect => stt.prepare(expect),
    open(options) {
      const session = stt.open(options);
      return {
        write: pcm => session.write(pcm),
        settle: async () => change((await session.settle?.()) ?? NOTHING),
        finish: async () => change(await session.finish()),
        cancel: () => session.cancel(),
      };
    },
    close: async () => {},
  };
}
