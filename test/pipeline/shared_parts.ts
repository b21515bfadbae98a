import { SharedParts } from '../../pipeline/shared_parts.ts';
import { KERNEL_FOLDER } from './kernels/legs.ts';

/** Room for so many calls, and legs by RTP. */
export function sharedParts(calls: number, legs = calls): Promise<SharedParts> {
  return SharedParts.load(KERNEL_FOLDER, calls, legs);
}
