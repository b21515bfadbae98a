import { SeededRandom } from '../caller/random.ts';
import type { Codec } from '../wire/codec.ts';
import { ImpairedPath, type Impairment } from '../wire/impaired_path.ts';
import type { Direction } from '../wire/sdp.ts';
import type { CallRecord, Interruption } from './call_record.ts';
import { Ears } from './ears.ts';
import type { EncodedAudio } from './encoded_audio.ts';
import type { Histogram } from './histogram.ts';
import { IncomingStream } from './incoming_stream.ts';
import type { MediaPort } from './media_ports.ts';
import { OutgoingStream } from './outgoing_stream.ts';
import type { Paced, Pacer } from './pacer.ts';
import { type Actor, type CallScript, ScriptPlayer } from './script.ts';
import { type AgreedMedia, describe, readDescription } from './sdp_text.ts';
import type { LegEvents, SipLeg } from './sip_leg.ts';
import type { SipPort } from './sip_port.ts';

/** What one call is to do. */
export interface CallPlan {
  readonly index: number;
  readonly seed: number;
  readonly fromUser: string;
  readonly codec: Codec;
  readonly script: CallScript;
  /** Sent while nothing is said. */
  readonly idle: EncodedAudio;
  readonly marker: EncodedAudio;
  /** Of the packets that come, on the far end's own grid; for all calls together. */
  readonly lateness: Histogram | undefined;
  readonly sending: Impairment | undefined;
  readonly receiving: Impairment | undefined;
  /** False: signalling only; what comes is counted. */
  readonly sendsMedia: boolean;
  /** Keeps what is heard, for clicks and markers. */
  readonly keepsTrack: boolean;
  /** From the answer to our BYE; undefined: until told. */
  readonly holdMs: number | undefined;
  /** From the INVITE to a CANCEL; undefined: it may ring for ever. */
  readonly cancelAfterMs: number | undefined;
}

/** One call of a load: signalling, sound both ways, its script, and what the wire showed of it. */
export class LoadCall implements Paced, Actor {
  readonly #plan: CallPlan;
  readonly #pacer: Pacer;
  readonly #media: MediaPort;
  readonly #leg: SipLeg;
  readonly #ears: Ears;
  readonly #player: ScriptPlayer;
  readonly #random: SeededRandom;
  readonly #isOver: () => void;
  readonly #marksMs: number[] = [];
  readonly #interruptions: Interruption[] = [];
  readonly #sendingPath: ImpairedPath | undefined;
  readonly #receivingPath: ImpairedPath | undefined;
  #remote: AgreedMedia | undefined;
  #outgoing: OutgoingStream | undefined;
  #incoming: IncomingStream | undefined;
  #version = 1;
  #isHeld = false;
  #invitedMs = 0;
  #answeredMs: number | undefined;
  #endedMs: number | undefined;
  /** Of the packet that is being made, since answer. */
  #dueMs = 0;
  #provisionalMs: number | undefined;
  #firstPacketMs: number | undefined;
  #firstSoundMs: number | undefined;
  #strangers = 0;
  #refusedKeys = 0;
  #replies: { method: string; status: number }[] = [];
  #outcome: CallRecord['outcome'] = 'underWay';
  #status: number | undefined;
  #endedBy: CallRecord['endedBy'];

  constructor(plan: CallPlan, parts: { sip: SipPort; pacer: Pacer; media: MediaPort }, isOver: () => void) {
    this.#plan = plan;
    this.#pacer = parts.pacer;
    this.#media = parts.media;
    this.#isOver = isOver;
    this.#random = new SeededRandom(plan.seed, `call ${plan.index}`);
    this.#player = new ScriptPlayer(plan.script, this);
    this.#ears = new Ears(plan.codec, plan.keepsTrack, {
      started: startMs => (this.#firstSoundMs ??= startMs),
      ended: (startMs, endMs) => this.#noteQuiet(startMs, endMs),
    });
    this.#sendingPath = this.#path(plan.sending, 'sending', packet => this.#transmit(packet));
    this.#receivingPath = this.#path(plan.receiving, 'receiving', (packet, nowMs) =>
      this.#incoming?.receive(packet, nowMs),
    );
    this.#leg = parts.sip.leg(plan.fromUser, this.#legEvents());
  }

  get leg(): SipLeg {
    return this.#leg;
  }

  get media(): MediaPort {
    return this.#media;
  }

  get isUp(): boolean {
    return this.#answeredMs !== undefined && this.#outcome === 'answered' && this.#endedMs === undefined;
  }

  start(nowMs: number): void {
    this.#invitedMs = nowMs;
    this.#media.onRtp = (datagram, from) => this.#receive(datagram, from.port);
    this.#leg.invite(this.#describe('sendrecv'));
  }

  /** Ends the call in whatever state it is. */
  hangUp(): void {
    this.#silence(performance.now());
    this.#leg.hangUp();
  }

  tick(dueMs: number, nowMs: number): void {
    this.#dueMs = this.#sinceAnswer(dueMs);
    const sinceMs = this.#sinceAnswer(nowMs);
    this.#player.tick(sinceMs);
    this.#ears.advance(sinceMs);
    const outgoing = this.#outgoing;
    if (outgoing === undefined) return;
    if (!this.#plan.sendsMedia || !this.#remote!.listens || this.#isHeld) outgoing.skip(1);
    else if (this.#sendingPath === undefined) this.#transmit(outgoing.next());
    else this.#sendingPath.pass(outgoing.next(), nowMs);
  }

  skip(packets: number): void {
    this.#outgoing?.skip(packets);
  }

  /** Called every 2 ms: what is held up on its way, and what the plan's times ask for. */
  poll(nowMs: number): void {
    this.#sendingPath?.poll(nowMs);
    this.#receivingPath?.poll(nowMs);
    const { holdMs, cancelAfterMs } = this.#plan;
    if (holdMs !== undefined && this.isUp && this.#sinceAnswer(nowMs) >= holdMs) this.hangUp();
    const isRinging = this.#answeredMs === undefined && this.#endedMs === undefined;
    if (cancelAfterMs !== undefined && isRinging && nowMs - this.#invitedMs >= cancelAfterMs) this.hangUp();
  }

  // What the script acts by.

  get isIdle(): boolean {
    return this.#outgoing?.isSaying !== true && this.#outgoing?.isPressing !== true;
  }

  get isHearing(): boolean {
    return this.#ears.isHearing;
  }

  get soundsBegun(): number {
    return this.#ears.soundCount;
  }

  say(audio: EncodedAudio): void {
    this.#outgoing?.say(audio);
  }

  cutIn(audio: EncodedAudio): void {
    this.#interruptions.push({ startMs: this.#dueMs, stopMs: undefined });
    this.say(audio);
  }

  press(keys: string): void {
    if (this.#outgoing?.press(keys) !== true) this.#refusedKeys += 1;
  }

  mark(): void {
    this.#marksMs.push(this.#dueMs);
    this.say(this.#plan.marker);
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#incoming?.expect(!isHeld && this.#remote?.sends === true, performance.now());
    this.#version += 1;
    this.#leg.reoffer(this.#describe(isHeld ? 'sendonly' : 'sendrecv'));
  }

  ask(method: string, contentType: string, body: string): void {
    this.#leg.ask(method, contentType, body);
  }

  record(): CallRecord {
    const since = (atMs: number | undefined, fromMs: number | undefined): number | undefined =>
      atMs === undefined || fromMs === undefined ? undefined : atMs - fromMs;
    return {
      index: this.#plan.index,
      callId: this.#leg.identity.callId,
      outcome: this.#outcome,
      status: this.#status,
      provisionalMs: since(this.#provisionalMs, this.#invitedMs),
      setupMs: since(this.#answeredMs, this.#invitedMs),
      firstPacketMs: since(this.#firstPacketMs, this.#answeredMs),
      firstSoundMs: this.#firstSoundMs,
      durationMs: since(this.#endedMs ?? performance.now(), this.#answeredMs),
      endedBy: this.#endedBy,
      packetsSent: this.#outgoing?.packetsSent ?? 0,
      packetsDropped: (this.#sendingPath?.dropped ?? 0) + (this.#receivingPath?.dropped ?? 0),
      reception: this.#incoming?.reception(),
      rtcpPackets: this.#media.rtcpPackets,
      strangers: this.#strangers,
      sounds: this.#ears.sounds,
      interruptions: this.#interruptions,
      refusedKeys: this.#refusedKeys,
      unheardSteps: this.#player.unheard,
      replies: this.#replies,
      marksMs: this.#marksMs,
      heard: this.#ears.track,
    };
  }

  #legEvents(): LegEvents {
    return {
      provisional: (_status, nowMs) => (this.#provisionalMs ??= nowMs),
      answered: (sdp, nowMs) => this.#answered(sdp, nowMs),
      failed: status => {
        this.#outcome = status === undefined ? 'noAnswer' : 'refused';
        this.#status = status;
        this.#finish(performance.now());
      },
      replied: (method, status, sdp, nowMs) => this.#replied(method, status, sdp, nowMs),
      offered: (sdp, nowMs) => this.#offered(sdp, nowMs),
      ended: (by, nowMs) => {
        this.#endedBy = by;
        this.#finish(nowMs);
      },
    };
  }

  #answered(sdp: string, nowMs: number): void {
    this.#answeredMs = nowMs;
    const { codec, idle } = this.#plan;
    const agreed = readDescription(sdp, [codec]);
    if (agreed === undefined) {
      this.#outcome = 'noMedia';
      this.hangUp();
      return;
    }
    this.#outcome = 'answered';
    this.#remote = agreed;
    const { eventPayloadType } = agreed;
    this.#outgoing = new OutgoingStream({
      idle,
      eventPayloadType,
      ssrc: this.#random.integer(1, 2 ** 32 - 1),
      sequence: this.#random.integer(0, 2 ** 15),
      timestamp: this.#random.integer(0, 2 ** 32 - 1),
    });
    const hear = (datagram: Uint8Array, start: number, end: number, atMs: number): void =>
      this.#ears.hear(datagram.subarray(start, end), this.#sinceAnswer(atMs));
    this.#incoming = new IncomingStream(codec.payloadType, eventPayloadType, hear, this.#plan.lateness);
    this.#incoming.expect(agreed.sends, nowMs);
    this.#pacer.add(this);
  }

  #replied(method: string, status: number, sdp: string, nowMs: number): void {
    this.#replies.push({ method, status });
    if (method === 'INVITE' && status < 300) this.#agree(sdp, nowMs);
  }

  #offered(sdp: string | undefined, nowMs: number): string {
    if (sdp !== undefined) this.#agree(sdp, nowMs);
    this.#version += 1;
    const { sends = true, listens = true } = this.#remote ?? {};
    return this.#describe(directionOf(listens, sends));
  }

  #agree(sdp: string, nowMs: number): void {
    this.#remote = readDescription(sdp, [this.#plan.codec]) ?? this.#remote;
    this.#incoming?.expect(!this.#isHeld && this.#remote?.sends === true, nowMs);
  }

  #describe(direction: Direction): string {
    const { codec } = this.#plan;
    const { host } = this.#leg.identity;
    return describe({ host, port: this.#media.port, codecs: [codec], direction, version: this.#version });
  }

  #receive(datagram: Uint8Array, fromPort: number): void {
    const nowMs = performance.now();
    // What comes before the answer is early media, which nobody listens to here.
    if (this.#remote === undefined) return;
    this.#firstPacketMs ??= nowMs;
    if (fromPort !== this.#remote.port) this.#strangers += 1;
    if (this.#receivingPath === undefined) this.#incoming?.receive(datagram, nowMs);
    else this.#receivingPath.pass(datagram, nowMs);
  }

  #transmit(packet: Uint8Array): void {
    this.#media.send(packet, this.#remote!.host, this.#remote!.port);
  }

  /** The first sound that ends after we cut in is the one that was cut short. */
  #noteQuiet(startMs: number, endMs: number): void {
    const last = this.#interruptions.at(-1);
    if (last === undefined || last.stopMs !== undefined || startMs > last.startMs) return;
    this.#interruptions[this.#interruptions.length - 1] = { ...last, stopMs: endMs - last.startMs };
  }

  #path(
    impairment: Impairment | undefined,
    direction: string,
    deliver: (packet: Uint8Array, nowMs: number) => void,
  ): ImpairedPath | undefined {
    if (impairment === undefined) return undefined;
    const { seed, index } = this.#plan;
    return new ImpairedPath(impairment, new SeededRandom(seed, `${direction} ${index}`), deliver);
  }

  #sinceAnswer(atMs: number): number {
    return atMs - (this.#answeredMs ?? atMs);
  }

  #finish(nowMs: number): void {
    if (this.#endedMs !== undefined) return;
    this.#endedMs = nowMs;
    this.#silence(nowMs);
    this.#isOver();
  }

  /** Nothing is sent or expected any more. */
  #silence(nowMs: number): void {
    this.#pacer.remove(this);
    this.#incoming?.finish(nowMs);
  }
}

function directionOf(sends: boolean, receives: boolean): Direction {
  if (sends) return receives ? 'sendrecv' : 'sendonly';
  return receives ? 'recvonly' : 'inactive';
}
