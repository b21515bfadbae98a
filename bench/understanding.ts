import { resolve } from 'node:path';
import { loadConfig } from '../src/config/load.ts';
import type { Config } from '../src/config/schema.ts';
import { createPocketsphinxStt } from '../src/providers/stt/pocketsphinx.ts';
import type { Stt } from '../src/providers/types.ts';
import { type LoadedFlow, loadFlow } from '../src/workflow/load.ts';
import type { Bench } from './bench.ts';
import { openVoice } from './caller/local_speech.ts';
import { VOICES, type VoiceName } from './caller/options.ts';
import { SeededRandom } from './caller/random.ts';
import { spreadOf } from './caller/report.ts';
import { localDate } from './caller/script.ts';
import { measureProcesses } from './process_cpu.ts';
import { holdSpokenCall, type SpokenCall } from './understanding/spoken_call.ts';
import { CODECS, type CodecName } from './wire/codec.ts';

const SEEDS = 40;
const QUICK_SEEDS = 2;
const CODEC_NAMES: readonly CodecName[] = ['G722', 'PCMU'];

/** How well the agent understands: many spoken conversations over a codec, as fast as they can be computed. */
export const bench: Bench = {
  name: 'understanding',
  run: async ({ quick, configFile }) => {
    const config = loadConfig(resolve(configFile));
    const flow = await loadFlow(resolve(config.workflows.dir), config.workflows.default);
    const { pocketsphinxModel, flite } = config.voice;
    const stt = createPocketsphinxStt({ modelDir: pocketsphinxModel, flite });
    for (const expect of flow.standing) stt.prepare(expect);
    const measuring = measureProcesses(process.pid);
    const byCodec: Record<string, ReturnType<typeof figuresOf>> = {};
    try {
      for (const codec of CODEC_NAMES) {
        byCodec[codec] = figuresOf(
          await holdCalls(codec, quick ? QUICK_SEEDS : SEEDS, { config, flow, stt }),
        );
      }
    } finally {
      await stt.close();
    }
    return {
      ok: Object.values(byCodec).every(({ completed }) => completed > 0),
      figures: { ...byCodec, processes: measuring.stop() },
      validity: [
        'synthetic voices in a quiet room, American English; people vary more',
        'the caller understands every word of the agent; what is measured is the agent’s understanding alone',
        'no time passes: searches begin when the caller has ended, whereas in a call they begin in the pauses',
        'finals are measured by the clock and depend on what else the machine does',
      ],
    };
  },
};

async function holdCalls(
  codecName: CodecName,
  seeds: number,
  { config, flow, stt }: { readonly config: Config; readonly flow: LoadedFlow; readonly stt: Stt },
): Promise<SpokenCall[]> {
  const calls: SpokenCall[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const voice: VoiceName = new SeededRandom(seed, 'voice').pick(VOICES);
    const tts = await openVoice(config, voice);
    const call = await holdSpokenCall(seed, {
      flow,
      stt,
      tts,
      codec: CODECS[codecName],
      todayIso: localDate(new Date()),
    });
    await tts.close();
    calls.push(call);
    const wrong = call.completed ? '' : ` ${call.wrongSlots.join(' ')}`;
    process.stderr.write(
      `${codecName} seed ${seed} ${voice} ${call.completed ? 'completed' : 'failed'}${wrong}\n`,
    );
  }
  return calls;
}

function figuresOf(calls: readonly SpokenCall[]) {
  const utterances = calls.flatMap(call => call.utterances);
  const wrong = utterances.filter(({ right }) => !right);
  return {
    calls: calls.length,
    completed: calls.filter(({ completed }) => completed).length,
    failedSeeds: calls.filter(({ completed }) => !completed).map(({ seed }) => seed),
    utterances: utterances.length,
    /** Some of them mean the same: "nope" heard as "no". */
    otherWords: wrong.length,
    doubted: utterances.filter(({ believed }) => !believed).length,
    speechSeconds: Math.round(utterances.reduce((sum, { audioMs }) => sum + audioMs, 0) / 1000),
    finalMs: spreadOf(utterances.map(({ finalMs }) => finalMs)),
  };
}
