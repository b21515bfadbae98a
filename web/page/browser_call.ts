import type { DisconnectReason, Participant, RemoteTrack } from 'livekit-client';
import type { Api } from './api.ts';

/** How long the agent may take to come. */
const AGENT_WAIT_MS = 12_000;
/** Telephone keys in the order of their event codes (RFC 4733 §3.2). */
const TELEPHONE_KEYS = '0123456789*#';

export interface BrowserCallEvents {
  /** The caller is in the room; the agent is on its way. */
  joined(microphone: MediaStreamTrack): void;
  /** The agent can be heard; never before `joined`. */
  agentCame(voice: MediaStreamTrack): void;
  reconnecting(): void;
  reconnected(): void;
  /** The call is over, whoever ended it; told once. */
  ended(why: 'hungUp' | 'agentLeft' | 'agentAbsent' | 'lost'): void;
}

interface RoomPass {
  readonly room: string;
  readonly url: string;
  readonly token: string;
}

/** What kept a call from beginning, in words for the caller. */
export class CallFailure extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.name = 'CallFailure';
    this.remedy = remedy;
  }
}

/** One call from this browser: a microphone, a room, an agent. */
export class BrowserCall {
  readonly #api: Api;
  readonly #speaker: HTMLElement;
  readonly #events: BrowserCallEvents;
  readonly #livekit = new LivekitClient.Room({ publishDefaults: { dtx: false, red: true } });
  #room: string | undefined;
  #microphone: MediaStreamTrack | undefined;
  #agentTimer: ReturnType<typeof setTimeout> | undefined;
  #joined = false;
  /** The agent's, from when it is there. */
  #voice: MediaStreamTrack | undefined;
  #over = false;

  constructor(api: Api, speaker: HTMLElement, events: BrowserCallEvents) {
    this.#api = api;
    this.#speaker = speaker;
    this.#events = events;
    this.#listen();
  }

  /** Known once the node has given one. */
  get room(): string | undefined {
    return this.#room;
  }

  get muted(): boolean {
    return !this.#livekit.localParticipant.isMicrophoneEnabled;
  }

  /**
   * Takes the microphone, asks for a room and joins it; stops where it is when hung up meanwhile.
   * @throws CallFailure about the microphone or the room, ApiError about the node
   */
  async start(workflow: string): Promise<void> {
    try {
      this.#microphone = await takeMicrophone();
      if (this.#over) return;
      const pass = await this.#api.json<RoomPass>('/api/rooms', { workflow });
      if (this.#over) return;
      this.#room = pass.room;
      await this.#join(pass, this.#microphone);
    } catch (error) {
      if (this.#over) return;
      this.#over = true;
      throw error;
    } finally {
      if (this.#over) await this.#giveBack();
    }
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.#livekit.localParticipant.setMicrophoneEnabled(!muted);
  }

  /**
   * Presses a telephone key: 0 to 9, * or #.
   * @throws CallFailure
   */
  async press(key: string): Promise<void> {
    try {
      await this.#livekit.localParticipant.publishDtmf(TELEPHONE_KEYS.indexOf(key), key);
    } catch {
      if (this.#over) return;
      throw new CallFailure('The key did not get through.', 'Press it again.');
    }
  }

  async hangUp(): Promise<void> {
    await this.#end('hungUp');
  }

  async #join({ url, token }: RoomPass, microphone: MediaStreamTrack): Promise<void> {
    try {
      await this.#livekit.connect(url, token);
      const { Track } = LivekitClient;
      await this.#livekit.localParticipant.publishTrack(microphone, { source: Track.Source.Microphone });
    } catch {
      throw new CallFailure(
        'The room could not be joined.',
        'Check that livekit-server runs and can be reached.',
      );
    }
    if (this.#over) return;
    // From now on: a room that could not be joined is no call that was lost.
    this.#livekit.on(LivekitClient.RoomEvent.Disconnected, reason => this.#disconnected(reason));
    this.#joined = true;
    this.#events.joined(microphone);
    // A quick agent is there before the caller's own microphone is.
    if (this.#voice !== undefined) this.#events.agentCame(this.#voice);
    else this.#agentTimer = setTimeout(() => void this.#end('agentAbsent'), AGENT_WAIT_MS);
  }

  #listen(): void {
    const { RoomEvent } = LivekitClient;
    this.#livekit
      .on(RoomEvent.TrackSubscribed, track => this.#hear(track))
      .on(RoomEvent.TrackUnsubscribed, track => {
        for (const element of track.detach()) element.remove();
      })
      .on(RoomEvent.ParticipantDisconnected, participant => this.#left(participant))
      .on(RoomEvent.Reconnecting, () => this.#events.reconnecting())
      .on(RoomEvent.Reconnected, () => this.#events.reconnected());
  }

  #hear(track: RemoteTrack): void {
    if (track.kind !== LivekitClient.Track.Kind.Audio) return;
    clearTimeout(this.#agentTimer);
    this.#speaker.append(track.attach());
    this.#voice = track.mediaStreamTrack;
    if (this.#joined) this.#events.agentCame(this.#voice);
  }

  #left(participant: Participant): void {
    if (participant.isAgent || this.#livekit.remoteParticipants.size === 0) void this.#end('agentLeft');
  }

  #disconnected(reason: DisconnectReason | undefined): void {
    const { ROOM_DELETED, PARTICIPANT_REMOVED } = LivekitClient.DisconnectReason;
    void this.#end(reason === ROOM_DELETED || reason === PARTICIPANT_REMOVED ? 'agentLeft' : 'lost');
  }

  async #end(why: Parameters<BrowserCallEvents['ended']>[0]): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#events.ended(why);
    await this.#giveBack();
  }

  async #giveBack(): Promise<void> {
    clearTimeout(this.#agentTimer);
    this.#microphone?.stop();
    await this.#livekit.disconnect();
    this.#speaker.replaceChildren();
  }
}

async function takeMicrophone(): Promise<MediaStreamTrack> {
  if (!isSecureContext) {
    throw new CallFailure(
      'Browsers lend the microphone to safe pages only.',
      'Open this page over https or as http://localhost.',
    );
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    const [track] = stream.getAudioTracks();
    if (track !== undefined) return track;
  } catch (error) {
    if (error instanceof DOMException) throw microphoneFailure(error.name);
    throw error;
  }
  throw microphoneFailure('NotFoundError');
}

function microphoneFailure(name: string): CallFailure {
  if (name === 'NotAllowedError') {
    return new CallFailure(
      'The microphone was refused.',
      'Allow it for this page in the address bar, then call again.',
    );
  }
  if (name === 'NotFoundError') {
    return new CallFailure('There is no microphone.', 'Plug one in, then call again.');
  }
  return new CallFailure('The microphone can’t be used.', 'Close the program that uses it, then call again.');
}
