import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { createPluginStt } from '../../src/providers/livekit_plugin/plugin_stt.ts';
import { DeepgramListenServer } from './servers/deepgram_listen.ts';
import { type ScriptedWord, type SpeechFault, scriptedWords } from './servers/scripted_words.ts';
import { STREAMING_STT_CHECKS } from './streaming_stt_conformance.ts';
import {
  faultOf,
  hear,
  KEY,
  type RigTimes,
  type Running,
  type StreamingSttRig,
} from './streaming_stt_rig.ts';

const MS_PER_WORD = 200;
const LEVEL = 1_000;
const LEVELS = 30;

interface Shared extends Running {
  readonly server: DeepgramListenServer;
  readonly times: RigTimes;
}

/** A busy machine may take a while to load it. */
const PATIENT: RigTimes = { finalMs: 30_000 };

/** What a socket does at once takes a process, a plugin and their event loops a while. */
const SLOWER = 5;

function slower(times: RigTimes): RigTimes {
  return Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, ms * SLOWER]));
}

/** An utterance is known by the level of its sound, which is loud enough not to be taken for silence. */
async function open(key: string, wanted: RigTimes = {}): Promise<Shared> {
  const server = await new DeepgramListenServer(KEY).start();
  const said: (readonly ScriptedWord[])[] = [];
  let utterances = 0;
  server.script = ({ head }) => said[Math.round((head[head.length >> 1] ?? 0) / LEVEL) - 1] ?? [];
  const times: RigTimes = { ...PATIENT, ...slower(wanted) };
  const stt = createPluginStt({
    name: 'plugin',
    package: '@livekit/agents-plugin-deepgram',
    options: { baseUrl: server.url.replace('/v1/listen', '') },
    apiKey: key,
    times,
    processLimits: { loadMs: 60_000, pingMs: 30_000 },
  });
  return {
    stt,
    server,
    times,
    async say(text) {
      const words = scriptedWords(text, { msPerWord: MS_PER_WORD });
      const at = utterances++ % LEVELS;
      said[at] = words;
      const ms = Math.max(1_000, words.length * MS_PER_WORD + 100);
      return new Int16Array(16 * ms).fill((at + 1) * LEVEL);
    },
    async close() {
      await stt.close();
      await server.close();
    },
  };
}

/** Loading the plugin takes a second or more: checks share one process, and what they do to its server is undone. */
function sharing(shared: Shared): StreamingSttRig {
  const { stt, server, say, times } = shared;
  return {
    name: 'plugin',
    async start({ key = KEY, times: wanted = {} } = {}) {
      if (key !== KEY) return open(key);
      for (const name of Object.keys(times)) Reflect.deleteProperty(times, name);
      Object.assign(times, PATIENT, slower(wanted));
      server.fault = () => undefined;
      server.finalDelayMs = () => 0;
      server.idleMs = 10_000;
      server.rates = [8_000, 16_000];
      server.requests.length = 0;
      server.audioBytes = 0;
      // What is being closed is not to be broken off.
      const close = async () => {
        for (let at = 0; at < 50 && server.openConnections > 0; at++) await pause(10);
      };
      return { stt, server, say, close };
    },
  };
}

/** Checks that ask for what the plugin has not, and why. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['uses a connection again', 'the plugin opens one for each stream'],
  ['uses the connection that was prepared', 'the same'],
  ['keeps a connection awake between utterances', 'the same'],
  ['passes hints on, within its limits, and no hints of another', 'they are the plugin’s, not a stream’s'],
  ['gets garbage as text', 'the plugin dials anew, and tells nobody what was lost'],
  ['gets JSON that is none of its own', 'the same'],
  ['gets garbage as bytes', 'the same'],
  ['gets garbage for its final', 'the same: the final is too late'],
  ['gets half of a message', 'the same'],
  ['loses its connection in the middle', 'the same'],
  ['loses its connection before the final', 'the same: the final is too late'],
  ['is closed on', 'the same: the final is too late'],
  ['is told to come back later', 'the plugin does not tell when'],
  ['notices a half-open connection while somebody speaks', 'the plugin does not notice'],
]);
/** They leave connections behind that the plugin waits for, or count those that are there. */
const FRESH = /^(leaves nothing|hears nothing any|hears no final|hears pings|dials anew|loses no word)/u;

/** How soon somebody else's code answers is not ours to hold on a busy machine. */
const PLUGIN_CHECKS =
  process.env.TRUNKLINE_PLUGIN_CHECKS === undefined &&
  'takes minutes, and a machine that does nothing else: TRUNKLINE_PLUGIN_CHECKS=1 runs it';

t.test('a recogniser of the plugin for deepgram conforms', { skip: PLUGIN_CHECKS }, async t => {
  for (const name of LEFT_OUT.keys())
    t.ok(
      STREAMING_STT_CHECKS.some(check => check.name === name),
      name,
    );
  const shared = await open(KEY);
  t.teardown(() => shared.close());
  const rig = sharing(shared);
  const alone: StreamingSttRig = {
    name: 'plugin',
    start: ({ key = KEY, times } = {}) => open(key, times),
  };
  for (const check of STREAMING_STT_CHECKS) {
    if (LEFT_OUT.has(check.name)) continue;
    await t.resolves(check.run(FRESH.test(check.name) ? alone : rig), check.name);
  }
});

t.test('a final that the plugin never gives is a fault, and the next one comes', async t => {
  const shared = await open(KEY);
  t.teardown(() => shared.close());
  const { stt, say, server, times } = shared;
  t.equal((await hear(stt, await say('to load it'))).text, 'to load it');
  const faults: readonly SpeechFault[] = [
    { type: 'text', at: 'final', text: '{"type":' },
    { type: 'kill', at: 'final' },
    { type: 'close', at: 'final', code: 1011, reason: '' },
  ];
  for (const fault of faults) {
    // It is not ended before it is given up: what was heard so far would do for a final.
    Object.assign(times, { answerMs: 5_000, silentMs: 300 });
    server.fault = () => fault;
    const { kind, detail } = await faultOf(hear(stt, await say('what nobody shall read')));
    t.match(kind, /^(timeout|unavailable|protocol)$/);
    t.notMatch(detail, /nobody|read/);
    server.fault = () => undefined;
    // On a busy machine an answer takes its time.
    Object.assign(times, slower({ answerMs: 2_000, silentMs: 6_000 }));
    t.equal((await hear(stt, await say('the next one'))).text, 'the next one');
  }
});
