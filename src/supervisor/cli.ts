import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { TrunklineError } from '../config/errors.ts';
import { addressSchema } from '../ipc/messages.ts';

/** Kept apart for bin/start.mjs, which shows it before there is a package. */
export const USAGE = readFileSync(new URL('usage.txt', import.meta.url), 'utf8');

const PARTS = ['livekit', 'livekit-sip', 'sip', 'jobs', 'roles'] as const;
export type Part = (typeof PARTS)[number];

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'upgrade'; readonly configFile: string | undefined }
  | { readonly kind: 'role'; readonly role: string; readonly runtimeFile: string }
  | {
      readonly kind: 'start' | 'check';
      readonly install: boolean;
      readonly without: readonly Part[];
      /** Undefined: trunkline.yaml of the project, which may be missing. */
      readonly configFile: string | undefined;
    };

/** A start, or the report of what it would do. */
export type StartCommand = Extract<Command, { kind: 'start' | 'check' }>;

/** @throws TrunklineError USAGE for anything that is not in USAGE's text */
export function parseCommand(args: readonly string[]): Command {
  const values = parse(args);
  if (values.help) return { kind: 'help' };
  if (values.role !== undefined || values.runtime !== undefined) {
    if (
      values.role === undefined ||
      values.runtime === undefined ||
      !addressSchema.safeParse(values.role).success
    )
      throw new TrunklineError('USAGE', '--role NAME and --runtime FILE go together');
    return { kind: 'role', role: values.role, runtimeFile: values.runtime };
  }
  if (values.upgrade) return { kind: 'upgrade', configFile: values.config };
  return {
    kind: values.check ? 'check' : 'start',
    install: !values['no-install'],
    without: (values.without ?? []).map(asPart),
    configFile: values.config,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        check: { type: 'boolean' },
        upgrade: { type: 'boolean' },
        'no-install': { type: 'boolean' },
        without: { type: 'string', multiple: true },
        config: { type: 'string' },
        role: { type: 'string' },
        runtime: { type: 'string' },
      },
    }).values;
  } catch (cause) {
    const [sentence] = (cause instanceof Error ? cause.message : String(cause)).split('. ');
    throw new TrunklineError('USAGE', sentence ?? 'unreadable options', { cause });
  }
}

function asPart(name: string): Part {
  const part = PARTS.find(candidate => candidate === name);
  if (part === undefined) {
    throw new TrunklineError(
      'USAGE',
      `--without ${JSON.stringify(name)}: only ${PARTS.join(' or ')} can be left out`,
    );
  }
  return part;
}
