import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { DEFAULT_PIPELINE_POLICY, type PipelinePolicy, pipelinePolicy } from '../../pipeline/policy.ts';
import { pipelineSchema } from '../../src/config/pipeline.ts';
import { explainFileError, InputError } from './input_error.ts';
import { MOST_MINUTES } from './recording_source.ts';

export const HELP = `npm run pipeline -- NEAR.wav [FAR.wav] [--out FOLDER] [--rate 8000|16000] [--policy FILE|YAML]
npm run pipeline -- --golden

Sends a recording through the uplink as a call's audio goes: every 10 ms through every stage, with voice detection and
turn taking. NEAR is the caller as the line brought them, FAR what the agent said; a recording of two channels has both,
caller left, agent right, as our own recordings do. WAV files of PCM, floats, u-law or A-law, up to ${MOST_MINUTES} minutes.

  --out     where the results go: a WAV file after every stage, picture.png, report.json (var/pipeline/NAME)
  --rate    of the pipeline; by default 16000 where the recording has as much, and else 8000
  --policy  what is to be other than by default, as under "pipeline:" in trunkline.yaml: a file, or "{noise: {kind: off}}"
  --golden  draws the pictures of docs/pipeline anew, from sounds that are the same each time
`;

const MOST_POLICY_BYTES = 65_536;

export type Options =
  | { readonly task: 'help' }
  | { readonly task: 'golden' }
  | {
      readonly task: 'examine';
      readonly near: string;
      readonly far: string | undefined;
      readonly out: string;
      readonly rateHz: PipelineRateHz | undefined;
      readonly policy: PipelinePolicy;
    };

/** @throws InputError */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = readArguments(args);
  if (values.help) return { task: 'help' };
  const [near, far, ...more] = positionals;
  if (values.golden) {
    if (near !== undefined) throw new InputError('--golden takes no recording');
    return { task: 'golden' };
  }
  if (near === undefined) throw new InputError('which recording? See npm run pipeline -- --help');
  if (more.length > 0) throw new InputError(`two recordings at most, not ${positionals.length}`);
  return {
    task: 'examine',
    near,
    far,
    out: values.out ?? join('var', 'pipeline', nameOf(near)),
    rateHz: rateOf(values.rate),
    policy: policyOf(values.policy),
  };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        rate: { type: 'string' },
        policy: { type: 'string' },
        golden: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}

function nameOf(path: string): string {
  const name = basename(path)
    .replace(/\.wav$/i, '')
    .replaceAll(/[^\w.-]+/g, '_')
    .replace(/^\.+/, '');
  return name === '' ? 'recording' : name;
}

function rateOf(text: string | undefined): PipelineRateHz | undefined {
  if (text === undefined) return undefined;
  if (text === '8000') return 8000;
  if (text === '16000') return 16_000;
  throw new InputError(`--rate ${text}: the pipeline runs at 8000 and 16000 Hz`);
}

function policyOf(text: string | undefined): PipelinePolicy {
  if (text === undefined) return DEFAULT_PIPELINE_POLICY;
  const isInline = text.trimStart().startsWith('{');
  const parsed = pipelineSchema.safeParse(parsedValue(isInline ? text : readPolicy(text)));
  if (!parsed.success) throw new InputError(`--policy: ${z.prettifyError(parsed.error)}`);
  return pipelinePolicy(parsed.data);
}

function readPolicy(path: string): string {
  try {
    if (existsSync(path) && statSync(path).size > MOST_POLICY_BYTES) {
      throw new InputError(`${path}: no policy is as long as that`);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw error instanceof InputError ? error : explainFileError(error, path);
  }
}

/** YAML, of which JSON is a part. */
function parsedValue(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw new InputError(`--policy: ${error instanceof Error ? error.message : String(error)}`);
  }
}
