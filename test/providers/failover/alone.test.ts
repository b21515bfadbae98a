import t from 'tap';
import { TrunklineError } from '../../../src/config/errors.ts';
import { aloneStt, aloneTts } from '../../../src/providers/failover/alone.ts';
import type { SpokenPiece } from '../../../src/providers/types.ts';
import { gather, type Hearing, NO_LEFTOVERS, Rig, ScriptedStt, ScriptedTts, type Step } from './rig.ts';

const SOUND: SpokenPiece = { pcm: new Int16Array(800), words: [] };

function hearing(...hearings: readonly Hearing[]) {
  const rig = new Rig();
  const candidates = rig.candidates('stt', new ScriptedStt(rig, 'a', at => hearings[at] ?? {}));
  const [only] = candidates.list;
  const stt = aloneStt(candidates, only!, rig.told);
  const open = () => stt.open({ rateHz: 8000, expect: { id: 'any', jsgf: '' } });
  const hear = async () => {
    const session = open();
    session.write(Int16Array.of(1, 2));
    await rig.clock.pass(1_000);
    return (await rig.clock.until(session.finish())).text;
  };
  return { rig, only: only!, open, hear };
}

function speaking(...steps: readonly Step<SpokenPiece>[]) {
  const rig = new Rig();
  const candidates = rig.candidates('tts', new ScriptedTts(rig, 'a', () => steps));
  const tts = aloneTts(candidates, candidates.list[0]!, rig.told);
  const speak = (signal = new AbortController().signal) => tts.speak('One.', { rateHz: 8_000, signal });
  return { rig, speak };
}

t.test('a recogniser: how each utterance ended, and its latency from the end of the sound on', async t => {
  const { rig, only, open, hear } = hearing(
    {},
    { final: [{ wait: 30 }, { fault: 'timeout' }] },
    { failsAtOpen: new TrunklineError('GRAMMAR_INVALID', 'line 1') },
    { failsAtOpen: new Error('no') },
  );
  t.equal(await hear(), '1 2');
  await t.rejects(
    hear(),
    { name: 'ProviderFault', kind: 'timeout', detail: 'a as told' },
    'as it says itself',
  );
  t.throws(open, { code: 'GRAMMAR_INVALID' });
  t.throws(open, { message: 'no' });
  const given = open();
  t.match(await given.settle?.(), { text: '' });
  given.cancel();
  t.same(rig.told.attempts, [
    'stt a ok 50',
    'stt a timeout 30',
    'stt a aborted 0',
    'stt a protocol 0',
    'stt a aborted 0',
  ]);
  t.same([only.latency.p50Ms, rig.told.switches], [undefined, []], 'too few to tell');
  for (let more = 0; more < 200; more += 1) await hear();
  t.equal(only.latency.p50Ms, 50);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('a synthesiser: how each sentence ended, and its latency until the first sound', async t => {
  const well = speaking({ wait: 90 }, { give: SOUND }, { wait: 60 }, { give: SOUND });
  t.equal((await well.rig.clock.until(gather(well.speak()))).length, 2);
  t.same(well.rig.told.attempts, ['tts a ok 90']);
  const broken = speaking({ give: SOUND }, { fault: 'unavailable' });
  await t.rejects(broken.rig.clock.until(gather(broken.speak())), { name: 'ProviderFault' });
  t.same(broken.rig.told.attempts, ['tts a unavailable 0']);
  const left = speaking({ give: SOUND }, { give: SOUND });
  for await (const piece of left.speak()) if (piece === SOUND) break;
  t.same(left.rig.told.attempts, ['tts a aborted 0']);
  const aborted = speaking('hang');
  const abort = new AbortController();
  const waiting = gather(aborted.speak(abort.signal));
  abort.abort(new Error('hung up'));
  await t.rejects(waiting, { message: 'hung up' });
  t.same(aborted.rig.told.attempts, ['tts a aborted 0']);
  for (const { rig } of [well, broken, left, aborted]) t.same(await rig.leftovers(), NO_LEFTOVERS);
});
