/**
 * What the canceller did to its last frame, done to one component of it alone: to the echo, from which the estimate is
 * taken, or to the near end. Their sum is what came out, but for the hiss. For measuring.
 */

import { PRE_EMPHASIS } from './echo_hiss.ts';
import { Echo, EchoShadow, SHADOW_LAST, SHADOW_OVERLAP, TAKEN } from './echo_slot.ts';
import { applyGains } from './echo_suppressor.ts';
import { analyse, synthesise } from './echo_windows.ts';

const FRAME = memory.data(160 * 4, 16);
const RE = memory.data(164 * 4, 16);
const IM = memory.data(164 * 4, 16);

/** In place; `echoSlot` is the canceller's. */
export function shadowEcho(slot: usize, echoSlot: usize, samples: usize, isEcho: bool): void {
  const shadow = changetype<EchoShadow>(slot);
  const n = changetype<Echo>(echoSlot).frame;
  const bytes = (<usize>n) << 2;
  let last = shadow.inLast;
  for (let at: usize = 0; at < bytes; at += 4) {
    const sample = load<f32>(samples + at);
    const estimate = isEcho ? load<f32>(echoSlot + TAKEN + at) : 0;
    store<f32>(FRAME + at, sample - PRE_EMPHASIS * last - estimate);
    last = sample;
  }
  shadow.inLast = last;
  analyse(n, slot + SHADOW_LAST, FRAME, RE, IM);
  applyGains(echoSlot, n, RE, IM);
  synthesise(n, RE, IM, slot + SHADOW_OVERLAP, FRAME);
  let out = shadow.outLast;
  for (let at: usize = 0; at < bytes; at += 4) {
    out = load<f32>(FRAME + at) + PRE_EMPHASIS * out;
    store<f32>(samples + at, out);
  }
  shadow.outLast = out;
}
