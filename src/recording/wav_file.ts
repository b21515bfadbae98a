/**
 * Head of a RIFF/WAVE file of two 16-bit PCM channels (Multimedia Programming Interface and Data Specifications 1.0,
 * IBM and Microsoft 1991): 44 bytes, little-endian, then the samples, left and right in turn.
 */
export const HEAD_BYTES = 44;
/** One sample of each channel. */
export const FRAME_BYTES = 4;

export interface WavHead {
  readonly rateHz: number;
  readonly dataBytes: number;
}

export function encodeHead({ rateHz, dataBytes }: WavHead): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(HEAD_BYTES - 8 + dataBytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(rateHz, 24);
  head.writeUInt32LE(rateHz * FRAME_BYTES, 28);
  head.writeUInt16LE(FRAME_BYTES, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(dataBytes, 40);
  return head;
}

/** Reads a head that `encodeHead` made; undefined for any other bytes. */
export function decodeHead(bytes: Buffer): WavHead | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const head = { rateHz: bytes.readUInt32LE(24), dataBytes: bytes.readUInt32LE(40) };
  const valid = head.rateHz > 0 && head.rateHz <= 48000 && head.dataBytes <= 0xffffffff - HEAD_BYTES;
  return valid && encodeHead(head).equals(bytes.subarray(0, HEAD_BYTES)) ? head : undefined;
}

export function durationMsOf({ rateHz, dataBytes }: WavHead): number {
  return (dataBytes / FRAME_BYTES / rateHz) * 1000;
}
