import type { SipMessage } from '../../sip/message/message.ts';
import type { Rejected } from '../../sip/message/outcome.ts';
import type { WireTap } from '../../sip/transport/transport.ts';
import { LIMITS } from '../config/limits.ts';
import type { LadderEntry, RtcpEntry, SipEntry } from './entries.ts';
import { FirstAndLast, type Room } from './first_and_last.ts';
import { MessageMasker } from './mask/message.ts';
import { maskRtcp } from './mask/rtcp.ts';

/** An RTCP compound and the way that it went. */
export interface Report extends Omit<RtcpEntry, 'kind' | 'atMs' | 'bytes'> {
  readonly bytes: Uint8Array;
}

/** A message as it crossed the wire: one character a byte, which takes less room than a buffer of its own. */
interface SeenMessage extends Omit<SipEntry, 'text'> {
  readonly wire: string;
}

interface Track {
  readonly beganMs: number;
  readonly seen: FirstAndLast<SeenMessage | RtcpEntry>;
}

const ROOM: Room = {
  firstItems: LIMITS.ladderFirstEntries,
  firstBytes: LIMITS.ladderFirstBytes,
  lastItems: LIMITS.ladderLastEntries,
  lastBytes: LIMITS.ladderLastBytes,
};

export interface RecorderStats {
  readonly attempts: number;
  readonly calls: number;
  /** Held in memory. */
  readonly bytes: number;
  /** Calls whose ladder was given up because there were too many, or nobody took it. */
  readonly forgotten: number;
}

/**
 * Gathers what a process sees of its calls: SIP messages by Call-ID, from the first INVITE on, and RTCP reports by
 * whatever names the call there. An INVITE alone is an attempt, soon forgotten; it becomes a call by `hold`. Kept
 * unread and unmasked in memory, at the cost of a copy, until `take` masks it for the record.
 */
export class LadderRecorder {
  readonly #nowMs: () => number;
  readonly #attempts = new Map<string, Track>();
  readonly #calls = new Map<string, Track>();
  #bytes = 0;
  #forgotten = 0;

  /** @param nowMs wall clock, milliseconds since 1970 */
  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** The transport's tap. */
  readonly sip: WireTap = (direction, bytes, { protocol, local, remote }, message) => {
    const callId = callIdOf(message);
    const track = callId === undefined ? undefined : (this.#find(callId) ?? this.#attempt(callId, message));
    if (track === undefined) return;
    const wire = bytes.toString('latin1', 0, LIMITS.ladderMessageBytes);
    const cutBytes = bytes.length - wire.length;
    const ends = { local: endOf(local), remote: endOf(remote) };
    this.#add(
      track,
      { kind: 'sip', atMs: this.#nowMs(), direction, ...ends, protocol, wire, cutBytes },
      wire.length,
    );
  };

  /** A report of a call that is none of SIP's here: known by its id, from its first report on. */
  rtcp(callId: string, { bytes, ...way }: Report): void {
    const track = this.#find(callId) ?? this.#hold(callId, this.#newTrack());
    if (bytes.length > LIMITS.ladderMessageBytes) return;
    const masked = Buffer.from(maskRtcp(bytes)).toString('base64');
    this.#add(track, { kind: 'rtcp', atMs: this.#nowMs(), ...way, bytes: masked }, masked.length);
  }

  /** The attempt of this Call-ID is a call: kept until it is taken or dropped. */
  hold(callId: string): void {
    const track = this.#attempts.get(callId);
    if (track === undefined) return;
    this.#attempts.delete(callId);
    this.#hold(callId, track);
  }

  /** Everything seen of a call so far, masked, and forgotten here; empty where nothing is known. */
  take(callId: string): LadderEntry[] {
    const track = this.#find(callId);
    if (track === undefined) return [];
    this.drop(callId);
    const masker = new MessageMasker();
    const { first, missing, last } = track.seen.take();
    const gap = missing && { kind: 'gap' as const, atMs: missing.latest.atMs, count: missing.count };
    return [
      ...first.map(seen => entryOf(seen, masker)),
      ...(gap === undefined ? [] : [gap]),
      ...last.map(seen => entryOf(seen, masker)),
    ];
  }

  /** Forgets a call that leaves no record. */
  drop(callId: string): void {
    this.#bytes -= this.#find(callId)?.seen.bytes ?? 0;
    this.#attempts.delete(callId);
    this.#calls.delete(callId);
  }

  stats(): RecorderStats {
    return {
      attempts: this.#attempts.size,
      calls: this.#calls.size,
      bytes: this.#bytes,
      forgotten: this.#forgotten,
    };
  }

  #find(callId: string): Track | undefined {
    return this.#calls.get(callId) ?? this.#attempts.get(callId);
  }

  #newTrack(): Track {
    return { beganMs: this.#nowMs(), seen: new FirstAndLast(ROOM) };
  }

  /** Calls begin with an INVITE; whatever else is not of a call seen before is none of a ladder's business. */
  #attempt(callId: string, message: SipMessage | Rejected): Track | undefined {
    if (!('method' in message) || message.method !== 'INVITE') return undefined;
    this.#makeRoom(this.#attempts, LIMITS.ladderAttempts, LIMITS.ladderAttemptMs);
    const track = this.#newTrack();
    this.#attempts.set(callId, track);
    return track;
  }

  #hold(callId: string, track: Track): Track {
    this.#forgotten += this.#makeRoom(this.#calls, LIMITS.ladderCalls, LIMITS.ladderMs);
    this.#calls.set(callId, track);
    return track;
  }

  /** Drops what is too old, and the oldest where there are too many for one more; how many it were. */
  #makeRoom(tracks: ReadonlyMap<string, Track>, most: number, mostMs: number): number {
    const before = tracks.size;
    for (const [callId, { beganMs }] of tracks) {
      if (tracks.size < most && this.#nowMs() - beganMs <= mostMs) break;
      this.drop(callId);
    }
    return before - tracks.size;
  }

  #add({ seen }: Track, item: SeenMessage | RtcpEntry, bytes: number): void {
    const before = seen.bytes;
    seen.add(item, bytes, this.#bytes >= LIMITS.ladderMemoryBytes);
    this.#bytes += seen.bytes - before;
  }
}

function callIdOf(message: SipMessage | Rejected): string | undefined {
  if ('callId' in message) return message.callId;
  return message.echo.find(({ key }) => key === 'call-id')?.value;
}

/** Of a hop or a flow only its address. */
function endOf({ address, port }: SipEntry['local']): SipEntry['local'] {
  return { address, port };
}

function entryOf(seen: SeenMessage | RtcpEntry, masker: MessageMasker): LadderEntry {
  if (seen.kind === 'rtcp') return seen;
  const { wire, ...entry } = seen;
  return { ...entry, text: masker.mask(Buffer.from(wire, 'latin1'), entry.cutBytes > 0) };
}
