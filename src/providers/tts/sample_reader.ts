/** Makes samples of bytes that come in chunks of any length, odd ones too: 16-bit, little-endian. */
export class SampleReader {
  #odd: number | undefined;

  read(bytes: Uint8Array): Int16Array {
    if (this.#odd === undefined && bytes.length % 2 === 0) return samplesOf(bytes);
    const kept = this.#odd === undefined ? 0 : 1;
    const samples = new Int16Array((kept + bytes.length) >> 1);
    const at = (index: number): number => (index < kept ? this.#odd! : bytes[index - kept]!);
    for (let i = 0; i < samples.length; i++) samples[i] = at(2 * i) | (at(2 * i + 1) << 8);
    this.#odd = (kept + bytes.length) % 2 === 1 ? at(kept + bytes.length - 1) : undefined;
    return samples;
  }
}

/** Of bytes that are whole samples; Int16Array is little-endian wherever Node runs. */
function samplesOf(bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length / 2);
  new Uint8Array(samples.buffer).set(bytes);
  return samples;
}
