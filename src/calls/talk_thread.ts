import type { MessagePort } from 'node:worker_threads';
import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { LAST_WORDS } from '../agent/farewell.ts';
import { HOLDING_WORDS } from '../agent/holding.ts';
import type { After } from '../agent/ports.ts';
import { BRIDGING_WORDS } from '../agent/resumption.ts';
import type { ToolReceivers } from '../agent/tools/tool_receivers.ts';
import { Voice } from '../agent/voice.ts';
import type { Providers } from '../providers/registry.ts';
import type { Tts } from '../providers/types.ts';
import type { EventLog } from '../store/event_log.ts';
import type { Flow } from '../workflow/types.ts';
import type { TalkServices } from './talk_call.ts';
import { type Every, TalkCalls } from './talk_calls.ts';
import type { ToAudio, ToTalk } from './thread_messages.ts';

export interface TalkThreadParts
  extends Pick<TalkServices, 'memory' | 'flows' | 'openRecorder' | 'config' | 'log'> {
  readonly tools: ToolReceivers;
  readonly port: MessagePort;
  readonly providers: Pick<Providers, 'stt' | 'tts' | 'llm' | 'speech' | 'close'>;
  readonly events: EventLog;
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
  const voice = await preparedVoice(tts, flows, ratesOf(config));
  const calls = new TalkCalls({ ...parts, stt, llm, speech, voice, after, send, nowMs: Date.now }, every);
  const unwatch = watchSpool(events, send);
  const stop = async () => {
    unwatch();
    await calls.stop();
    await Promise.allSettled([providers.close(), tts.close(), parts.tools.close(), events.close()]);
    port.close();
  };
  port.on('message', (message: ToTalk) => {
    if (message.type === 'stop') void stop();
    else if (message.type === 'orphanFate') void events.settleOrphan(message.callId, message.isLost);
    else calls.receive(message);
  });
  log.info(
    { workflows: [...flows.keys()], stt: stt.name, tts: tts.name, llm: llm?.name, speech: speech?.name },
    'ready for calls',
  );
  send({ type: 'ready' });
  for (const callId of events.orphans) send({ type: 'orphan', callId });
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

/** Greetings are there when a call is answered, last words when nothing else works any more. */
async function preparedVoice(
  tts: Tts,
  flows: ReadonlyMap<string, Flow>,
  ratesHz: readonly PipelineRateHz[],
): Promise<Voice> {
  const voice = new Voice(tts, after);
  const greetings = [...flows.values()].flatMap(
    flow => flow.next(flow.initial, { type: 'start' }, { todayIso: '2000-01-01' }).say,
  );
  for (const rateHz of ratesHz)
    await voice.keep([...Object.values(LAST_WORDS), HOLDING_WORDS, BRIDGING_WORDS, ...greetings], rateHz);
  return voice;
}
