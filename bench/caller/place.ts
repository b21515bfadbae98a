import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Expectation, Stt, Tts } from '../../src/providers/types.ts';
import type { LoadedFlow } from '../../src/workflow/load.ts';
import { SdpError } from '../wire/sdp.ts';
import { SipFailure } from '../wire/sip_client.ts';
import { writeWav } from '../wire/wav.ts';
import type { WireCallOptions } from '../wire/wire_call.ts';
import type { Behaviour } from './behaviour.ts';
import { Conversation, type Watcher } from './conversation.ts';
import { knownPlaces } from './known_places.ts';
import { drawPicture } from './picture.ts';
import { expectedQuote } from './pricing.ts';
import { promptBook } from './prompts.ts';
import { type CallReport, type Outcome, spreadOf, withLatencies } from './report.ts';
import { drawScript } from './script.ts';

export interface Caller {
  readonly seed: number;
  readonly voice: string;
  readonly behaviour: Behaviour;
  readonly flow: Pick<LoadedFlow, 'document' | 'places'>;
  /** The day of the call, by which dates are drawn and urgency is priced. */
  readonly todayIso: string;
  readonly stt: Stt;
  readonly tts: Tts;
  readonly watcher: Watcher;
  /** Folder for the recording and the picture; undefined: none are kept. */
  readonly out: string | undefined;
}

/** Places calls, so many at once, and gives their reports in the order of the callers. */
export async function placeCalls(
  callers: readonly Caller[],
  dial: WireCallOptions,
  parallel: number,
): Promise<CallReport[]> {
  const reports: CallReport[] = [];
  const waiting = [...callers.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !dial.signal.aborted; next = waiting.shift()) {
      const [index, caller] = next;
      reports[index] = await placeOneCall(caller, dial);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, callers.length) }, work));
  return reports.filter(report => report !== undefined);
}

/** Places one call and tells all about it; whatever happens to the call is in the report. */
export async function placeOneCall(caller: Caller, dial: WireCallOptions): Promise<CallReport> {
  const { document, places } = caller.flow;
  const script = drawScript(document, places, caller.seed, caller.todayIso);
  const book = promptBook(document, places, knownPlaces(places, script));
  const { behaviour, stt, tts, watcher } = caller;
  await prepareRecogniser(stt, book.expect);
  const conversation = new Conversation({
    knowledge: { document, places, book },
    script,
    behaviour,
    stt,
    tts,
    watcher,
  });
  const startedAt = new Date();
  let outcome: Outcome;
  let failure: string | undefined;
  try {
    outcome = await conversation.hold(dial);
  } catch (error) {
    if (!(error instanceof SipFailure || error instanceof SdpError)) throw error;
    outcome = 'notAnswered';
    failure = error.message;
  }
  const report = reportOf(caller, dial, conversation, { outcome, failure, startedAt, script });
  return caller.out === undefined
    ? report
    : { ...report, files: saveFiles(caller.out, report, conversation) };
}

/** A new grammar takes a second or more to be made: before the call, not within its first turn. */
async function prepareRecogniser(stt: Stt, expect: Expectation): Promise<void> {
  const session = stt.open({ rateHz: 16000, expect });
  session.write(new Int16Array(3200));
  await session.finish();
}

interface Ending {
  readonly outcome: Outcome;
  readonly failure: string | undefined;
  readonly startedAt: Date;
  readonly script: ReturnType<typeof drawScript>;
}

function reportOf(
  caller: Caller,
  dial: WireCallOptions,
  conversation: Conversation,
  ending: Ending,
): CallReport {
  const { call, dialogue } = conversation;
  const { document, places } = caller.flow;
  const turns = withLatencies(conversation.turns);
  const quoteHeard =
    dialogue.quote.lines.length === 0 && dialogue.quote.totalCents === undefined ? undefined : dialogue.quote;
  const { pricing } = document;
  const expected =
    pricing === undefined ? undefined : expectedQuote(pricing, ending.script.slots, places, caller.todayIso);
  return {
    callId: call?.callId,
    serverCallId: call?.serverCallId,
    target: dial.target,
    seed: caller.seed,
    voice: caller.voice,
    codec: call?.codec.name,
    startedAt: ending.startedAt.toISOString(),
    connectMs: call === undefined ? undefined : Math.round(call.connectMs),
    durationMs: call === undefined ? undefined : Math.round(conversation.durationMs),
    endedBy: conversation.endedBy,
    outcome: ending.outcome,
    agentOutcome: dialogue.outcome,
    failure: ending.failure,
    slots: dialogue.slots,
    consent: ending.script.consent,
    turns,
    latencyMs: spreadOf(turns.flatMap(({ latencyMs }) => latencyMs ?? [])),
    bargeIns: conversation.bargeIns,
    quoteHeard,
    quoteExpected: expected,
    quoteAgrees:
      quoteHeard?.totalCents === undefined ? undefined : quoteHeard.totalCents === expected?.totalCents,
    wire: call?.stats,
    files: {},
  };
}

function saveFiles(out: string, report: CallReport, conversation: Conversation): CallReport['files'] {
  const [caller, agent] = conversation.tracks;
  if (caller === undefined || agent === undefined) return {};
  mkdirSync(out, { recursive: true });
  const base = join(out, `${report.startedAt.replaceAll(/[:.]/g, '-')}_seed-${report.seed}`);
  const files = { wav: `${base}.wav`, picture: `${base}.png` };
  const { rateHz } = agent;
  writeWav(files.wav, { rateHz, channels: [caller.pcm, agent.pcm] });
  const title = `${report.callId}: seed ${report.seed}, ${report.outcome}, ${report.codec}, latency median ${report.latencyMs?.median ?? '-'} ms`;
  const { turns, bargeIns } = report;
  writeFileSync(
    files.picture,
    drawPicture({ title, rateHz, caller: caller.pcm, agent: agent.pcm, turns, bargeIns }),
  );
  return files;
}
