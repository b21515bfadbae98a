import t from 'tap';
import { createAssemblyAiStt } from '../../src/providers/stt/assemblyai.ts';
import { createDeepgramStt } from '../../src/providers/stt/deepgram.ts';
import { createDeepgramFluxStt } from '../../src/providers/stt/deepgram_flux.ts';
import type { Stt } from '../../src/providers/types.ts';
import { conforms, failuresOf } from './conformance.ts';
import { AssemblyAiStreamingServer } from './servers/assemblyai_streaming.ts';
import { DeepgramFluxServer } from './servers/deepgram_flux.ts';
import { DeepgramListenServer } from './servers/deepgram_listen.ts';
import { callerSpeech } from './spoken_fixtures.ts';
import { broken, deaf, late, optimistic, stammering, stubborn } from './streaming_stt_broken.ts';
import { STREAMING_STT_CHECKS } from './streaming_stt_conformance.ts';
import { KEY, type StreamingSttRig, scriptedRig } from './streaming_stt_rig.ts';

const RIGS: readonly StreamingSttRig[] = [
  scriptedRig(
    'deepgram',
    () => new DeepgramListenServer(KEY).start(),
    options => createDeepgramStt({ name: 'deepgram', ...options }),
  ),
  scriptedRig(
    'flux',
    () => new DeepgramFluxServer(KEY).start(),
    options => createDeepgramFluxStt({ name: 'flux', ...options }),
  ),
  scriptedRig(
    'assemblyai',
    () => new AssemblyAiStreamingServer(KEY).start(),
    options => createAssemblyAiStt({ name: 'assemblyai', ...options }),
  ),
];

for (const rig of RIGS) {
  t.test(`${rig.name} conforms`, async t => {
    await conforms(t, STREAMING_STT_CHECKS, check => check.run(rig));
  });
}

t.test('one that is broken does not', async t => {
  const [rig] = RIGS;
  const among = (pattern: RegExp) => STREAMING_STT_CHECKS.filter(({ name }) => pattern.test(name));
  const failed = async (breakIt: (stt: Stt) => Partial<Stt>, pattern: RegExp): Promise<readonly string[]> => {
    const failures = await failuresOf(among(pattern), check => check.run(broken(rig!, breakIt)));
    return [...failures.keys()];
  };
  const namesOf = (pattern: RegExp) => among(pattern).map(({ name }) => name);
  // Without those that would wait for what never comes.
  const talk = /^(hears|writes|sends|waits|passes|keeps its|gives up|gets|finds|is |has )/u;
  const some = /^(sends all|hears what|tells partials|gives up when|is told|loses its)/u;
  const found = await Promise.all([
    failed(deaf, talk),
    failed(late, some),
    failed(optimistic, some),
    failed(stammering, some),
    failed(stubborn, some),
  ]);
  t.strictSame(found[0], namesOf(talk), 'one that does not listen can do nothing');
  t.strictSame(found[1], ['sends all of the sound, and once'], 'one that comes late');
  t.strictSame(found[2], namesOf(/^(gives up when|is told|loses its)/u), 'one that never fails');
  t.strictSame(found[3], ['tells partials as they grow'], 'one that repeats itself');
  t.strictSame(found[4], ['gives up when told to, and lets nobody else hear it'], "one that can't stop");
});

const REAL: readonly (readonly [variable: string, name: string, create: (apiKey: string) => Stt])[] = [
  ['DEEPGRAM_API_KEY', 'deepgram', apiKey => createDeepgramStt({ name: 'deepgram', apiKey })],
  ['DEEPGRAM_API_KEY', 'flux', apiKey => createDeepgramFluxStt({ name: 'flux', apiKey })],
  ['ASSEMBLYAI_API_KEY', 'assemblyai', apiKey => createAssemblyAiStt({ name: 'assemblyai', apiKey })],
];

for (const [variable, name, create] of REAL) {
  const apiKey = process.env[variable] ?? '';
  t.test(`the real ${name} conforms`, { skip: apiKey === '' ? `${variable} is not set` : false }, async t => {
    const rig: StreamingSttRig = {
      name,
      async start() {
        const stt = create(apiKey);
        return {
          stt,
          server: undefined,
          say: text => callerSpeech(`${text}.`),
          close: () => stt.close(),
        };
      },
    };
    for (const check of STREAMING_STT_CHECKS) {
      if (check.needsServer !== true) await t.resolves(check.run(rig), check.name);
    }
  });
}
