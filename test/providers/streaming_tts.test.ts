import t from 'tap';
import { createCartesiaTts } from '../../src/providers/tts/cartesia.ts';
import { createDeepgramSpeakTts } from '../../src/providers/tts/deepgram_speak.ts';
import { createElevenLabsTts } from '../../src/providers/tts/elevenlabs.ts';
import { createGoogleTts } from '../../src/providers/tts/google_tts.ts';
import { createOpenAiSpeechTts } from '../../src/providers/tts/openai_speech.ts';
import { conforms } from './conformance.ts';
import { startCartesia } from './servers/cartesia.ts';
import { startDeepgramSpeak } from './servers/deepgram_speak.ts';
import { startElevenLabs } from './servers/elevenlabs.ts';
import { startGoogleTts } from './servers/google_tts.ts';
import { startOpenAiSpeech } from './servers/openai_speech.ts';
import { STREAMING_TTS_CHECKS } from './streaming_tts_conformance.ts';
import { KEY, type StreamingTtsRig } from './streaming_tts_rig.ts';
import { TTS_CHECKS } from './tts_conformance.ts';

const RIGS: readonly StreamingTtsRig[] = [
  {
    name: 'cartesia',
    streams: true,
    tellsWords: true,
    announcesRate: false,
    start: startCartesia,
    create: options => createCartesiaTts({ voice: 'a0e99841', language: 'en', ...options }),
  },
  {
    name: 'elevenlabs',
    streams: true,
    tellsWords: true,
    announcesRate: false,
    start: startElevenLabs,
    create: options => createElevenLabsTts({ voice: '21m00Tcm', ...options }),
  },
  {
    name: 'deepgram',
    streams: true,
    tellsWords: false,
    announcesRate: false,
    start: startDeepgramSpeak,
    create: options => createDeepgramSpeakTts(options),
  },
  {
    name: 'openai',
    streams: true,
    tellsWords: false,
    announcesRate: true,
    start: startOpenAiSpeech,
    create: options => createOpenAiSpeechTts(options),
  },
  {
    name: 'google',
    streams: false,
    tellsWords: false,
    announcesRate: true,
    start: startGoogleTts,
    create: ({ apiKey, ...options }) =>
      createGoogleTts({ voice: 'en-US-Neural2-C', access: { type: 'apiKey', apiKey }, ...options }),
  },
];

for (const rig of RIGS) {
  t.test(`${rig.name} conforms`, async t => {
    const checks = STREAMING_TTS_CHECKS.filter(check => check.suits?.(rig) ?? true);
    await conforms(t, checks, check => check.run(rig));
  });

  t.test(`${rig.name} speaks whole sentences as the local synthesiser does`, async t => {
    const server = await rig.start({ apiKey: KEY });
    const tts = rig.create({ url: server.url, apiKey: KEY });
    for (const check of TTS_CHECKS) await t.resolves(check.run(tts), check.name);
    await tts.close();
    await server.close();
  });
}
