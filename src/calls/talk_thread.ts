import type { MessagePort } from 'node:worker_threads';
import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { LAST_WORDS } from '../agent/farewell.ts';
import { HOLDING_WORDS } from '../agent/holding.ts';
import type { After } from '../agent/ports.ts';
import { BRIDGING_WORDS } from '../agent/resumption.ts';
import type { ToolReceivers } from '../agent/tools/tool_receivers.ts';
import { Voice } from '../agent/voice.ts';
import { LIMITS } from '../config/limits.ts';
import type { Providers } from '../providers/registry.ts';
import type { EventLog } from '../store/event_log.ts';
import type { KeptStates } from '../store/kept_states.ts';
import type { Flow } from '../workflow/types.ts';
import type { CallFlows } from '../workflow/versions/call_flows.ts';
import type { Look } from '../workflow/versions/shelf.ts';
import { describeFault } from './fault.ts';
import type { TalkServices } from './talk_call.ts';
import { type Every, TalkCalls } from './talk_calls.ts';
import type { ToAudio, ToTalk } from './thread_messages.ts';

export interface TalkThreadParts extends Pick<TalkServices, 'memory' | 'openRecorder' | 'config' | 'log'> {
  readonly flows: VersionedFlows;
  readonly tools: ToolReceivers;
  readonly earlier: KeptStates;
  readonly port: MessagePort;
  readonly providers: Pick<Providers, 'stt' | 'tts' | 'llm' | 'speech' | 'close'>;
  readonly events: EventLog;
}

/** Workflows in the versions of which calls need one. */
export interface VersionedFlows extends CallFlows {
  /** What new calls begin with, by name. */
  readonly live: ReadonlyMap<string, Flow>;
  /** What they are to begin with from now on. */
  look(): Omit<Look, 'fresh'> & { readonly fresh: readonly Flow[] };
}

/** How often the spool is looked at. */
const WATCH_SPOOL_MS = 500;

export const after: After = (delayMs, action) => {
  const timer = setTimeout(action, delayMs);
  return () => clearTimeout(timer);
};

const every: Every = (intervalMs, action) => {
  const timer = setInterval(action, intervalMs);
  return () => clearInterval(timer);
};

/**
 * Serves the calls of a media process until it is told to stop; then everything it was given is closed.
 * @throws TrunklineError TTS_FAILED when not even the last words can be rendered
 */
export async function serveCalls(parts: TalkThreadParts): Promise<void> {
  const { port, providers, events, flows, config, log } = parts;
  const { stt, tts, llm, speech } = providers;
  const send = (message: ToAudio) => port.postMessage(message);
  const first = flows.look();
  first.use();
  const voice = new Voice(tts, after);
  for (const rateHz of ratesOf(config))
    await voice.keep([...Object.values(LAST_WORDS), HOLDING_WORDS, BRIDGING_WORDS], rateHz);
  const greetings = new Greetings(voice, ratesOf(config));
  await greetings.keep([...flows.live.values(), ...first.fresh]);
  const calls = new TalkCalls({ ...parts, stt, llm, speech, voice, after, send, nowMs: Date.now }, every);
  const unwatch = watchSpool(events, send);
  const takeUp = versionsTaker(parts, greetings, send);
  const stop = async () => {
    unwatch();
    await calls.stop();
    await Promise.allSettled([
      providers.close(),
      tts.close(),
      parts.tools.close(),
      parts.earlier.close(),
      events.close(),
    ]);
    port.close();
  };
  port.on('message', (message: ToTalk) => {
    if (message.type === 'stop') void stop();
    else if (message.type === 'workflowsChanged') takeUp();
    else if (message.type === 'orphanFate') void events.settleOrphan(message.callId, message.isLost);
    else calls.receive(message);
  });
  log.info(
    { workflows: [...flows.live.keys()], stt: stt.name, tts: tts.name, llm: llm?.name, speech: speech?.name },
    'ready for calls',
  );
  send({ type: 'ready' });
  send({ type: 'workflowsInForce', seq: first.seq, failed: first.failed });
  for (const callId of events.orphans) send({ type: 'orphan', callId });
}

/**
 * Puts in force for new calls what versions there are by now, one change after the other; calls that are up keep what they
 * have. A greeting that is not spoken in time is spoken when it is wanted.
 */
function versionsTaker(
  { flows, log }: Pick<TalkThreadParts, 'flows' | 'log'>,
  greetings: Greetings,
  send: (message: ToAudio) => void,
): () => void {
  const take = async (): Promise<void> => {
    const { fresh, seq, failed, use } = flows.look();
    const late = Promise.withResolvers<void>();
    const cancel = after(LIMITS.versionGreetingMs, late.resolve);
    const spoken = greetings
      .keep([...flows.live.values(), ...fresh])
      .catch(error => log.warn({ fault: describeFault(error) }, 'a greeting is not spoken ahead'));
    await Promise.race([spoken, late.promise]);
    cancel();
    use();
    log.info({ seq, failed }, 'versions of workflows are in force');
    send({ type: 'workflowsInForce', seq, failed });
  };
  let last = Promise.resolve();
  return () => {
    last = last
      .then(take)
      .catch(error => log.error({ fault: describeFault(error) }, 'versions not taken up'));
  };
}

/** Tells whenever the spool became full or has room again; until the returned function is called. */
function watchSpool(events: EventLog, send: (message: ToAudio) => void): () => void {
  let full = false;
  return every(WATCH_SPOOL_MS, () => {
    const now = events.stats().spool.full;
    if (now !== full) send({ type: 'spool', full: now });
    full = now;
  });
}

/** At which calls may come: a phone's depends on its codec. */
function ratesOf({ sip, media }: TalkThreadParts['config']): readonly PipelineRateHz[] {
  return sip.enabled ? [8000, 16_000] : [media.roomRateHz];
}

/** The first words of calls, which are there when a call is answered. */
class Greetings {
  readonly #voice: Voice;
  readonly #ratesHz: readonly PipelineRateHz[];
  #kept: ReadonlySet<string> = new Set();

  constructor(voice: Voice, ratesHz: readonly PipelineRateHz[]) {
    this.#voice = voice;
    this.#ratesHz = ratesHz;
  }

  /** @throws TrunklineError TTS_FAILED */
  async keep(flows: Iterable<Flow>): Promise<void> {
    const greetings = new Set([...flows].flatMap(greetingOf));
    const missing = [...greetings].filter(sentence => !this.#kept.has(sentence));
    for (const rateHz of this.#ratesHz) await this.#voice.keep(missing, rateHz);
    const gone = [...this.#kept].filter(sentence => !greetings.has(sentence));
    for (const rateHz of this.#ratesHz) this.#voice.forget(gone, rateHz);
    this.#kept = greetings;
  }
}

function greetingOf(flow: Flow): readonly string[] {
  return flow.next(flow.initial, { type: 'start' }, { todayIso: '2000-01-01' }).say;
}
