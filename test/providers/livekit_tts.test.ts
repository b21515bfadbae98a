import t from 'tap';
import { createPluginTts, type PluginTtsOptions } from '../../src/providers/livekit_plugin/plugin_tts.ts';
import { startDeepgramSpeak } from './servers/deepgram_speak.ts';
import { startOpenAiSpeech } from './servers/openai_speech.ts';
import { newScript, type SpeechServer } from './servers/speech_script.ts';
import { STREAMING_TTS_CHECKS } from './streaming_tts_conformance.ts';
import { KEY, type StreamingTtsRig } from './streaming_tts_rig.ts';

interface Voice {
  readonly rig: Omit<StreamingTtsRig, 'start' | 'create' | 'tellsWords' | 'announcesRate'>;
  readonly start: StreamingTtsRig['start'];
  readonly plugin: (url: string) => Pick<PluginTtsOptions, 'package' | 'options'>;
  /** What this plugin can't, and why. */
  readonly leftOut: ReadonlyMap<string, string>;
}

const VOICES: readonly Voice[] = [
  {
    rig: { name: 'openai', streams: false },
    start: startOpenAiSpeech,
    plugin: url => ({ package: '@livekit/agents-plugin-openai', options: { baseURL: url } }),
    leftOut: new Map([
      ['opens a connection before it is needed', 'it opens none ahead'],
      [
        'uses a connection for one sentence after the other',
        'it may open another where the first is not free yet',
      ],
      ['takes a silent server for a failed one, after what came', 'it opens connections as it likes'],
    ]),
  },
  {
    rig: { name: 'deepgram', streams: true },
    start: startDeepgramSpeak,
    plugin: url => ({ package: '@livekit/agents-plugin-deepgram', options: { baseUrl: url } }),
    leftOut: new Map([
      ['gives the first piece before the server has sent the second', 'it holds a frame until the next one'],
      ['takes any text for text', 'it sends a text sentence by sentence'],
      [
        'stops while it waits for the first sound, and the server is told',
        'it lets a stream that was given up run',
      ],
      ['stops in mid-sentence with the reason it was given, and the server is told', 'the same'],
      ['stops at once, whether the next piece is asked for or not', 'the same'],
      ['stops when nobody listens any more, and the server is told', 'the same'],
      ['uses a connection for one sentence after the other', 'it opens one for each'],
      ['opens a connection before it is needed', 'the same'],
      ['takes what makes no sense for a fault', 'it calls that a lost connection'],
      ['knows a limit, and how long it lasts', 'it does not tell how long'],
      ['knows a server that is out of order', 'the same'],
    ]),
  },
];
/** Of a process of its own. */
const FRESH: ReadonlySet<string> = new Set([
  'ends what is spoken when it is closed, and speaks no more',
  'takes a silent server for a failed one, after what came',
  'knows a key that is not accepted',
  'knows a server that is not there',
]);

/** How soon somebody else's code answers is not ours to hold on a busy machine. */
const PLUGIN_CHECKS =
  process.env.TRUNKLINE_PLUGIN_CHECKS === undefined &&
  'takes minutes, and a machine that does nothing else: TRUNKLINE_PLUGIN_CHECKS=1 runs it';

for (const { rig, start, plugin, leftOut } of VOICES) {
  t.test(`a voice of the plugin for ${rig.name} conforms`, { skip: PLUGIN_CHECKS }, async t => {
    const fresh: StreamingTtsRig = {
      ...rig,
      tellsWords: false,
      announcesRate: false,
      start,
      create: ({ url, ...options }) => createPluginTts({ name: rig.name, ...plugin(url), ...options }),
    };
    for (const name of leftOut.keys())
      t.ok(
        STREAMING_TTS_CHECKS.some(check => check.name === name),
        name,
      );
    const server = await start({ apiKey: KEY });
    const tts = fresh.create({ url: server.url, apiKey: KEY, stallMs: 5_000 });
    t.teardown(async () => {
      await tts.close();
      await server.close();
    });
    const shared: StreamingTtsRig = {
      ...fresh,
      start: async () => anew(server),
      create: () => ({ ...tts, close: async () => {} }),
    };
    for (const check of STREAMING_TTS_CHECKS) {
      if (leftOut.has(check.name) || check.suits?.(fresh) === false) continue;
      await t.resolves(check.run(FRESH.has(check.name) ? fresh : shared), check.name);
    }
  });
}

/** Loading a plugin takes a second or more: checks share one, and what they do to its server is undone. */
function anew(server: SpeechServer): SpeechServer {
  const { record } = server;
  Object.assign(server.script, newScript());
  for (const list of [record.texts, record.cancelled, record.violations]) list.length = 0;
  Object.assign(record, { chunks: 0, connections: 0 });
  return {
    ...server,
    // The plugin keeps its connections until its process ends.
    record: new Proxy(record, { get: (target, name) => (name === 'open' ? 0 : Reflect.get(target, name)) }),
    close: async () => server.breakOff(),
  };
}
