import { readFileSync, statSync, writeFileSync } from 'node:fs';

/** 16-bit PCM audio, one array a channel, all of one length. */
export interface WavAudio {
  readonly rateHz: number;
  readonly channels: readonly Int16Array[];
}

const HEADER_BYTES = 44;
const PCM_FORMAT = 1;
const EXTENSIBLE_FORMAT = 0xfffe;
/** A file larger than this is refused. */
const MAX_BYTES = 512 << 20;

/** The bytes of a RIFF/WAVE file (Microsoft RIFF, 1991); shorter channels are filled up with silence. */
export function formatWav({ rateHz, channels }: WavAudio): Buffer {
  const frames = Math.max(0, ...channels.map(channel => channel.length));
  const dataBytes = frames * channels.length * 2;
  const file = Buffer.alloc(HEADER_BYTES + dataBytes);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(PCM_FORMAT, 20);
  file.writeUInt16LE(channels.length, 22);
  file.writeUInt32LE(rateHz, 24);
  file.writeUInt32LE(rateHz * channels.length * 2, 28);
  file.writeUInt16LE(channels.length * 2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataBytes, 40);
  for (const [index, channel] of channels.entries()) {
    let at = HEADER_BYTES + index * 2;
    for (const sample of channel) {
      file.writeInt16LE(sample, at);
      at += channels.length * 2;
    }
  }
  return file;
}

/**
 * Reads 16-bit PCM.
 * @throws Error when it is anything else, or shorter than its headers say
 */
export function parseWav(file: Buffer): WavAudio {
  if (
    file.length < 12 ||
    file.toString('latin1', 0, 4) !== 'RIFF' ||
    file.toString('latin1', 8, 12) !== 'WAVE'
  ) {
    throw new Error('no RIFF/WAVE file');
  }
  const format = chunk(file, 'fmt ');
  const data = chunk(file, 'data');
  if (format === undefined || format.length < 16 || data === undefined)
    throw new Error('a WAVE file without fmt or data');
  const tag = format.readUInt16LE(0);
  const bits = format.readUInt16LE(14);
  const channelCount = format.readUInt16LE(2);
  if (
    (tag !== PCM_FORMAT && tag !== EXTENSIBLE_FORMAT) ||
    bits !== 16 ||
    channelCount < 1 ||
    channelCount > 8
  ) {
    throw new Error(`WAVE format ${tag} with ${bits} bits in ${channelCount} channels: 16-bit PCM is needed`);
  }
  return { rateHz: format.readUInt32LE(4), channels: deinterleave(data, channelCount) };
}

function chunk(file: Buffer, id: string): Buffer | undefined {
  let at = 12;
  while (at + 8 <= file.length) {
    const length = file.readUInt32LE(at + 4);
    if (file.toString('latin1', at, at + 4) === id) {
      if (at + 8 + length > file.length) throw new Error(`a WAVE file that is cut off in ${id.trim()}`);
      return file.subarray(at + 8, at + 8 + length);
    }
    at += 8 + length + (length & 1);
  }
  return undefined;
}

function deinterleave(data: Buffer, channelCount: number): Int16Array[] {
  const frames = Math.floor(data.length / (2 * channelCount));
  return Array.from({ length: channelCount }, (_, channel) =>
    Int16Array.from({ length: frames }, (_unused, frame) =>
      data.readInt16LE((frame * channelCount + channel) * 2),
    ),
  );
}

export function writeWav(path: string, audio: WavAudio): void {
  writeFileSync(path, formatWav(audio));
}

export function readWav(path: string): WavAudio {
  if (statSync(path).size > MAX_BYTES) throw new Error(`${path} is larger than ${MAX_BYTES} bytes`);
  return parseWav(readFileSync(path));
}
