import { randomBytes } from 'node:crypto';
import type { RequestBody } from '../provider_http.ts';

/** A WAV file of 16-bit mono sound, with the shortest header there is (RIFF, WAVE_FORMAT_PCM). */
export function wavFile(pieces: readonly Int16Array[], rateHz: number): Buffer {
  const bytes = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const file = Buffer.alloc(44 + bytes);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(36 + bytes, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rateHz, 24);
  file.writeUInt32LE(rateHz * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(bytes, 40);
  let at = 44;
  for (const piece of pieces) {
    file.set(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), at);
    at += piece.byteLength;
  }
  return file;
}

/** A form as multipart/form-data (RFC 7578) with one file last. Names and values are ours: none has a quote in its name. */
export function multipartForm(
  fields: readonly (readonly [name: string, value: string])[],
  file: { readonly name: string; readonly fileName: string; readonly type: string; readonly bytes: Buffer },
): RequestBody {
  const boundary = randomBytes(24).toString('hex');
  const parts = fields.map(([name, value]) => {
    return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  });
  const disposition = `form-data; name="${file.name}"; filename="${file.fileName}"`;
  const head = `--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: ${file.type}\r\n\r\n`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: Buffer.concat([
      Buffer.from(parts.join('') + head),
      file.bytes,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  };
}
