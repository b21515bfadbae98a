import type { Bench } from './bench.ts';
import { benchCallers } from './callers.ts';

/** Ten callers at once through livekit-sip and rooms. */
export const bench: Bench = { name: 'rooms', run: options => benchCallers(options, 'livekit-sip') };
