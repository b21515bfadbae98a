import type { Scene } from './scene.ts';
import { difference, sum } from './signal.ts';

/** What comes out at the near end of a line, and which frames of 10 ms of it were made up; none where it is empty. */
export interface Received {
  readonly samples: Float32Array;
  readonly concealed: readonly boolean[];
}

/**
 * The near end's sound and the echo as the canceller gets them, together and each alone. What the line adds to their
 * sum is the talker's where there is one, else the echo's.
 */
export function receive(
  near: Float32Array,
  echo: Float32Array,
  nearTalks: boolean,
  line: (samples: Float32Array) => Received,
): Pick<Scene, 'mic' | 'echo' | 'near' | 'concealed' | 'nearTalks'> {
  const { samples: mic, concealed } = line(sum(near, echo));
  const { samples: alone } = line(nearTalks ? echo : near);
  const rest = difference(mic, alone);
  return { mic, echo: nearTalks ? alone : rest, near: nearTalks ? rest : alone, concealed, nearTalks };
}
