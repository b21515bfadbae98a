import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bench } from './bench.ts';
import { takePosture } from './posture.ts';

const RESULTS = fileURLToPath(new URL('results', import.meta.url));

/** Loaded only when asked for: each brings its own needs. */
const BENCHES: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  calls: () => import('./calls.ts'),
  rooms: () => import('./rooms.ts'),
  judges: () => import('./judges.ts'),
  understanding: () => import('./understanding.ts'),
  recording: () => import('./recording.ts'),
  sip: () => import('./sip.ts'),
  takeover: () => import('./takeover.ts'),
  hostile: () => import('./hostile.ts'),
  concealment: () => import('./concealment.ts'),
  pipeline: () => import('./pipeline.ts'),
  bargein: () => import('./bargein.ts'),
  echo: () => import('./echo.ts'),
  vad: () => import('./vad.ts'),
  noise: () => import('./noise.ts'),
  latency: () => import('./latency.ts'),
  chaos: () => import('./chaos.ts'),
  long_call: () => import('./long_call.ts'),
  turns: () => import('./turns.ts'),
  density: () => import('./density.ts'),
  soak: () => import('./soak.ts'),
  held: () => import('./held.ts'),
  survive: () => import('./survive.ts'),
  intents: () => import('./intents.ts'),
  fleet: () => import('./fleet.ts'),
};

const HELP = `npm run bench -- NAME [--quick] [--target sip:…] [--set FOLDER] [--config FILE]
                         [--without livekit] [--minutes N] [--calls N] [--only PART]

  calls      ten callers at once by the node's own SIP: completed calls, disturbances, latencies, CPU
  rooms      the same through livekit-sip and rooms
  judges     SIPp, baresip and linphone complete calls by both ways in, with PCMU and G.722
  understanding
             spoken conversations without a line: calls completed, words heard, recognition times
  recording  a long call: drift of both sides of its recording against the wire
  sip        setting up and carrying calls without speech work, against LiveKit; needs a quiet machine
  takeover   processes are killed and hang while calls are live: none is lost, and how long they are silent
  hostile    mutated messages and packets, and floods while calls are live: nothing breaks, leaks or is late
  concealment
             PESQ of what is made up for packets lost or late, against libspandsp on the same packets
  bargein    interruptions, backchannels, noises, far voices and echo over the trunk edge: when the agent is lowered, stops,
             and goes on
  pipeline   what 10 ms of a call cost by stage, at 1, 100 and 1,000 calls; against WebRTC's audio processing and onnxruntime
  echo       the echo canceller on lines and in rooms, against WebRTC's: echo left, near end lost, CPU
  vad        voice activity by noise: F1 and delays of the network and of calls' detectors; the kernel against onnxruntime
  noise      noise suppression against Speex and RNNoise in babble, car, street, television and hiss: SNR, PESQ, STOI, CPU
  latency    turns with scripted providers over the trunk edge: from the caller's last sound to the agent's first; then the
             same dialogue through livekit-sip and LiveKit Agents, which --without livekit leaves out
  chaos      providers killed, stalled and corrupted at ten points of a turn: silences, repeated sentences, lost slots
  long_call  an hour and 1,000 turns in a minute or two: what was said early is known at the end, requests and memory stay flat
  turns      ends of callers' turns: cut-offs and delay by words and pauses, against the best fixed pause
  density    whole conversations on one core, at 50 to 200 calls: CPU, memory and lateness of frames for a call; then LiveKit's
             chain on the same core, which --without livekit leaves out; needs a quiet machine
  soak       calls come and go for two hours (--minutes) on one core: slopes of memory, descriptors, timers and lateness
  held       the most calls, mostly listening, that the whole machine holds for ten minutes; what saturates, named
  survive    processes of a node are killed, and stopped, amid conversations: calls and rows lost, silences;
             --only NAME for one of them, --only upgrade for 20 upgrades instead
  intents    wishes that every agent honours: precision and recall by intent on labelled phrases, time a phrase
  fleet      a day of 10,000 calls at once over three regions, simulated: carried, refused, lost, cores, cost

Those that judge recordings or scenes of their own take others from the folder that --set names, where they say so.
A node that runs is used; else one is started for the bench and stopped afterwards.
The last line printed is one JSON object; without --quick it is also kept in bench/results/NAME.json.
`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      target: { type: 'string' },
      set: { type: 'string' },
      without: { type: 'string' },
      minutes: { type: 'string' },
      calls: { type: 'string' },
      only: { type: 'string' },
      config: { type: 'string', default: 'trunkline.yaml' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const load = BENCHES[positionals[0] ?? ''];
  const isKnown = values.without === undefined || values.without === 'livekit';
  if (values.help || load === undefined || positionals.length !== 1 || !isKnown) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const { bench } = await load();
  const posture = takePosture();
  const { ok, headline, figures, validity, summarise } = await bench.run({
    quick: values.quick,
    target: values.target,
    setFolder: values.set,
    withoutLiveKit: values.without === 'livekit',
    configFile: values.config,
    minutes: numberOf(values.minutes),
    calls: numberOf(values.calls),
    only: values.only,
  });
  const result = { bench: bench.name, quick: values.quick, ok, ...headline, posture, figures, validity };
  if (!values.quick) {
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(join(RESULTS, `${bench.name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
    if (summarise !== undefined) writeFileSync(join(RESULTS, `${bench.name}.md`), summarise(posture));
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return ok ? 0 : 1;
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(number > 0)) throw new Error(`${text} is no number of minutes or calls`);
  return number;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
