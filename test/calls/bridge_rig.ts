import { setTimeout as sleep } from 'node:timers/promises';
import { SendSpread } from '../../sip/rtp/send_spread.ts';
import type { LegRequest } from '../../src/calls/bridge_legs.ts';
import { LegLines } from '../../src/calls/bridge_lines.ts';
import { Relays, type RelaysParts } from '../../src/calls/bridge_relays.ts';
import { MediaCalls } from '../../src/calls/media_calls.ts';
import { PhoneLegs } from '../../src/calls/phone_legs.ts';
import { readSamples } from '../../src/calls/ring.ts';
import { CONTROL, createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import { SpeechWriter } from '../../src/calls/speech_writer.ts';
import type { ToTalk } from '../../src/calls/thread_messages.ts';
import type { LegOrder, Message } from '../../src/ipc/messages.ts';
import { openLink } from '../../src/lines/link_line.ts';
import { rateOf } from '../../src/lines/trunk_stream.ts';
import { createLogger } from '../../src/observe/log.ts';
import { HOST, TrunkPeer } from '../lines/trunk_peer.ts';
import { freePortPair, kernels, settle, shared, sockets } from '../lines/trunk_rig.ts';
import { PLAIN_SOUND } from '../pipeline/plain_sound.ts';
import { HandLine } from './hand_line.ts';

const CALL = 'call';
type Codec = TrunkPeer['codec'];

/** A phone that is to be called, and the port at which it is heard. */
export function phone(port: number): LegOrder['access'] {
  return { kind: 'trunk', trunk: 'there', host: HOST, port, stream: null, from: '', to: '+15550111' };
}

/** A media process whose clock is turned by hand, with one phone call on real sockets and room for further legs. */
export class BridgeRig {
  nowMs = 1_000;
  readonly caller: TrunkPeer;
  readonly toEdge: Message[] = [];
  readonly toTalk: ToTalk[] = [];
  readonly ended: string[] = [];
  /** What calls want of the edge. */
  readonly wanted: LegRequest[] = [];
  readonly calls: MediaCalls;
  readonly relays: Relays;
  readonly legLines: LegLines;
  /** The rooms that relays have joined. */
  readonly rooms: HandLine[] = [];
  readonly #phones: PhoneLegs;
  readonly #spread = new SendSpread();
  readonly #peers: TrunkPeer[];
  readonly #memory = createSlotMemory(1);

  private constructor(caller: TrunkPeer, openRoom: RelaysParts['openRoom'] = this.#handRoom) {
    this.caller = caller;
    this.#peers = [caller];
    const log = createLogger('media-0', 'silent');
    const parts = { kernels, sockets, spread: this.#spread, nowMs: () => this.nowMs };
    const toEdge = (message: Message): void => void this.toEdge.push(message);
    const phones = new PhoneLegs({ parts, toEdge, log });
    this.#phones = phones;
    this.legLines = new LegLines({ phones, trunks: parts, toEdge });
    this.calls = new MediaCalls({
      memory: this.#memory,
      maxCalls: 1,
      shared,
      soundOf: () => [PLAIN_SOUND],
      rateOf: ({ line }) => rateOf(line.kind === 'trunk' ? line.stream : null),
      openLine: ({ callId, line }, rateHz, events) => {
        if (line.kind !== 'trunk') throw new Error('phones only');
        return phones.open(callId, line, rateHz, events);
      },
      openLegLine: (...leg) => this.legLines.open(...leg),
      ports: {
        toTalk: message => this.toTalk.push(message),
        callUp: () => {},
        callRefused: () => {},
        callEnded: (_, reason) => this.ended.push(reason),
        checkpoint: () => undefined,
        legWanted: (_, request) => this.wanted.push(request),
        orphan: () => undefined,
        callsChanged: () => {},
        readinessChanged: () => {},
      },
      log,
    });
    this.relays = new Relays({
      rateHz: 16_000,
      openRoom,
      openLink: (ends, rateHz, events) => openLink({ ...ends, rateHz }, parts, events),
      toEdge,
    });
  }

  readonly #handRoom: RelaysParts['openRoom'] = (_, rateHz, events) => {
    const room = new HandLine(rateHz, events);
    this.rooms.push(room);
    return room;
  };

  /** A call that is up. */
  static async up(codec: Codec = 'PCMU', openRoom?: RelaysParts['openRoom']): Promise<BridgeRig> {
    const caller = await TrunkPeer.open();
    caller.use(codec);
    const rig = new BridgeRig(caller, openRoom);
    const port = await freePortPair();
    caller.linePort = port;
    rig.calls.assign({
      callId: CALL,
      tenantId: 'default',
      direction: 'inbound',
      workflow: 'none',
      assignedAtMs: 0,
      line: {
        kind: 'trunk',
        trunk: 'here',
        host: HOST,
        port,
        stream: caller.stream(),
        from: '+15550100',
        to: '+15550199',
      },
    });
    await rig.until('lineReady', CALL);
    rig.edge({ type: 'lineAnswered', callId: CALL, stream: caller.stream() });
    return rig;
  }

  edge(message: Parameters<PhoneLegs['fromEdge']>[0]): void {
    this.#phones.fromEdge(message);
  }

  /** A phone in the call, that has answered. */
  async join(legId: string, settings: Partial<LegOrder> = {}, codec: Codec = 'PCMU'): Promise<TrunkPeer> {
    const peer = await this.ring(legId, settings, codec);
    this.edge({ type: 'lineAnswered', callId: legId, stream: peer.stream() });
    this.answer(legId);
    return peer;
  }

  answer(legId: string): void {
    this.calls.leg({ type: 'legUp', callId: CALL, legId });
  }

  /** A phone that is being called. */
  async ring(legId: string, settings: Partial<LegOrder> = {}, codec: Codec = 'PCMU'): Promise<TrunkPeer> {
    const peer = await TrunkPeer.open();
    peer.use(codec);
    this.#peers.push(peer);
    const port = await freePortPair();
    peer.linePort = port;
    this.open({ legId, mode: 'bridge', keepAgent: true, access: phone(port), ...settings });
    await this.until('lineReady', legId);
    return peer;
  }

  open(leg: LegOrder): boolean {
    return this.calls.leg({ type: 'openLeg', callId: CALL, leg });
  }

  remove(
    legId: string,
    ending: { reason: 'busy' | 'localHangup'; status?: number } = { reason: 'localHangup' },
  ): void {
    this.calls.leg({ type: 'legGone', callId: CALL, legId, ending });
  }

  async until(type: Message['type'], callId: string): Promise<void> {
    const isTold = (): boolean =>
      this.toEdge.some(message => message.type === type && 'callId' in message && message.callId === callId);
    while (!isTold()) await settle(1);
  }

  /** Facts for the record, without their times. */
  get facts(): string[] {
    return this.toTalk.flatMap(message => {
      if (message.type === 'agentLeft') return ['agentLeft'];
      if (message.type !== 'leg') return [];
      const { mediaMs: _, ...detail } = message.fact.detail;
      return [`${message.fact.type} ${Object.values(detail).join(' ')}`];
    });
  }

  /** The agent says these samples, at the call's rate. */
  say(samples: Int16Array): void {
    new SpeechWriter(slotView(this.#memory, 0)).write(samples);
  }

  record(): void {
    slotView(this.#memory, 0).control[CONTROL.recording] = 1;
  }

  /** What was recorded since the last look: caller and other side. */
  recorded(): { caller: Int16Array; other: Int16Array } {
    const samples = new Int16Array(1 << 17);
    const both = samples.subarray(0, readSamples(slotView(this.#memory, 0).recording, samples));
    return { caller: both.filter((_, i) => i % 2 === 0), other: both.filter((_, i) => i % 2 === 1) };
  }

  async run(durationMs: number): Promise<void> {
    for (let ms = 0; ms < durationMs; ms += 10) {
      this.nowMs += 10;
      this.#spread.startTick();
      for (const peer of this.#peers) peer.tick();
      await settle();
      this.calls.tick();
      this.relays.tick();
    }
    this.#spread.startTick();
    await settle();
  }

  /** The same, no faster than time passes. */
  async runInTime(durationMs: number): Promise<void> {
    let nextMs = performance.now();
    for (let ms = 0; ms < durationMs; ms += 10) {
      nextMs += 10;
      await sleep(Math.max(0, nextMs - performance.now()));
      await this.run(10);
    }
  }

  async close(): Promise<void> {
    this.calls.hangUp(CALL);
    await this.relays.stop();
    await settle();
    this.calls.fromTalk({ type: 'released', slot: 0 });
    for (const peer of this.#peers) peer.close();
  }
}
