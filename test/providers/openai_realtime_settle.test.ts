import t, { type Test } from 'tap';
import { ProviderFault } from '../../src/providers/provider_fault.ts';
import { createOpenAiRealtimeStt } from '../../src/providers/stt/openai_realtime.ts';
import { OpenAiRealtimeServer } from './servers/openai_realtime.ts';

const ANY = { id: 'any', jsgf: '' };
const KEY = 'sk-of-the-test';
const RATE_HZ = 16_000;

async function rig(t: Test) {
  const server = await new OpenAiRealtimeServer(KEY).start();
  const stt = createOpenAiRealtimeStt({ name: 'openai', apiKey: KEY, url: server.url });
  t.teardown(async () => {
    await stt.close();
    await server.close();
  });
  const open = (onPartial?: (text: string) => void) =>
    stt.open({ rateHz: RATE_HZ, expect: ANY, ...(onPartial && { onPartial }) });
  return { server, stt, open };
}

function sound(ms: number): Int16Array {
  return new Int16Array((ms * RATE_HZ) / 1000).fill(1000);
}

/** Of the fault that it ends in. */
async function kindOf(work: Promise<unknown>): Promise<string | undefined> {
  const error = await work.catch((fault: unknown) => fault);
  return error instanceof ProviderFault ? error.kind : undefined;
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries === 2000) throw new Error('it never came');
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

t.test('in a pause what was said so far is committed, and the rest at the end', async t => {
  const { server, open } = await rig(t);
  server.answers.push({ text: 'Take the piano.' }, { text: 'To the second floor.' }, { text: 'Please.' });
  const session = open();
  t.equal(await kindOf(session.settle!()), 'refused', 'nothing was said yet');
  session.write(sound(90));
  t.equal(await kindOf(session.settle!()), 'refused', 'too little to be written down');
  session.write(sound(400));
  const asked = [session.settle!(), session.settle!()];
  for (const one of asked) t.match(await one, { text: 'take the piano', confidence: 0.9 });
  t.equal(server.heard.length, 1, 'committed once for all who ask');
  session.write(sound(60));
  t.equal((await session.settle!()).text, 'take the piano', 'too little since to be more');
  session.write(sound(300));
  t.equal((await session.settle!()).text, 'take the piano to the second floor');
  session.write(sound(200));
  t.equal((await session.finish()).text, 'take the piano to the second floor please');
  t.equal(await kindOf(session.settle!()), 'refused', 'it is over');
  const lengths = server.heard.map(({ samples }) => samples.length);
  const all = lengths.reduce((sum, length) => sum + length, 0);
  t.equal(all, (90 + 400 + 60 + 300 + 200) * 24, 'each sample in one of them');
  t.equal(server.handshakes, 1);
});

t.test('the end is told without a commit where nothing was said since', async t => {
  const { server, open } = await rig(t);
  server.answers.push({ text: 'Yes.' }, { text: 'No.' });
  const session = open();
  session.write(sound(300));
  await session.settle!();
  t.equal((await session.finish()).text, 'yes');
  const slow = open();
  slow.write(sound(300));
  server.delayMs = () => 50;
  const settling = slow.settle!();
  t.equal((await slow.finish()).text, 'no', 'and waits for what is under way');
  t.equal((await settling).text, 'no');
  t.equal(server.heard.length, 2);
});

t.test(
  'answers that overtake each other, and items that the model ended itself, keep their order',
  async t => {
    const { server, open } = await rig(t);
    const delays = [120, 0];
    server.delayMs = () => delays.shift() ?? 0;
    server.answers.push({ text: 'one' }, { firstItem: 'two', text: 'three' });
    const session = open();
    session.write(sound(300));
    const first = session.settle!();
    await until(() => server.heard.length === 1);
    session.write(sound(300));
    const both = session.settle!();
    t.equal((await first).text, 'one');
    t.equal((await both).text, 'one two three');
    t.equal((await session.finish()).text, 'one two three');
  },
);

t.test('what is asked of a connection that is gone is asked of another, with all the sound', async t => {
  const { server, stt, open } = await rig(t);
  server.answers.push({ text: 'one' });
  const before = open();
  before.write(sound(300));
  await before.finish();
  server.answers.push({ text: 'two' }, { text: 'three' });
  const session = open();
  server.cut();
  session.write(sound(300));
  t.equal((await session.settle!()).text, 'two');
  session.write(sound(300));
  t.equal((await session.finish()).text, 'two three');
  t.equal(server.handshakes, 2);
  // A resampler holds some back until the end.
  t.ok(server.heard[1]!.samples.length > 295 * 24, 'none of it was lost');
  await stt.close();
});

t.test('a failure is told to whoever asks, and an empty buffer is none', async t => {
  const { server, open } = await rig(t);
  const empty = { type: 'invalid_request_error', code: 'input_audio_buffer_commit_empty' };
  server.fault = { type: 'error', error: empty };
  const session = open();
  session.write(sound(300));
  t.match(await session.settle!(), { text: '', confidence: 0 });
  server.fault = undefined;
  server.answers.push({ text: 'Hello?' });
  session.write(sound(300));
  t.equal((await session.finish()).text, 'hello');
  server.fault = { type: 'killed' };
  const lost = open();
  lost.write(sound(300));
  t.equal(await kindOf(lost.settle!()), 'unavailable');
  t.equal(await kindOf(lost.finish()), 'unavailable');
});

t.test('whoever gives up has no answer, and its words are in no other', async t => {
  const { server, open } = await rig(t);
  server.delayMs = () => 100;
  server.answers.push({ text: 'secret' }, { text: 'other' });
  const session = open();
  session.write(sound(300));
  const settling = session.settle!();
  await until(() => server.heard.length === 1);
  session.cancel();
  t.equal(await kindOf(settling), 'refused');
  const next = open();
  next.write(sound(300));
  t.equal((await next.finish()).text, 'other');
});
