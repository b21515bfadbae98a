import type { Socket } from 'node:net';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { type Envelope, envelopeSchema } from './messages.ts';

const HEADER_BYTES = 4;

/** One envelope as a frame: length in 4 bytes big-endian, then JSON in UTF-8. */
export function encodeEnvelope(envelope: Envelope): Buffer {
  const body = Buffer.from(JSON.stringify(envelope), 'utf8');
  if (body.length > LIMITS.ipcMessageBytes) {
    throw new TrunklineError('IPC_PROTOCOL', `${envelope.message.type} has ${body.length} bytes`);
  }
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, HEADER_BYTES);
  return frame;
}

/** Cuts a byte stream into envelopes, whatever pieces it arrives in. */
export class EnvelopeDecoder {
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  /** @throws TrunklineError IPC_PROTOCOL when the bytes are no frame or the frame no envelope */
  push(chunk: Buffer): Envelope[] {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    const envelopes: Envelope[] = [];
    for (;;) {
      const body = this.#takeBody();
      if (body === undefined) return envelopes;
      envelopes.push(parseEnvelope(body));
    }
  }

  #takeBody(): Buffer | undefined {
    if (this.#pendingBytes < HEADER_BYTES) return undefined;
    const bytes = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
    this.#pending = [bytes];
    const length = bytes.readUInt32BE(0);
    if (length > LIMITS.ipcMessageBytes) throw new TrunklineError('IPC_PROTOCOL', `frame of ${length} bytes`);
    if (bytes.length < HEADER_BYTES + length) return undefined;
    const rest = bytes.subarray(HEADER_BYTES + length);
    this.#pending = rest.length > 0 ? [rest] : [];
    this.#pendingBytes = rest.length;
    return bytes.subarray(HEADER_BYTES, HEADER_BYTES + length);
  }
}

function parseEnvelope(body: Buffer): Envelope {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new TrunklineError('IPC_PROTOCOL', 'frame is not JSON', { cause: error });
  }
  const result = envelopeSchema.safeParse(json);
  if (!result.success)
    throw new TrunklineError('IPC_PROTOCOL', 'frame is no envelope', { cause: result.error });
  return result.data;
}

/** Sends without waiting; a peer that lets too much pile up loses its link. */
export function sendEnvelope(socket: Socket, envelope: Envelope): void {
  if (socket.destroyed || !socket.writable) return;
  if (socket.writableLength > LIMITS.ipcQueuedBytes) {
    socket.destroy(new TrunklineError('IPC_PROTOCOL', `${envelope.to} does not read`));
    return;
  }
  socket.write(encodeEnvelope(envelope));
}
