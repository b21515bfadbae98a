import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('torture/', import.meta.url);

/** The messages of RFC 4475 by name, as bytes. */
export const TORTURE: ReadonlyMap<string, Buffer> = new Map(
  readdirSync(FOLDER)
    .filter(name => name.endsWith('.dat'))
    .map(name => [name.slice(0, -4), readFileSync(new URL(name, FOLDER))]),
);

/** One of them; a wrong name is a mistake of the test. */
export function tortureBytes(name: string): Buffer {
  const bytes = TORTURE.get(name);
  if (bytes === undefined) throw new Error(`no torture message ${name}`);
  return bytes;
}

/** Digests of the files in the RFC's own archive, by name. */
export function tortureDigests(): Map<string, string> {
  const lines = readFileSync(new URL('SHA256', FOLDER), 'utf8').trim().split('\n');
  return new Map(lines.map(line => [line.slice(65, -4), line.slice(0, 64)]));
}
