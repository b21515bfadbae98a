import t from 'tap';
import { createOpenAiSpeechTts } from '../../src/providers/tts/openai_speech.ts';
import type { NetworkTts } from '../../src/providers/tts/speech_protocol.ts';
import { failuresOf } from './conformance.ts';
import { startOpenAiSpeech } from './servers/openai_speech.ts';
import { STREAMING_TTS_CHECKS } from './streaming_tts_conformance.ts';
import type { StreamingTtsRig } from './streaming_tts_rig.ts';

const base = {
  streams: true,
  tellsWords: false,
  announcesRate: true,
  start: startOpenAiSpeech,
};

async function failed(rig: StreamingTtsRig): Promise<string[]> {
  return [...(await failuresOf(STREAMING_TTS_CHECKS, check => check.run(rig))).keys()];
}

/** Asks, waits for everything, and gives it as it is; heeds no signal, no rate, no status and no end. */
function careless({ url, apiKey }: { readonly url: string; readonly apiKey: string }): NetworkTts {
  return {
    name: 'careless',
    prepare: () => {},
    async *speak(sentence) {
      const response = await fetch(`${url}/audio/speech`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${apiKey}`,
          'Content-Type': 'application/json',
          Connection: 'close',
        },
        body: JSON.stringify({ model: 'm', voice: 'v', input: sentence, response_format: 'pcm' }),
        signal: AbortSignal.timeout(1_500),
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      const pcm = new Int16Array(bytes.buffer, 0, bytes.length >> 1);
      yield { pcm, words: [{ word: sentence, startMs: 0, endMs: 99_999 }] };
    },
    close: async () => {},
  };
}

t.test('one that is careless fails every check', async t => {
  const names = await failed({ ...base, name: 'careless', create: careless });
  t.strictSame(
    STREAMING_TTS_CHECKS.map(({ name }) => name).filter(name => !names.includes(name)),
    [],
  );
});

t.test('one flaw is found by the check that looks for it', async t => {
  const flaws: Readonly<Record<string, (good: NetworkTts) => Partial<NetworkTts>>> = {
    'speaks at the rate that is asked for, with nothing but silence cut away': good => ({
      speak: (sentence, options) => good.speak(sentence, { ...options, rateHz: 16_000 }),
    }),
    'tells every word in order, within the sound, and not after it': good => ({
      async *speak(sentence, options) {
        for await (const { pcm } of good.speak(sentence, options)) yield { pcm, words: [] };
      },
    }),
    'speaks as loud as a telephone expects, at one gain from first to last': good => ({
      async *speak(sentence, options) {
        let gain = 1;
        for await (const { pcm, words } of good.speak(sentence, options)) {
          yield { pcm: pcm.map(sample => sample * gain), words };
          gain *= 0.97;
        }
      },
    }),
    'stops in mid-sentence with the reason it was given, and the server is told': good => ({
      speak: (sentence, options) =>
        good.speak(sentence, { ...options, signal: new AbortController().signal }),
    }),
    'gives what came before a connection is lost, and then the fault': good => ({
      async *speak(sentence, options) {
        try {
          yield* good.speak(sentence, options);
        } catch {
          return;
        }
      },
    }),
  };
  const found = Object.entries(flaws).map(async ([flaw, change]) => {
    const rig: StreamingTtsRig = {
      ...base,
      name: 'flawed',
      create: options => {
        const good = createOpenAiSpeechTts(options);
        return { ...good, ...change(good) };
      },
    };
    const check = STREAMING_TTS_CHECKS.find(({ name }) => name === flaw);
    await t.rejects(check!.run(rig), flaw);
  });
  await Promise.all(found);
});
