import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../test/sip/message/torture/', import.meta.url);

/** The messages of RFC 4475, as bytes. */
export const TORTURE: readonly Buffer[] = readdirSync(FOLDER)
  .filter(name => name.endsWith('.dat'))
  .map(name => readFileSync(new URL(name, FOLDER)));
