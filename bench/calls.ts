import type { Bench } from './bench.ts';
import { benchCallers } from './callers.ts';

/** Ten callers at once by the node's own SIP. */
export const bench: Bench = { name: 'calls', run: options => benchCallers(options, 'phone') };
