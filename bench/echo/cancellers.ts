import type { KernelMemory } from '../../pipeline/kernels/kernel_memory.ts';
import type { Canceller } from './canceller.ts';
import { openOwn } from './own_canceller.ts';
import type { Scene } from './scene.ts';
import { loadWebrtc, type Webrtc } from './webrtc.ts';

/** Those that are judged by the same scenes. */
export interface Cancellers {
  own(scene: Scene): Required<Canceller>;
  /** WebRTC's; undefined where it does not load. */
  readonly aec3: ((scene: Scene) => Canceller) | undefined;
  /** Why there is none. */
  readonly aec3Missing: string | undefined;
  close(): Promise<void>;
}

export function provideCancellers(memory: KernelMemory): Cancellers {
  const webrtc = tryWebrtc();
  const isThere = typeof webrtc !== 'string';
  return {
    own: ({ rateHz, tailMs }) => openOwn(memory, rateHz, tailMs),
    aec3: isThere ? ({ rateHz }) => webrtc.open(rateHz) : undefined,
    aec3Missing: isThere ? undefined : webrtc,
    close: async () => {
      if (isThere) await webrtc.close();
    },
  };
}

function tryWebrtc(): Webrtc | string {
  try {
    return loadWebrtc();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
