import type { SharedParts } from '../../pipeline/shared_parts.ts';
import type { AudioCall } from '../../src/calls/audio_call.ts';

/** The network's word on the call's next window, whatever was heard in it. */
export function tellVoice({ memory }: SharedParts, { voice }: AudioCall, probability: number): void {
  const { kernels, buffer } = memory;
  correctVoice({ memory }, { voice }, probability);
  new Int32Array(buffer, voice.address + kernels.VOICE_WINDOWS.value, 1)[0]! += 1;
}

/** Another word on the window that was judged last. */
export function correctVoice(
  { memory }: Pick<SharedParts, 'memory'>,
  { voice }: Pick<AudioCall, 'voice'>,
  probability: number,
): void {
  const { kernels, buffer } = memory;
  new Float32Array(buffer, voice.address + kernels.VOICE_PROBABILITY.value, 1)[0] = probability;
}
