import type { LineHybrid, Room } from './path.ts';
import type { Recipe } from './recipe.ts';

/** Of both ends where a scene says nothing else, in dB of full scale: about −18 dBm0, as on many trunks. */
export const TALK_DB = -24;

export function line(
  erlDb: number,
  flatMs: number,
  dispersionMs: number,
  secondAfterMs?: number,
): LineHybrid {
  return {
    type: 'hybrid',
    erlDb,
    flatMs,
    dispersionMs,
    ...(secondAfterMs !== undefined && { secondAfterMs }),
  };
}

export function room(erlDb: number, rt60Ms: number, directDb = 3): Room {
  return { type: 'room', erlDb, rt60Ms, directDb };
}

/** What a scene is unless it says otherwise: twelve seconds of µ-law. */
type Part = Partial<Recipe> & Pick<Recipe, 'name' | 'kind' | 'path'>;

/** Each gets a seed of its own, so that no two have the same path or noise. */
export function inSet(firstSeed: number, far: Recipe['far'], parts: readonly Part[]): Recipe[] {
  return parts.map((part, index) => ({
    seed: firstSeed + index,
    seconds: 12,
    companding: 'PCMU',
    far: { ...far, first: index },
    ...part,
  }));
}
