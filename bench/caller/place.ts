import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Expectation, Stt, Tts } from '../../src/providers/types.ts';
import type { LoadedFlow } from '../../src/workflow/load.ts';
import type { Impairment } from '../wire/impaired_path.ts';
import { SdpError } from '../wire/sdp.ts';
import { SipFailure } from '../wire/sip_client.ts';
import type { Track } from '../wire/track.ts';
import { writeWav } from '../wire/wav.ts';
import { placeCall, type WireCall, type WireCallOptions } from '../wire/wire_call.ts';
import type { Behaviour } from './behaviour.ts';
import { Conversation, type PlaceWire, type TalkWatcher } from './conversation.ts';
import { knownPlaces } from './known_places.ts';
import { drawPicture } from './picture.ts';
import { expectedQuote } from './pricing.ts';
import { promptBook } from './prompts.ts';
import { type CallReport, type Outcome, spreadOf, type TalkReport, withLatencies } from './report.ts';
import { drawScript, type Script } from './script.ts';

/** Who talks, by which script, with which ears and mouth. */
export interface Talker {
  readonly seed: number;
  readonly behaviour: Behaviour;
  readonly flow: Pick<LoadedFlow, 'document' | 'places'>;
  /** The day of the call, by which dates are drawn and urgency is priced. */
  readonly todayIso: string;
  /** What the caller wants; drawn by the seed where it is left out. */
  readonly script?: Script | undefined;
  readonly stt: Stt;
  readonly tts: Tts;
  readonly watcher: TalkWatcher;
}

/** Told what happens to a call as it happens. */
export interface Watcher extends TalkWatcher {
  provisional(status: number, reason: string): void;
  answered(call: WireCall): void;
}

export interface Caller extends Talker {
  readonly voice: string;
  readonly watcher: Watcher;
  /** Folder for the recording and the picture; undefined: none are kept. */
  readonly out: string | undefined;
}

/** How calls are placed; a bad network treats each by its caller's seed. */
export interface Dial extends Omit<WireCallOptions, 'network'> {
  readonly network?: Impairment | undefined;
}

/** Places calls, so many at once, and gives their reports in the order of the callers. */
export async function placeCalls(
  callers: readonly Caller[],
  dial: Dial,
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
export async function placeOneCall(caller: Caller, dial: Dial): Promise<CallReport> {
  const { seed, voice, watcher } = caller;
  let call: WireCall | undefined;
  let failure: string | undefined;
  const startedAt = new Date();
  const provisional: Watcher['provisional'] = (status, reason) => watcher.provisional(status, reason);
  const talk = await holdTalk(caller, dial.signal, async ends => {
    try {
      const network = dial.network && { impairment: dial.network, seed };
      call = await placeCall({ ...dial, network }, { ...ends, provisional });
      watcher.answered(call);
    } catch (error) {
      if (!(error instanceof SipFailure || error instanceof SdpError)) throw error;
      failure = error.message;
    }
    return call;
  });
  const report = {
    sipCallId: call?.callId,
    serverCallId: call?.serverCallId,
    callId: undefined,
    target: dial.target,
    seed,
    voice,
    codec: call?.codec.name,
    startedAt: startedAt.toISOString(),
    connectMs: call === undefined ? undefined : Math.round(call.connectMs),
    failure,
    ...talk.report,
    wire: call?.stats,
    files: {},
  };
  return caller.out === undefined ? report : { ...report, files: saveFiles(caller.out, report, talk.tracks) };
}

/** A new grammar takes a second or more to be made: before the call, not within its first turn. */
async function prepareRecogniser(stt: Stt, expect: Expectation): Promise<void> {
  const session = stt.open({ rateHz: 16000, expect });
  session.write(new Int16Array(3200));
  await session.finish();
}

interface Talk {
  readonly report: TalkReport;
  /** What went over the wire: the caller's side and the agent's; none when there was no call. */
  readonly tracks: readonly Track[];
}

/** Holds one conversation over a wire, and tells all about it. */
export async function holdTalk(talker: Talker, signal: AbortSignal, place: PlaceWire): Promise<Talk> {
  const { behaviour, stt, tts, watcher, todayIso } = talker;
  const { document, places } = talker.flow;
  const script = talker.script ?? drawScript(document, places, talker.seed, todayIso);
  const book = promptBook(document, places, knownPlaces(places, script));
  await prepareRecogniser(stt, book.expect);
  const knowledge = { document, places, book };
  const conversation = new Conversation({ knowledge, script, behaviour, stt, tts, watcher });
  const outcome = await conversation.hold(place, signal);
  return { report: reportOf(talker, script, conversation, outcome), tracks: conversation.tracks };
}

function reportOf(talker: Talker, script: Script, conversation: Conversation, outcome: Outcome): TalkReport {
  const { dialogue, durationMs } = conversation;
  const { document, places } = talker.flow;
  const turns = withLatencies(conversation.turns);
  const quoteHeard =
    dialogue.quote.lines.length === 0 && dialogue.quote.totalCents === undefined ? undefined : dialogue.quote;
  const { pricing } = document;
  const expected =
    pricing === undefined ? undefined : expectedQuote(pricing, script.slots, places, talker.todayIso);
  return {
    durationMs: outcome === 'notAnswered' ? undefined : Math.round(durationMs),
    endedBy: conversation.endedBy,
    outcome,
    agentOutcome: dialogue.outcome,
    slots: dialogue.slots,
    consent: script.consent,
    turns,
    latencyMs: spreadOf(turns.flatMap(({ latencyMs }) => latencyMs ?? [])),
    bargeIns: conversation.bargeIns,
    quoteHeard,
    quoteExpected: expected,
    quoteAgrees:
      quoteHeard?.totalCents === undefined ? undefined : quoteHeard.totalCents === expected?.totalCents,
  };
}

function saveFiles(out: string, report: CallReport, [caller, agent]: readonly Track[]): CallReport['files'] {
  if (caller === undefined || agent === undefined) return {};
  mkdirSync(out, { recursive: true });
  const base = join(out, `${report.startedAt.replaceAll(/[:.]/g, '-')}_seed-${report.seed}`);
  const files = { wav: `${base}.wav`, picture: `${base}.png` };
  const { rateHz } = agent;
  writeWav(files.wav, { rateHz, channels: [caller.pcm, agent.pcm] });
  const title = `${report.sipCallId}: seed ${report.seed}, ${report.outcome}, ${report.codec}, latency median ${report.latencyMs?.median ?? '-'} ms`;
  const { turns, bargeIns } = report;
  writeFileSync(
    files.picture,
    drawPicture({ title, rateHz, caller: caller.pcm, agent: agent.pcm, turns, bargeIns }),
  );
  return files;
}
