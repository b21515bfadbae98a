import { status } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { ProviderFault } from '../../src/providers/provider_fault.ts';
import { createGoogleStt } from '../../src/providers/stt/google_stt.ts';
import { GoogleSpeechServer } from './servers/google_speech.ts';

const ANY = { id: 'any', jsgf: '' };
const KEY = 'AIza-of-the-test';
const RATE_HZ = 16_000;

async function rig(t: Test) {
  const server = await new GoogleSpeechServer({ apiKey: KEY }).start();
  const access = { type: 'apiKey', apiKey: KEY, projectId: server.projectId } as const;
  const stt = createGoogleStt({ name: 'google', access, url: server.url });
  t.teardown(async () => {
    await stt.close();
    await server.close();
  });
  const open = (onPartial?: (text: string) => void) =>
    stt.open({ rateHz: RATE_HZ, expect: ANY, ...(onPartial && { onPartial }) });
  return { server, open };
}

function sound(ms: number): Int16Array {
  return new Int16Array((ms * RATE_HZ) / 1000).fill(1000);
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries === 2000) throw new Error('it never came');
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

/** Of the fault that it ends in. */
async function kindOf(work: Promise<unknown>): Promise<string | undefined> {
  const error = await work.catch((fault: unknown) => fault);
  return error instanceof ProviderFault ? error.kind : undefined;
}

t.test('in a pause the stream is ended, and another hears what follows', async t => {
  const { server, open } = await rig(t);
  server.answers.push(
    { finals: [{ text: 'Take the piano', confidence: 0.5 }] },
    { finals: [{ text: ' to the second floor.', confidence: 0.75 }], interim: [['to the']] },
  );
  const partials: string[] = [];
  const session = open(text => partials.push(text));
  t.equal(await kindOf(session.settle!()), 'refused', 'nothing was said yet');
  session.write(sound(430));
  const asked = [session.settle!(), session.settle!()];
  for (const one of asked) t.match(await one, { text: 'take the piano', confidence: 0.5 });
  t.equal((await session.settle!()).text, 'take the piano');
  t.equal(server.streams, 1, 'ended once for all who ask');
  session.write(sound(250));
  await until(() => partials.includes('take the piano to the'));
  const final = await session.finish();
  t.equal(final.text, 'take the piano to the second floor');
  t.equal(Math.round(final.confidence * 1000), Math.round((1000 * (14 * 0.5 + 21 * 0.75)) / 35));
  t.equal(await kindOf(session.settle!()), 'refused', 'it is over');
  t.same(
    server.heard.map(({ samples }) => samples.length),
    [430 * 16, 250 * 16],
    'each sample in one of them',
  );
  t.equal(new Set(server.heard.map(({ peer }) => peer)).size, 1, 'on one connection');
});

t.test('the end is told without another stream where nothing was said since', async t => {
  const { server, open } = await rig(t);
  server.answers.push({ finals: [{ text: 'Yes.' }] }, { finals: [{ text: 'No.' }] });
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
  t.equal(server.streams, 2);
});

t.test('streams that overtake each other keep their order', async t => {
  const { server, open } = await rig(t);
  const delays = [120, 0];
  server.delayMs = () => delays.shift() ?? 0;
  server.answers.push({ finals: [{ text: 'one' }] }, { finals: [{ text: 'two' }] });
  const session = open();
  session.write(sound(300));
  const first = session.settle!();
  await until(() => delays.length === 1);
  session.write(sound(300));
  const both = session.settle!();
  t.equal((await first).text, 'one');
  t.equal((await both).text, 'one two');
  t.equal((await session.finish()).text, 'one two');
});

t.test('a stream that fails fails the utterance, and nothing is left of it', async t => {
  const { server, open } = await rig(t);
  const session = open();
  session.write(sound(300));
  await session.settle!();
  server.fault = { type: 'status', code: status.RESOURCE_EXHAUSTED };
  session.write(sound(300));
  t.equal(await kindOf(session.settle!()), 'rateLimited');
  t.equal(await kindOf(session.finish()), 'rateLimited');
  server.fault = undefined;
  server.delayMs = () => 5_000;
  const given = open();
  given.write(sound(300));
  const settling = given.settle!();
  given.write(sound(300));
  await until(() => server.open === 2);
  given.cancel();
  t.equal(await kindOf(settling), 'refused');
  await until(() => server.open === 0);
});
