import { openActs } from '../agent/acts.ts';
import { CallRecord } from '../agent/call_record.ts';
import { CallUse } from '../agent/call_use.ts';
import { Conversation } from '../agent/conversation.ts';
import type { ConversationEnd } from '../agent/farewell.ts';
import { RecognisedInterjections } from '../agent/interjection.ts';
import type { After } from '../agent/ports.ts';
import { StepHistory } from '../agent/step_history.ts';
import { ToolDesk } from '../agent/tools/tool_desk.ts';
import { toolJournal } from '../agent/tools/tool_journal.ts';
import type { ToolRunner } from '../agent/tools/tool_runner.ts';
import type { Voice } from '../agent/voice.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../observe/log.ts';
import { within } from '../providers/failover/timing.ts';
import type { SpeechEngine } from '../providers/speech/types.ts';
import type { Llm, Stt } from '../providers/types.ts';
import type { MeasuredSeconds } from '../quality/measures.ts';
import type { EventSink } from '../store/events.ts';
import type { KeptStates } from '../store/kept_states.ts';
import type { Flow } from '../workflow/types.ts';
import type { CallFlows, FlowsOfCall } from '../workflow/versions/call_flows.ts';
import type { LegFact } from './bridge_legs.ts';
import { endingOf, type LineEnded } from './call_ending.ts';
import { onCallTime } from './call_time.ts';
import { type Checkpoint, machineMs, readCheckpoint, versionsLeft } from './checkpoint.ts';
import { CheckpointTeller } from './checkpoint_teller.ts';
import { type Found, findEarlier } from './earlier_calls.ts';
import { describeFault } from './fault.ts';
import { flowOfCall } from './flow_of_call.ts';
import { type SlotView, slotView } from './slot_buffers.ts';
import { StateKeeper } from './state_keeper.ts';
import { TalkAudio } from './talk_audio.ts';
import { type Mind, openMind } from './talk_mind.ts';
import { TalkPeople } from './talk_people.ts';
import { allowedRecording, type OpenRecorder, TalkRecording } from './talk_recording.ts';
import type { CallInfo, ToAudio, ToCall } from './thread_messages.ts';

/** What all calls of a talk thread share. */
export interface TalkServices {
  readonly memory: SharedArrayBuffer;
  readonly stt: Stt;
  /** For workflows that hand over to a model. */
  readonly llm: Llm | undefined;
  /** For models that call some. */
  readonly tools?: ToolRunner | undefined;
  /** Hears and speaks there in place of the others. */
  readonly speech: SpeechEngine | undefined;
  readonly voice: Voice;
  /** Workflows as each call has them. */
  readonly flows: CallFlows;
  readonly events: { readonly sink: EventSink; flush(): Promise<void> };
  /** Where calls are found that broke off; none is taken up without it. */
  readonly earlier?: Pick<KeptStates, 'claim'> | undefined;
  readonly openRecorder: OpenRecorder;
  readonly config: Config;
  readonly after: After;
  readonly log: Logger;
  /** Wall clock, milliseconds since the epoch. */
  nowMs(): number;
  send(message: ToAudio): void;
}

/** Writes the node's own calendar day as YYYY-MM-DD. */
const CALENDAR_DAY = new Intl.DateTimeFormat('sv-SE');

/** One call on the talk thread: its conversation, its record, its recording. */
export class TalkCall {
  readonly info: CallInfo;
  readonly #services: TalkServices;
  readonly #slot: SlotView;
  readonly #audio: TalkAudio;
  readonly #record: CallRecord;
  readonly #use = new CallUse();
  readonly #recording: TalkRecording;
  readonly #people: TalkPeople;
  readonly #flows: FlowsOfCall;
  readonly #conversation: Conversation;
  readonly #tools: ToolDesk | undefined;
  /** Where a process that was lost had left the call. */
  readonly #left: Checkpoint | undefined;
  /** Media time of the call at which the line's own begins. */
  readonly #startMs: number;
  readonly #checkpoints: CheckpointTeller;
  readonly #keeper: StateKeeper;
  readonly #history: StepHistory;
  readonly #flow: Flow;
  #isOver = false;

  constructor(info: CallInfo, shared: TalkServices) {
    const services = this.#use.within(shared);
    const { stt, voice, config, after, events, nowMs } = services;
    this.info = info;
    this.#services = services;
    this.#slot = slotView(services.memory, info.slot);
    this.#left = this.#readCheckpoint();
    this.#startMs = this.#left === undefined ? 0 : Math.round(machineMs() - this.#left.epochMs);
    this.#audio = new TalkAudio(this.#slot, info.rateHz, this.#startMs, message => services.send(message));
    this.#record = new CallRecord(events.sink, info, nowMs);
    this.#recording = new TalkRecording(services.openRecorder, {
      info,
      slot: this.#slot,
      record: this.#record,
      mediaMs: () => this.#audio.mediaMs(),
      onFault: error => this.#report(error),
    });
    this.#checkpoints = this.#openCheckpoints();
    this.#tools = this.#openTools();
    this.#people = new TalkPeople({
      people: config.people,
      isPhone: info.lineKind === 'trunk',
      order: order => services.send({ type: 'person', slot: info.slot, order }),
      told: (leg, text) => this.#record.append('leg.told', { leg, text, mediaMs: this.#audio.mediaMs() }),
      soon: action => void after(0, action),
    });
    this.#flows = services.flows.ofCall(info.callId, this.#left && versionsLeft(this.#left));
    this.#history = new StepHistory({ record: this.#record, nowMs: () => this.#audio.mediaMs() });
    const flow = flowOfCall(this.#flows, info, this.#history, error => this.#report(error));
    this.#flow = flow;
    this.#keeper = new StateKeeper({
      record: this.#record,
      resumeMinutes: state => flow.resumeMinutes?.(state),
      nowMs,
    });
    const { takesUp } = this.#left ?? {};
    if (takesUp !== undefined) this.#keeper.takesUp(takesUp);
    const mind = this.#mindOf(flow);
    this.#conversation = new Conversation({
      audio: this.#audio,
      stt: mind.ear,
      interjections: new RecognisedInterjections(stt, after),
      voice,
      responder: mind.responder,
      initial: flow.initial,
      record: this.#record,
      recording: allowedRecording(config, this.#recording),
      people: this.#people,
      acts: openActs(flow, this.#tools),
      after,
      turn: config.turn,
      todayIso: () => this.#todayIso(),
      resumed: this.#left?.conversation,
      history: this.#history,
      onProgress: () => this.#progressed(),
      onState: state => this.#keeper.keep(state),
      onFault: error => this.#report(error),
    });
  }

  #progressed(): void {
    this.#checkpoints.tell();
    this.#use.tellSometimes(this.#record, this.#audio.mediaMs());
  }

  /** Of the call's beginning: whoever says a date at midnight has not waited a year since. */
  #todayIso(): string {
    return CALENDAR_DAY.format(this.#services.nowMs() - this.#audio.mediaMs());
  }

  #mindOf(flow: Flow): Mind {
    return openMind({
      ...this.#services,
      flow,
      rateHz: this.info.rateHz,
      tools: this.#tools,
      state: () => this.#conversation.state,
      todayIso: () => this.#todayIso(),
      nowMs: () => this.#audio.mediaMs(),
      onFault: error => this.#report(error),
    });
  }

  #openTools(): ToolDesk | undefined {
    const { tools, after } = this.#services;
    if (tools === undefined) return undefined;
    const journal = toolJournal({
      record: this.#record,
      mediaMs: () => this.#audio.mediaMs(),
      workflow: () => this.#conversation.state.flow.workflow,
      written: () => this.#checkpoints.told(),
    });
    return new ToolDesk({ callId: this.info.callId, tools, journal, after, kept: this.#left?.tools });
  }

  answered(): void {
    const { resume } = this.info;
    if (this.#left === undefined) this.#recordBeginning();
    if (resume !== undefined) this.#resume(resume.times);
    this.#tellPipeline();
    const { earlier, after } = this.#services;
    const mayGoOn = resume === undefined && this.#flow.resumeMinutes?.(this.#flow.initial) !== undefined;
    if (earlier === undefined || !mayGoOn) {
      this.#greet(undefined);
      return;
    }
    findEarlier(this.info, earlier, after).then(
      found => this.#greet(found),
      error => {
        this.#report(error);
        this.#greet(undefined);
      },
    );
  }

  #greet(found: Found | undefined): void {
    if (this.#isOver) return;
    if (found !== undefined) this.#keeper.takesUp(found.callId);
    const given = this.info.attributes;
    this.#conversation.answered({ ...(found && { earlier: found.earlier }), ...(given && { given }) });
    this.#checkpoints.tell();
  }

  #recordBeginning(): void {
    const { direction, lineKind, from, to, sipCallId, workflow, room, trunk, attributes } = this.info;
    this.#record.append('call.started', {
      direction,
      lineKind,
      from,
      to,
      sipCallId,
      workflow,
      workflowVersion: this.#flows.get(workflow)?.version ?? '',
      canary: this.#flows.isTried(workflow),
      room,
      trunk,
      attributes: attributes && { ...attributes },
    });
    this.#record.append('call.answered', {});
    this.#history.begun({
      workflow,
      versions: { [workflow]: this.#flow.version, ...this.#flows.versionsFrom(workflow) },
      recordingConsent: this.#services.config.recording.consent,
      hasPhone: true,
      hasActs: true,
    });
  }

  #tellPipeline(): void {
    const { slot, workflow } = this.info;
    const overrides = this.#flows.get(workflow)?.pipeline ?? {};
    if (Object.keys(overrides).length > 0) this.#services.send({ type: 'pipeline', slot, overrides });
  }

  #resume(times: number): void {
    const { turns = 0, recording = null } = this.#left ?? {};
    this.#record.resume(times, turns);
    if (recording !== null) this.#recording.resume(recording);
    const mediaMs = this.#audio.mediaMs();
    this.#record.append('call.resumed', {
      mediaMs,
      ...(recording !== null && { recording: recording.file }),
    });
    this.#tools?.tellLost();
  }

  receive(message: ToCall): void {
    switch (message.type) {
      case 'turn':
        this.#conversation.turn(onCallTime(message.event, this.#startMs));
        break;
      case 'dtmf':
        this.#conversation.dtmf(message.digit);
        break;
      case 'playoutStarted':
        this.#conversation.playoutStarted(this.#startMs + message.atMs);
        break;
      case 'playoutDrained':
        this.#conversation.progress();
        break;
      case 'leg':
        this.#recordLeg(message.fact);
        this.#people.leg(message.fact);
        break;
      case 'legRefused':
        this.#people.refused(message.legId);
        break;
      case 'measured':
        this.#recordMeasures(message.measured);
        break;
      case 'checkpointKept':
        this.#checkpoints.kept(message.number);
        break;
      case 'agentLeft':
        this.#conversation.lineEnded();
        break;
      default:
        break;
    }
  }

  #recordLeg({ type, detail }: LegFact): void {
    const mediaMs = this.#startMs + detail.mediaMs;
    this.#record.append(type, { ...detail, mediaMs });
  }

  #recordMeasures({ mediaMs, ...measured }: MeasuredSeconds): void {
    this.#record.append('call.measured', { ...measured, mediaMs: this.#startMs + mediaMs });
  }

  /** To be called every 10 to 20 ms. */
  pump(): void {
    this.#audio.pump(this.#conversation.heard);
    this.#conversation.progress();
    this.#recording.drain();
  }

  /** Media time in milliseconds since answer. */
  get mediaMs(): number {
    return this.#audio.mediaMs();
  }

  /** Ends the call because of an error that nothing else took care of. */
  fail(error: unknown): void {
    try {
      this.#conversation.fail(error);
    } catch (worse) {
      this.#report(worse);
      this.#audio.hangUp({ drain: false });
    }
  }

  /** The line is gone: resolves when the record is complete on the disk, in bounded time. */
  async end(line: LineEnded): Promise<void> {
    const { after, events } = this.#services;
    this.#isOver = true;
    this.#checkpoints.close();
    const outcome = this.#endConversation();
    this.#audio.close();
    const record = async () => {
      await this.#conversation.settled();
      await this.#tools?.close();
      // What ended only now is told, too.
      await this.#conversation.settled();
      await this.#recording.finish();
      this.#use.tell(this.#record);
      this.#record.append('call.ended', endingOf(line, outcome, this.#startMs));
      await events.flush();
    };
    try {
      const { signal } = new AbortController();
      const limitMs = LIMITS.actAfterCallMs + LIMITS.callRecordMs;
      await within(record(), { after }, signal, { limitMs, late: recordIsLate });
    } catch (error) {
      this.#report(error);
    }
  }

  #openCheckpoints(): CheckpointTeller {
    const { events, send, log } = this.#services;
    const { callId, slot, lineKind } = this.info;
    return new CheckpointTeller({
      callId,
      canGoOn: lineKind === 'trunk',
      compose: () => ({
        conversation: this.#conversation.state,
        tools: this.#tools?.kept ?? [],
        versions: this.#flows.versionsFrom(this.info.workflow),
        takesUp: this.#keeper.unsettled,
        turns: this.#record.turns,
        epochMs: machineMs() - this.#audio.mediaMs(),
        recording: this.#recording.state,
      }),
      flush: () => events.flush(),
      send: (checkpoint, number) => send({ type: 'checkpoint', slot, callId, checkpoint, number }),
      log,
    });
  }

  /** What can't be read is left: the conversation begins anew. */
  #readCheckpoint(): Checkpoint | undefined {
    const { resume } = this.info;
    if (resume === undefined || resume.checkpoint === null) return undefined;
    try {
      return readCheckpoint(resume.checkpoint);
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  #endConversation(): ConversationEnd {
    try {
      return this.#conversation.lineEnded();
    } catch (error) {
      this.#report(error);
      return { failed: true, reason: 'INTERNAL' };
    }
  }

  #report(error: unknown): void {
    this.#services.log.error({ callId: this.info.callId, fault: describeFault(error) }, 'fault in a call');
  }
}

function recordIsLate(): Error {
  return new TrunklineError('STEP_FAILED', 'the record of a call and of its acts was not complete in time');
}
