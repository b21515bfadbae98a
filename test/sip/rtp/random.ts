/** The same numbers on every machine, 0…1: 32-bit xorshift. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Changes, cuts or lengthens some bytes by chance. */
export function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  const length = random() < 0.3 ? Math.floor(random() * (bytes.length + 8)) : bytes.length;
  const mutated = new Uint8Array(length);
  mutated.set(bytes.subarray(0, length));
  // Beyond the end of what was cut to nothing, nothing is written.
  for (let i = Math.floor(random() * 4); i > 0; i -= 1) {
    mutated[Math.floor(random() * length)] = Math.floor(random() * 256);
  }
  return mutated;
}
