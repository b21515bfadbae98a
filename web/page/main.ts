import { Api, ApiError } from './api.ts';
import { BrowserCall, type BrowserCallEvents } from './browser_call.ts';
import { CallPanel } from './call_panel.ts';
import { CallRecord } from './call_record.ts';
import { byId } from './dom.ts';
import { EventStream } from './event_stream.ts';
import { KeyEntry } from './key_entry.ts';
import { LatencyTable } from './latency_table.ts';
import { LevelMeter } from './meter.ts';
import { ProviderTable } from './provider_table.ts';
import { RecentCalls } from './recent_calls.ts';
import type { Call, CallEvent } from './record_types.ts';
import { offerThemes } from './theme.ts';
import { Transcript } from './transcript.ts';

/** How often and how long the page asks whether a call's record is complete. */
const RECORD_POLL_MS = 700;
const RECORD_POLLS = 30;

const ENDINGS: Readonly<Record<Parameters<BrowserCallEvents['ended']>[0], string>> = {
  hungUp: 'You hung up',
  agentLeft: 'The agent hung up',
  agentAbsent: 'No agent came',
  lost: 'The connection was lost',
};

/** One page, one call at a time. */
class CallPage {
  readonly #api = new Api();
  readonly #panel = new CallPanel(key => void this.#press(key));
  readonly #you = new LevelMeter(byId('meter-you', HTMLMeterElement));
  readonly #agent = new LevelMeter(byId('meter-agent', HTMLMeterElement));
  readonly #speaker = byId('speaker', HTMLElement);
  readonly #transcript = new Transcript(
    byId('transcript', HTMLElement),
    byId('transcript-empty', HTMLElement),
  );
  readonly #latencies = new LatencyTable(
    byId('latencies', HTMLTableElement),
    byId('latencies-empty', HTMLElement),
  );
  readonly #providers = new ProviderTable(this.#api, {
    table: byId('providers', HTMLTableElement),
    empty: byId('providers-empty', HTMLElement),
    days: byId('providers-days', HTMLSelectElement),
    onFail: error => this.#fail(error),
  });
  readonly #record = new CallRecord(
    this.#api,
    byId('record', HTMLElement),
    byId('record-empty', HTMLElement),
  );
  readonly #recent = new RecentCalls(
    this.#api,
    byId('recent', HTMLElement),
    byId('recent-empty', HTMLElement),
    callId => void this.#showRecord(callId),
  );
  readonly #keyEntry = new KeyEntry(this.#api, () => void this.#enter());
  #call: BrowserCall | undefined;
  #callId: string | undefined;
  #events: EventStream | undefined;
  #sound: AudioContext | undefined;
  #activity: ReturnType<typeof setInterval> | undefined;

  start(): void {
    offerThemes(byId('theme', HTMLButtonElement));
    this.#panel.callButton.addEventListener('click', () => void this.#begin());
    this.#panel.hangUpButton.addEventListener('click', () => void this.#call?.hangUp());
    this.#panel.muteButton.addEventListener('click', () => void this.#toggleMute());
    window.addEventListener('pagehide', () => void this.#call?.hangUp());
    this.#panel.show('idle');
    if (this.#api.hasKey) void this.#enter();
    else this.#keyEntry.ask();
  }

  /** With a key: what the page shows before a call. */
  async #enter(): Promise<void> {
    try {
      const { workflows, default: first } = await this.#api.json<{ workflows: string[]; default: string }>(
        '/api/workflows',
      );
      this.#panel.offerWorkflows(workflows, first);
      await Promise.all([this.#recent.refresh(), this.#providers.refresh()]);
      this.#keyEntry.accepted();
      this.#panel.clearAlert();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #begin(): Promise<void> {
    this.#panel.clearAlert();
    this.#panel.show('starting');
    this.#transcript.clear();
    this.#latencies.clear();
    this.#record.clear();
    this.#callId = undefined;
    this.#panel.showMuted(false);
    // Made in the click: browsers let pages sound only after one.
    this.#sound = new AudioContext();
    const stream = new EventStream(this.#api, event => this.#note(event));
    this.#events = stream;
    try {
      // Before the call begins, so that its first event is not missed.
      await stream.open();
      const call = new BrowserCall(this.#api, this.#speaker, this.#callEvents(this.#sound));
      this.#call = call;
      await call.start(this.#panel.workflow.value);
    } catch (error) {
      this.#leave('');
      this.#closeEvents();
      this.#fail(error);
    }
  }

  #callEvents(sound: AudioContext): BrowserCallEvents {
    return {
      joined: microphone => {
        this.#you.start(sound, microphone);
        this.#panel.show('waiting');
      },
      agentCame: voice => {
        this.#agent.start(sound, voice);
        this.#panel.show('live');
        clearInterval(this.#activity);
        this.#activity = setInterval(() => {
          this.#panel.showAgent(this.#agent.speaking ? 'speaking' : 'listening');
        }, 150);
      },
      reconnecting: () => this.#panel.show('reconnecting'),
      reconnected: () => this.#panel.show('live'),
      ended: why => {
        const { room } = this.#call ?? {};
        this.#leave(ENDINGS[why]);
        if (why === 'agentAbsent') {
          this.#panel.alert(
            new ApiError(
              'AGENT_ABSENT',
              'No agent came into the room.',
              'Look at /readyz: edge and media must be up.',
            ),
          );
        }
        if (room === undefined) this.#closeEvents();
        else void this.#finish(room);
      },
    };
  }

  async #toggleMute(): Promise<void> {
    if (this.#call === undefined) return;
    await this.#call.setMuted(!this.#call.muted);
    this.#panel.showMuted(this.#call.muted);
  }

  async #press(key: string): Promise<void> {
    try {
      await this.#call?.press(key);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Events of all calls come by; only those of the call in this page are shown. */
  #note(event: CallEvent): void {
    if (event.type === 'call.started' && event.detail.room === this.#call?.room) this.#callId = event.callId;
    if (event.callId !== this.#callId) return;
    switch (event.type) {
      case 'turn.agent':
        this.#transcript.add({ ...event.detail, speaker: 'agent' });
        break;
      case 'turn.caller':
        this.#transcript.add({ ...event.detail, speaker: 'caller', interrupted: false });
        break;
      case 'turn.latency':
        this.#latencies.add(event.detail);
        break;
      case 'turn.takenOver':
        this.#latencies.takenOver(event.detail);
        break;
    }
  }

  /** The room is left; sound and meters go, the record stays to be read. */
  #leave(note: string): void {
    clearInterval(this.#activity);
    this.#call = undefined;
    this.#you.stop();
    this.#agent.stop();
    this.#panel.showAgent('');
    void this.#sound?.close();
    this.#sound = undefined;
    this.#panel.show('idle', note === '' ? undefined : note);
  }

  #closeEvents(): void {
    this.#events?.close();
    this.#events = undefined;
  }

  /** Waits until the record of the call just ended is complete, then shows it. */
  async #finish(room: string): Promise<void> {
    try {
      for (let poll = 0; poll < RECORD_POLLS; poll += 1) {
        if (this.#call !== undefined) return;
        const calls = await this.#recent.refresh();
        const ours = calls.find(call => call.room === room);
        if (ours !== undefined && ours.endedAt !== null) {
          await Promise.all([this.#showRecord(ours.callId), this.#providers.refresh()]);
          break;
        }
        await new Promise(resolve => setTimeout(resolve, RECORD_POLL_MS));
      }
    } catch (error) {
      this.#fail(error);
    }
    if (this.#call === undefined) this.#closeEvents();
  }

  async #showRecord(callId: string): Promise<void> {
    try {
      const call = await this.#api.json<Call>(`/api/calls/${encodeURIComponent(callId)}`);
      if (this.#call !== undefined) return;
      this.#transcript.clear();
      this.#latencies.clear();
      for (const turn of call.turns) this.#transcript.add(turn);
      for (const latency of call.latencies) this.#latencies.add(latency);
      this.#record.show(call);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') this.#keyEntry.refused();
    else this.#panel.alert(error);
  }
}

LivekitClient.setLogLevel('warn');
new CallPage().start();
