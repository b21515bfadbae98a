import {
  AudioSource,
  DisconnectReason,
  LocalAudioTrack,
  ParticipantKind,
  type RemoteParticipant,
  type RemoteTrack,
  type RemoteTrackPublication,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import { ROOM_RATE_HZ } from '../../pipeline/kernels/room_rate.ts';
import { KEYS } from '../../sip/rtp/telephone_event.ts';
import { LIMITS } from '../config/limits.ts';
import { CallerAudio } from './caller_audio.ts';
import { leaveRoom } from './leave_room.ts';
import type { LineEndReason, LineParty } from './line.ts';
import { NetworkDelay } from './network_delay.ts';

export interface RoomAccess {
  /** ws:// or wss:// */
  readonly url: string;
  readonly token: string;
}

/** What a session tells its line. */
export interface RoomSessionEvents {
  published(): void;
  /** The far end has subscribed to our track. */
  subscribed(): void;
  /** The caller is in the room; for SIP also connected (RFC 3261 dialog confirmed, media path open). */
  accepted(party: LineParty): void;
  /** 10 ms of the caller at the room's rate; the buffer is the listener's. */
  frame(samples: Int16Array): void;
  /** What was heard lately waited so long in WebRTC's own jitter buffer. */
  heldBack(delayMs: number): void;
  dtmf(digit: string): void;
  gone(reason: LineEndReason): void;
}

/** Enough that libopus (`mode_thresholds`) encodes speech by CELT, not by SILK at twice the processor time. */
const OPUS_BITS_PER_SECOND = 72_000n;

const SIP_STATUS = 'sip.callStatus';
const SIP_CALLER = 'sip.phoneNumber';
const SIP_CALLED = 'sip.trunkPhoneNumber';
/** The Call-ID header as the caller sent it; `sip.callID` is livekit-sip's own name for the call. */
const SIP_CALL_ID = 'sip.callIDFull';
const DIGIT = /^[0-9*#A-D]$/;
/** Participants that are machinery, never callers. */
const NO_CALLERS = new Set([ParticipantKind.AGENT, ParticipantKind.EGRESS, ParticipantKind.INGRESS]);
/** A caller that left like this does not come back. */
const FINAL = new Set([
  DisconnectReason.CLIENT_INITIATED,
  DisconnectReason.PARTICIPANT_REMOVED,
  DisconnectReason.ROOM_DELETED,
  DisconnectReason.ROOM_CLOSED,
  DisconnectReason.USER_REJECTED,
  DisconnectReason.USER_UNAVAILABLE,
]);

/** Our participant in a LiveKit room and the one participant it talks with: the first that is no machinery. */
export class RoomSession {
  readonly #room = new Room();
  readonly #source: AudioSource;
  readonly #track: LocalAudioTrack;
  readonly #events: RoomSessionEvents;
  readonly #audio: CallerAudio;
  readonly #delay: NetworkDelay;
  readonly #returnMs: number;
  #joining: Promise<void> = Promise.resolve();
  #caller: string | undefined;
  #accepted = false;
  #returnTimer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `returnMs` is how long a caller whose connection broke may take to come back. */
  constructor(returnMs: number, events: RoomSessionEvents) {
    this.#events = events;
    this.#returnMs = returnMs;
    this.#source = new AudioSource(ROOM_RATE_HZ, 1, 0);
    this.#track = LocalAudioTrack.createAudioTrack('agent', this.#source);
    this.#audio = new CallerAudio(samples => this.#events.frame(samples));
    this.#delay = new NetworkDelay(this.#room, delayMs => this.#events.heldBack(delayMs));
    this.#listen();
  }

  get source(): AudioSource {
    return this.#source;
  }

  /** Whether `heldBack` is told from now on. */
  measureDelay(isWanted: boolean): void {
    this.#delay.follow(isWanted && !this.#closed);
  }

  /** One key of a telephone; whoever is not in the room yet hears none. */
  press(key: string): void {
    const code = KEYS.indexOf(key);
    if (code >= 0) void this.#room.localParticipant?.publishDtmf(code, key).catch(() => undefined);
  }

  /** Joins and publishes; what fails is told as `gone`. */
  join(access: RoomAccess): void {
    this.#joining = this.#join(access).catch(() => this.#gone('networkLost'));
  }

  async #join(access: RoomAccess): Promise<void> {
    await this.#room.connect(access.url, access.token, { autoSubscribe: false, dynacast: false });
    if (this.#closed) return;
    for (const participant of this.#room.remoteParticipants.values()) this.#meet(participant);
    const options = new TrackPublishOptions({
      source: TrackSource.SOURCE_MICROPHONE,
      audioEncoding: { maxBitrate: OPUS_BITS_PER_SECOND },
    });
    const publication = await this.#room.localParticipant?.publishTrack(this.#track, options);
    if (this.#closed || publication === undefined) return;
    this.#events.published();
    // Not awaited: nobody may ever subscribe, and leaving waits for the join.
    void publication.waitForSubscription().then(() => {
      if (!this.#closed) this.#events.subscribed();
    });
  }

  #listen(): void {
    this.#room
      .on(RoomEvent.ParticipantConnected, participant => this.#meet(participant))
      .on(RoomEvent.ParticipantDisconnected, participant => this.#left(participant))
      .on(RoomEvent.ParticipantAttributesChanged, (_, participant) => {
        if (this.#isCaller(participant)) this.#checkAccepted(participant);
      })
      .on(RoomEvent.TrackPublished, (publication, participant) => {
        if (this.#isCaller(participant)) subscribe(publication);
      })
      .on(RoomEvent.TrackSubscribed, (track, _, participant) => this.#hear(track, participant))
      .on(RoomEvent.DtmfReceived, (_, digit, participant) => {
        if (this.#isCaller(participant) && DIGIT.test(digit)) this.#events.dtmf(digit);
      })
      .on(RoomEvent.Disconnected, reason => this.#gone(endReason(reason)));
  }

  #isCaller(participant: { readonly identity: string } | undefined): boolean {
    return participant !== undefined && participant.identity === this.#caller;
  }

  #meet(participant: RemoteParticipant): void {
    if (NO_CALLERS.has(participant.kind)) return;
    this.#caller ??= participant.identity;
    if (!this.#isCaller(participant)) return;
    clearTimeout(this.#returnTimer);
    for (const publication of participant.trackPublications.values()) subscribe(publication);
    this.#checkAccepted(participant);
  }

  #checkAccepted(participant: RemoteParticipant | { readonly attributes: Record<string, string> }): void {
    const status = participant.attributes[SIP_STATUS];
    if (this.#accepted || (status !== undefined && status !== 'active')) return;
    this.#accepted = true;
    this.#events.accepted(partyOf(participant.attributes, this.#caller ?? ''));
  }

  #left(participant: RemoteParticipant): void {
    if (!this.#isCaller(participant)) return;
    this.#audio.stop();
    const reason = participant.disconnectReason;
    if (participant.kind === ParticipantKind.SIP || (reason !== undefined && FINAL.has(reason))) {
      this.#gone('remoteHangup');
    } else {
      this.#returnTimer = setTimeout(() => this.#gone('networkLost'), this.#returnMs);
    }
  }

  #hear(track: RemoteTrack, participant: RemoteParticipant): void {
    if (this.#isCaller(participant) && track.kind === TrackKind.KIND_AUDIO && !this.#closed) {
      this.#audio.follow(track);
    }
  }

  #gone(reason: LineEndReason): void {
    clearTimeout(this.#returnTimer);
    if (!this.#closed) this.#events.gone(reason);
  }

  /** Leaves the room and gives back every native handle. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#returnTimer);
    this.#delay.follow(false);
    this.#audio.stop();
    await this.#room.disconnect();
    await this.#joining;
    // If the join was still under way it has led into the room meanwhile.
    await leaveRoom(this.#room);
    await this.#track.close(true);
  }
}

function partyOf(attributes: Readonly<Record<string, string>>, identity: string): LineParty {
  const sipCallId = attributes[SIP_CALL_ID] ?? '';
  return {
    from: attributes[SIP_CALLER] ?? identity,
    to: attributes[SIP_CALLED] ?? '',
    ...(sipCallId !== '' && sipCallId.length <= LIMITS.sipCallIdCharacters && { sipCallId }),
  };
}

function subscribe(publication: RemoteTrackPublication): void {
  if (publication.kind === TrackKind.KIND_AUDIO && !publication.subscribed) publication.setSubscribed(true);
}

function endReason(reason: DisconnectReason): LineEndReason {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return 'localHangup';
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
    case DisconnectReason.PARTICIPANT_REMOVED:
      return 'remoteHangup';
    default:
      return 'networkLost';
  }
}
