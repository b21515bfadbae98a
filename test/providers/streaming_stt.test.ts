import t from 'tap';
import { createAssemblyAiStt } from '../../src/providers/stt/assemblyai.ts';
import { createDeepgramStt } from '../../src/providers/stt/deepgram.ts';
import { createDeepgramFluxStt } from '../../src/providers/stt/deepgram_flux.ts';
import { AssemblyAiStreamingServer } from './servers/assemblyai_streaming.ts';
import { DeepgramFluxServer } from './servers/deepgram_flux.ts';
import { DeepgramListenServer } from './servers/deepgram_listen.ts';
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
    for (const check of STREAMING_STT_CHECKS) await t.resolves(check.run(rig), check.name);
  });
}
