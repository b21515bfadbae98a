import { UsageError } from './caller/options.ts';
import { SeededRandom } from './caller/random.ts';
import { encodeAudio } from './load/encoded_audio.ts';
import { Load } from './load/load.ts';
import { type LoadReport, reportOn } from './load/load_report.ts';
import { scriptOf } from './load/manners.ts';
import { HELP, type LoadCommand, readLoadCommand } from './load/options.ts';
import { babble, mixed, noise, silence } from './load/sounds.ts';
import { readWav } from './wire/wav.ts';

const SAID_MS = 2500;
const SAID_DBFS = -20;
const NOISE_MS = 2000;
/** Callers have so many voices between them. */
const VOICES = 16;

async function main(args: readonly string[]): Promise<number> {
  const command = readLoadCommand(args, process.env);
  if (command.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const load = await Load.open(optionsOf(command));
  process.once('SIGINT', () => void load.hangUp());
  process.once('SIGTERM', () => void load.hangUp());
  try {
    const watch = load.watch();
    await load.place(command);
    await load.ended();
    const generator = watch.stop();
    const report = reportOn(load.records);
    const records = command.records
      ? { records: load.records.map(record => ({ ...record, heard: undefined })) }
      : {};
    process.stdout.write(`${JSON.stringify({ target: command.target, ...report, generator, ...records })}\n`);
    return isSound(report) && generator.invalidBecause.length === 0 ? 0 : 1;
  } finally {
    load.close();
  }
}

function optionsOf(command: LoadCommand) {
  const { codec, manner, keys, network, keepEvery, noiseDbfs } = command;
  const { rateHz } = codec;
  const random = new SeededRandom(command.seed, 'sounds');
  const beneath =
    noiseDbfs === undefined ? silence(NOISE_MS, rateHz) : noise(NOISE_MS, rateHz, noiseDbfs, random);
  const said = saidBy(command).map(pcm => encodeAudio(mixed(pcm, beneath), codec));
  return {
    ...command,
    idle: encodeAudio(beneath, codec),
    script: (index: number) => scriptOf(manner, said[index % said.length]!, keys),
    keepsTrack: (index: number) => keepEvery > 0 && index % keepEvery === 0,
    sending: network,
    receiving: network,
  };
}

/** What the callers say, one after the other. */
function saidBy({ wavFile, codec: { rateHz }, seed }: LoadCommand): Int16Array[] {
  if (wavFile === undefined) {
    return Array.from({ length: VOICES }, (_, index) =>
      babble(SAID_MS, rateHz, SAID_DBFS, new SeededRandom(seed, `voice ${index}`)),
    );
  }
  const wav = readWav(wavFile);
  if (wav.rateHz !== rateHz) throw new UsageError(`--wav: ${rateHz} Hz is needed, not ${wav.rateHz}`);
  return [wav.channels[0]!];
}

function isSound({ calls, outcomes, oneWay }: LoadReport): boolean {
  return outcomes.answered === calls && Object.keys(oneWay).length === 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
