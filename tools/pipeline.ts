import { join } from 'node:path';
import { type Examination, examine } from './pipeline/examine.ts';
import { drawGolden } from './pipeline/golden.ts';
import { InputError } from './pipeline/input_error.ts';
import { HELP, type Options, readOptions } from './pipeline/options.ts';
import { Progress } from './pipeline/progress.ts';
import { writeResults } from './pipeline/report.ts';

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options.task === 'help') process.stdout.write(HELP);
  if (options.task === 'golden') for (const name of await drawGolden()) process.stdout.write(`${name}\n`);
  if (options.task === 'examine') await look(options);
}

async function look(options: Options & { readonly task: 'examine' }): Promise<void> {
  const progress = new Progress(process.stderr);
  const found = await examine({ ...options, onProgress: share => progress.show(share) });
  progress.end();
  const names = writeResults(found, options.out);
  process.stdout.write(summaryOf(found));
  for (const name of names) process.stdout.write(`${join(options.out, name)}\n`);
}

/** The chain and its decisions, for the terminal. */
function summaryOf({ chain, stages, decisions }: Examination): string {
  const lines = stages
    .filter(({ changes }) => changes)
    .map(
      ({ name, levels, costUs }) =>
        `  ${name.padEnd(24)} ${levels.activeDb.toFixed(1).padStart(6)} dB active ${levels.floorDb.toFixed(1).padStart(6)} dB floor ${costUs.median.toFixed(2).padStart(8)} us`,
    );
  const events = decisions.map(({ type, atMs }) => `  ${(atMs / 1000).toFixed(2).padStart(8)} s  ${type}`);
  return `${[chain, ...lines, ...events].join('\n')}\n`;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
