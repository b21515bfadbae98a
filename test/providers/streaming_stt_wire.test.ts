import t, { type Test } from 'tap';
import { createAssemblyAiStt } from '../../src/providers/stt/assemblyai.ts';
import { createDeepgramStt } from '../../src/providers/stt/deepgram.ts';
import { createDeepgramFluxStt } from '../../src/providers/stt/deepgram_flux.ts';
import { HeardSegments } from '../../src/providers/stt/heard_segments.ts';
import type { Stt } from '../../src/providers/types.ts';
import { AssemblyAiStreamingServer } from './servers/assemblyai_streaming.ts';
import { DeepgramFluxServer } from './servers/deepgram_flux.ts';
import { DeepgramListenServer } from './servers/deepgram_listen.ts';
import type { RecogniserServer } from './servers/recogniser_server.ts';
import { logNormalMs, scriptedWords } from './servers/scripted_words.ts';
import { ANYTHING, faultOf, hear, KEY, until } from './streaming_stt_rig.ts';

const SOUND = new Int16Array(24_000).fill(1);

interface Options {
  readonly name: string;
  readonly apiKey: string;
  readonly url: string;
}

async function serve<S extends RecogniserServer>(
  t: Test,
  server: S,
  create: (options: Options) => Stt,
): Promise<{ readonly server: S; readonly stt: Stt }> {
  await server.start();
  server.script = () => scriptedWords('as you wish');
  const stt = create({ name: 'acme', apiKey: KEY, url: server.url });
  t.teardown(async () => {
    await stt.close();
    await server.close();
  });
  return { server, stt };
}

function asked(server: RecogniserServer): Record<string, string> {
  return Object.fromEntries(new URL(server.requests[0]!.url, 'ws://localhost').searchParams);
}

t.test('Deepgram is asked for what its reference names', async t => {
  const { server, stt } = await serve(t, new DeepgramListenServer(KEY), options =>
    createDeepgramStt({ ...options, language: 'de' }),
  );
  await hear(stt, SOUND);
  t.strictSame(asked(server), {
    model: 'nova-3',
    language: 'de',
    encoding: 'linear16',
    sample_rate: '16000',
    channels: '1',
    interim_results: 'true',
  });
  t.strictSame(server.texts, ['{"type":"Finalize"}']);
});

t.test('a recogniser that fails at a pause says why', async t => {
  const { server, stt } = await serve(t, new DeepgramListenServer(KEY), createDeepgramStt);
  server.fault = () => ({ type: 'kill', at: 'final' });
  let partial = '';
  const onPartial = (text: string) => {
    partial = text;
  };
  const session = stt.open({ rateHz: 16_000, expect: ANYTHING, onPartial });
  session.write(SOUND.subarray(0, 16_000));
  await until(() => partial !== '', 'it was heard');
  const fault = await faultOf(session.settle!());
  t.equal(fault.kind, 'unavailable');
});

t.test('Flux is asked for turns that end when we say so', async t => {
  const { server, stt } = await serve(t, new DeepgramFluxServer(KEY), options =>
    createDeepgramFluxStt({ ...options, language: 'de' }),
  );
  await hear(stt, SOUND);
  t.match(asked(server), { model: 'flux-general-multi', language_hint: 'de', eot_threshold: '1.0' });
  t.strictSame(server.texts, ['{"type":"ForceEndTurn"}']);
});

t.test('AssemblyAI is asked for turns that end when we say so, unformatted', async t => {
  const { server, stt } = await serve(t, new AssemblyAiStreamingServer(KEY), options =>
    createAssemblyAiStt({ ...options, language: 'de' }),
  );
  await hear(stt, SOUND, { hints: ['x'.repeat(60), 'Ann'] });
  t.match(asked(server), {
    speech_model: 'universal-streaming-multilingual',
    encoding: 'pcm_s16le',
    format_turns: 'false',
    end_of_turn_confidence_threshold: '1',
    keyterms_prompt: '["Ann"]',
  });
  t.strictSame(server.texts, ['{"type":"ForceEndpoint"}']);
  await stt.close();
  t.equal(server.texts.at(-1), '{"type":"Terminate"}', 'a session is paid for until it is ended');
});

t.test('what the services say of themselves', async t => {
  const kinds = async (
    server: RecogniserServer,
    create: (options: Options) => Stt,
    messages: readonly string[],
  ) => {
    const { stt } = await serve(t, server, create);
    const found: string[] = [];
    for (const text of messages) {
      server.fault = () => ({ type: 'text', at: 'audio', text });
      const fault = await faultOf(hear(stt, SOUND));
      t.notMatch(`${fault} ${fault.cause}`, 'secret', 'their prose is not told on');
      found.push(fault.kind);
    }
    return found;
  };
  t.strictSame(
    await kinds(new AssemblyAiStreamingServer(KEY), createAssemblyAiStt, [
      '{"type":"Error","error_code":1008,"error":"Unauthorized Connection: secret"}',
      '{"type":"Error","error_code":1008,"error":"Unauthorized connection: Too many concurrent sessions"}',
      '{"type":"Error","error_code":3009,"error":"secret"}',
      '{"type":"Error","error_code":3005,"error":"Session Cancelled: secret"}',
      '{"type":"Error","error_code":3006,"error":"User Input Validation Error: secret"}',
      '{"type":"Error","error_code":3007,"error":"Input Duration Violation: secret"}',
      '{"type":"Error","error_code":3008,"error":"Session Expired: secret"}',
      '{"type":"Turn","turn_order":"secret"}',
      '{"type":"Termination"}',
    ]),
    [
      'auth',
      'rateLimited',
      'rateLimited',
      'unavailable',
      'refused',
      'protocol',
      'unavailable',
      'protocol',
      'unavailable',
    ],
  );
  t.strictSame(
    await kinds(new DeepgramFluxServer(KEY), createDeepgramFluxStt, [
      '{"type":"Error","code":"INTERNAL_SERVER_ERROR","description":"secret"}',
      '{"type":"Error","code":"UNPARSABLE_CLIENT_MESSAGE","description":"secret"}',
      '{"type":"Error","code":"secret"}',
      '{"type":"TurnInfo","event":"secret"}',
    ]),
    ['unavailable', 'protocol', 'refused', 'protocol'],
  );
  t.strictSame(
    await kinds(new DeepgramListenServer(KEY), createDeepgramStt, [
      '{"type":"Error","variant":"SchemaError","message":"secret"}',
      '{"type":"Error","variant":"InvalidConfigureMessage"}',
      '{"type":"Results","channel":"secret"}',
      '{"no type":"secret"}',
    ]),
    ['protocol', 'refused', 'protocol', 'protocol'],
  );
});

t.test('what the services close with', async t => {
  for (const [server, create, closes] of [
    [
      new DeepgramListenServer(KEY),
      createDeepgramStt,
      [
        [1008, 'DATA-0000', 'refused'],
        [1011, 'NET-0000', 'timeout'],
        [1011, 'Deepgram did not receive audio data', 'unavailable'],
      ],
    ],
    [
      new AssemblyAiStreamingServer(KEY),
      createAssemblyAiStt,
      [
        [1008, 'See Error message for details', 'auth'],
        [3009, '', 'rateLimited'],
        [3006, '', 'refused'],
        [3005, '', 'unavailable'],
      ],
    ],
  ] as const) {
    const { stt } = await serve<RecogniserServer>(t, server, create);
    for (const [code, reason, kind] of closes) {
      server.fault = () => ({ type: 'close', at: 'audio', code, reason });
      t.equal((await faultOf(hear(stt, SOUND))).kind, kind, `${code} ${reason}`);
    }
  }
});

t.test('messages that nobody has heard of are none of our business', async t => {
  const { server, stt } = await serve(t, new DeepgramListenServer(KEY), createDeepgramStt);
  server.fault = connection =>
    connection === 0 ? { type: 'text', at: 'audio', text: '{"type":"constructor"}' } : undefined;
  const session = stt.open({ rateHz: 16_000, expect: ANYTHING });
  session.write(SOUND);
  await until(() => server.audioBytes > 0, 'sound came');
  session.cancel();
  await faultOf(session.finish());
  t.equal((await hear(stt, SOUND)).text, 'as you wish');
});

t.test('what is misheard at first is right in the end', async t => {
  const { server, stt } = await serve(t, new DeepgramFluxServer(KEY), createDeepgramFluxStt);
  server.script = () => scriptedWords('as you wish').map(word => Object.assign(word, { misheard: 'uh' }));
  let partial = '';
  const session = stt.open({ rateHz: 16_000, expect: ANYTHING, onPartial: text => (partial = text) });
  session.write(SOUND);
  await until(() => partial === 'uh uh uh', 'it was misheard');
  t.equal((await session.finish()).text, 'as you wish');
});

t.test('delays that differ keep the order of what is told', async t => {
  const { server, stt } = await serve(t, new AssemblyAiStreamingServer(KEY), createAssemblyAiStt);
  server.partialDelayMs = logNormalMs(10, 1);
  server.finalDelayMs = logNormalMs(5, 1);
  for (let round = 0; round < 10; round++) t.equal((await hear(stt, SOUND)).text, 'as you wish');
  const delays = Array.from({ length: 4_001 }, logNormalMs(40, 0.5)).toSorted((a, b) => a - b);
  t.ok(delays[2_000]! > 35 && delays[2_000]! < 45, `the median is ${delays[2_000]}`);
});

t.test('a turn that is told once more is not in the next utterance', async t => {
  const { server, stt } = await serve(t, new AssemblyAiStreamingServer(KEY), createAssemblyAiStt);
  server.formattedAfterMs = 100;
  server.script = ({ order }) => scriptedWords(order === 0 ? 'the first' : 'another one');
  t.equal((await hear(stt, SOUND)).text, 'the first');
  const partials: string[] = [];
  const session = stt.open({ rateHz: 16_000, expect: ANYTHING, onPartial: text => partials.push(text) });
  session.write(SOUND);
  await until(() => partials.at(-1) === 'another one', 'it was heard');
  t.equal((await session.finish()).text, 'another one');
  t.notOk(partials.some(partial => partial.includes('first')));
});

t.test('segments make one utterance', async t => {
  const heard = new HeardSegments();
  const words = (segment: number, text: string, confidences: readonly number[]) => ({
    segment,
    text,
    confidences,
    alternatives: [{ text: 'Yet.', confidence: 0.2 }],
    isSettled: true,
    endS: 1,
  });
  heard.add(words(0, 'Ye', [0.1]));
  heard.add(words(0, 'Yes.', [0.9]));
  t.strictSame(heard.recognition, {
    text: 'yes',
    confidence: 0.9,
    alternatives: [{ text: 'yet', confidence: 0.2 }],
  });
  heard.add(words(1, 'Please!', [0.5]));
  t.match(heard.recognition, { text: 'yes please', confidence: 0.7 });
  t.strictSame(heard.recognition.alternatives, []);
  t.notOk(heard.add(words(2, 'x'.repeat(30_000), [])), 'nobody says that much');
  let taken = 0;
  while (taken < 1_000 && heard.add(words(taken + 3, 'a', []))) taken++;
  t.ok(taken < 100, 'nor in so many stretches');
});
