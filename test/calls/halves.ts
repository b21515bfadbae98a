import type { AudioCall } from '../../src/calls/audio_call.ts';

/** A tick of one call up to where its voice is judged, whether it is up or not. */
export function hear(call: AudioCall): void {
  call.receive();
  for (let stage = 0; stage < call.hearingStages; stage += 1) call.hear(stage);
}

/** And from there on. */
export function speak(call: AudioCall): void {
  call.takeTurn();
  for (let stage = 0; stage < call.speakingStages; stage += 1) call.speak(stage);
  call.send();
}
