import type { Socket } from 'node:net';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { type Envelope, envelopeSchema } from './messages.ts';

const LENGTH_BYTES = 4;
const MOST_WAY_BYTES = 255;

/**
 * What crosses a link: the length of all that follows in 4 bytes big-endian, the length of the way in one, the way as
 * `from>to` or `from>to>number` in ASCII, and the message as JSON in UTF-8. The way stands apart so that the hub passes messages on unread.
 */
export interface Frame {
  /** As the sender says; nobody has looked whether they are addresses. */
  readonly from: string;
  readonly to: string;
  /** Of the sender's messages to other roles, rising; 0 where it numbers none. */
  readonly number: number;
  /** The message alone. */
  readonly body: Buffer;
  /** The whole frame. */
  readonly bytes: Buffer;
}

export function encodeEnvelope({ from, to, message }: Envelope, number = 0): Buffer {
  const way = number === 0 ? `${from}>${to}` : `${from}>${to}>${number}`;
  const json = JSON.stringify(message);
  const length = 1 + way.length + Buffer.byteLength(json);
  if (length > LIMITS.ipcMessageBytes)
    throw new TrunklineError('IPC_PROTOCOL', `${message.type} has ${length} bytes`);
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + length);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt8(way.length, LENGTH_BYTES);
  bytes.write(way, LENGTH_BYTES + 1, 'latin1');
  bytes.write(json, LENGTH_BYTES + 1 + way.length, 'utf8');
  return bytes;
}

/** @throws TrunklineError IPC_PROTOCOL when a frame holds no message of ours */
export function readEnvelope({ from, to, body }: Frame): Envelope {
  let message: unknown;
  try {
    message = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new TrunklineError('IPC_PROTOCOL', 'frame is not JSON', { cause: error });
  }
  const result = envelopeSchema.safeParse({ from, to, message });
  if (!result.success)
    throw new TrunklineError('IPC_PROTOCOL', 'frame is no envelope', { cause: result.error });
  return result.data;
}

/** Cuts a byte stream into frames, whatever pieces it arrives in. */
export class FrameDecoder {
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  /** @throws TrunklineError IPC_PROTOCOL when the bytes are no frame */
  push(chunk: Buffer): Frame[] {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    const frames: Frame[] = [];
    for (;;) {
      const bytes = this.#take();
      if (bytes === undefined) return frames;
      frames.push(frameOf(bytes));
    }
  }

  #take(): Buffer | undefined {
    if (this.#pendingBytes < LENGTH_BYTES) return undefined;
    const bytes = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
    this.#pending = [bytes];
    const length = bytes.readUInt32BE(0);
    if (length > LIMITS.ipcMessageBytes) throw new TrunklineError('IPC_PROTOCOL', `frame of ${length} bytes`);
    const end = LENGTH_BYTES + length;
    if (bytes.length < end) return undefined;
    const rest = bytes.subarray(end);
    this.#pending = rest.length > 0 ? [rest] : [];
    this.#pendingBytes = rest.length;
    return bytes.subarray(0, end);
  }
}

function frameOf(bytes: Buffer): Frame {
  const wayAt = LENGTH_BYTES + 1;
  const bodyAt = wayAt + (bytes[LENGTH_BYTES] ?? MOST_WAY_BYTES);
  const [from = '', to, number = '0'] = bytes.toString('latin1', wayAt, bodyAt).split('>', 3);
  if (bodyAt > bytes.length || to === undefined || !/^\d{1,15}$/.test(number))
    throw new TrunklineError('IPC_PROTOCOL', 'frame without a way');
  return { from, to, number: Number(number), body: bytes.subarray(bodyAt), bytes };
}

/** Sends without waiting; a peer that lets too much pile up loses its link. */
export function sendFrame(socket: Socket, bytes: Buffer): void {
  if (socket.destroyed || !socket.writable) return;
  if (socket.writableLength > LIMITS.ipcQueuedBytes) {
    socket.destroy(new TrunklineError('IPC_PROTOCOL', 'the far end does not read'));
    return;
  }
  // What is sent at one time leaves in one write.
  if (socket.writableCorked === 0) {
    socket.cork();
    process.nextTick(() => socket.uncork());
  }
  socket.write(bytes);
}
