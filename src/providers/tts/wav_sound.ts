/** A header longer than this is none. */
const MOST_HEADER_BYTES = 4_096;

/** What is at the start of a sound: nothing yet, samples at once, or a header that says what follows. */
export type SoundStart =
  | { readonly type: 'unknown' }
  | { readonly type: 'samples' }
  | { readonly type: 'wav'; readonly rateHz: number; readonly headerBytes: number }
  | { readonly type: 'wrong' };

/**
 * Reads the start of what should be 16-bit mono PCM: some servers put a RIFF WAVE header before it (RFC 2361), whose sizes
 * are not relied on, since it may have been written before the sound was.
 */
export function readSoundStart(bytes: Buffer): SoundStart {
  const riff = bytes.toString('latin1', 0, 4);
  if (!'RIFF'.startsWith(riff)) return { type: 'samples' };
  if (bytes.length < 12) return { type: 'unknown' };
  let rateHz = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const chunk = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (chunk === 'data')
      return rateHz > 0 ? { type: 'wav', rateHz, headerBytes: at + 8 } : { type: 'wrong' };
    if (chunk === 'fmt ' && at + 24 <= bytes.length) {
      const [format, channels, bits] = [at + 8, at + 10, at + 22].map(place => bytes.readUInt16LE(place));
      if (format !== 1 || channels !== 1 || bits !== 16) return { type: 'wrong' };
      rateHz = bytes.readUInt32LE(at + 12);
    }
    at += 8 + size + (size % 2);
  }
  return bytes.length > MOST_HEADER_BYTES ? { type: 'wrong' } : { type: 'unknown' };
}
