import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../src/config/load.ts';
import type { Config } from '../src/config/schema.ts';
import type { Tts } from '../src/providers/types.ts';
import { loadFlow } from '../src/workflow/load.ts';
import { isCooperative } from './caller/behaviour.ts';
import { Display } from './caller/display.ts';
import { openEars, openVoice } from './caller/local_speech.ts';
import { type CallOptions, HELP, readOptions, UsageError, VOICES, type VoiceName } from './caller/options.ts';
import { type Caller, type Dial, placeCalls, type Watcher } from './caller/place.ts';
import { SeededRandom } from './caller/random.ts';
import { findRecord } from './caller/record.ts';
import type { CallReport } from './caller/report.ts';
import { localDate } from './caller/script.ts';
import { summaryTable, totals } from './caller/summary.ts';
import { ownTarget } from './node.ts';
import { type Get, ownApi } from './own_api.ts';
import { parseSipUri } from './wire/sip_uri.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const SILENT: Watcher = {
  provisional: () => {},
  answered: () => {},
  turn: () => {},
  interrupted: () => {},
  ended: () => {},
};

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, process.env);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const config = loadConfig(resolve(ROOT, options.config));
  const target = options.target ?? ownTarget(config);
  const workflow =
    options.workflow ?? config.workflows.byNumber[parseSipUri(target).user] ?? config.workflows.default;
  const flow = await loadFlow(resolve(ROOT, config.workflows.dir), workflow);
  const voiceOf = (seed: number): VoiceName => options.voice ?? new SeededRandom(seed, 'voice').pick(VOICES);
  const voices = new Map<VoiceName, Tts>();
  for (const name of new Set(options.seeds.map(voiceOf))) voices.set(name, await openVoice(config, name));
  const stt = await openEars(config);
  const callers = options.seeds.map((seed): Caller => {
    const voice = voiceOf(seed);
    return {
      seed,
      voice,
      behaviour: options.behaviour,
      flow,
      todayIso: localDate(new Date()),
      stt,
      tts: voices.get(voice)!,
      watcher: watcherOf(options, target, seed, voice),
      out: options.files ? resolve(ROOT, options.out) : undefined,
    };
  });
  try {
    const placed = await placeCalls(callers, dialOf(options, target), options.parallel);
    const reports = await withRecords(placed, config, target);
    report(options, reports);
    return reports.length === callers.length && reports.every(one => wentAsMeant(options, one)) ? 0 : 1;
  } finally {
    await Promise.all([stt.close(), ...[...voices.values()].map(voice => voice.close())]);
  }
}

function watcherOf(options: CallOptions, target: string, seed: number, voice: string): Watcher {
  if (options.quiet) return SILENT;
  const display = new Display(process.stdout, options.parallel > 1 ? `[${seed}]` : '');
  display.dialling(target, seed, voice);
  return display;
}

/** ^C ends what is going on in an orderly way: a ringing call is cancelled, a call hung up. */
function dialOf(options: CallOptions, target: string): Dial {
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  process.once('SIGTERM', () => abort.abort());
  const { user, password, network } = options;
  return {
    target,
    fromUser: options.from,
    codecs: options.codecs,
    network,
    localHost: options.localHost,
    credentials: user === undefined || password === undefined ? undefined : { user, password },
    answerTimeoutMs: options.answerTimeoutMs,
    signal: abort.signal,
  };
}

/** With the ids of the records, where it was our own node that was called. */
async function withRecords(
  reports: readonly CallReport[],
  config: Config,
  target: string,
): Promise<readonly CallReport[]> {
  const api = isOwnNode(config, target) ? readableApi(config) : undefined;
  if (api === undefined) return reports;
  return Promise.all(
    reports.map(async one => {
      const { sipCallId } = one;
      return sipCallId === undefined ? one : { ...one, callId: await findRecord(api, sipCallId) };
    }),
  );
}

function isOwnNode(config: Config, target: string): boolean {
  const called = parseSipUri(target);
  return (['phone', 'livekit-sip'] as const)
    .map(way => parseSipUri(ownTarget(config, way)))
    .some(own => called.host === own.host && called.port === own.port);
}

/** Undefined where this user may not read the node's key. */
function readableApi(config: Config): Get | undefined {
  try {
    return ownApi(config);
  } catch {
    return undefined;
  }
}

function report(options: CallOptions, reports: readonly CallReport[]): void {
  const [only] = reports;
  if (only === undefined) return;
  if (!options.quiet) {
    if (reports.length === 1) new Display(process.stdout).summary(only);
    else process.stdout.write(`\n${summaryTable(reports)}\n`);
  }
  if (!options.json) return;
  const result = reports.length === 1 ? only : { ...totals(reports), reports };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** A caller who was told to misbehave has done so when the call came about. */
function wentAsMeant({ behaviour }: CallOptions, { outcome, quoteAgrees }: CallReport): boolean {
  if (!isCooperative(behaviour)) return outcome !== 'notAnswered';
  return outcome === 'completed' && quoteAgrees !== false;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
