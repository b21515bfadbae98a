import { createRequire } from 'node:module';
import type { LibraryHandle } from 'koffi';

/** Architectures of which constants and structures are known here: Linux, 64 bits, little-endian. */
const ARCHITECTURES: ReadonlySet<string> = new Set(['x64', 'arm64']);

export interface Libc {
  readonly libc: LibraryHandle;
  readonly koffi: typeof import('koffi');
}

/** The C library as this process has it; undefined where it can't be called from here. */
export function loadLibc(): Libc | undefined {
  if (process.platform !== 'linux' || !ARCHITECTURES.has(process.arch)) return undefined;
  try {
    // Not imported: where there is no build of it, the rest works without.
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    return { libc: koffi.load(null), koffi };
  } catch {
    return undefined;
  }
}
