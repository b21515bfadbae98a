import type { Places, Town } from '../places.ts';
import { type PhraseMatch, PhraseTable } from './phrases.ts';

const ABBREVIATIONS: Readonly<Record<string, readonly string[]>> = {
  street: ['st', 'str'],
  avenue: ['ave', 'av'],
  road: ['rd'],
  lane: ['ln'],
  drive: ['dr'],
  court: ['ct'],
  place: ['pl'],
  terrace: ['ter', 'terr'],
};

interface PlaceMatch extends PhraseMatch<readonly string[]> {
  readonly partial: boolean;
}

export type PlaceReader = (tokens: readonly string[], from: number) => PlaceMatch | undefined;

/** Reads "maple street" as one street, and "maple" as every street of that name. */
export function streetReader(places: Places): PlaceReader {
  const stems = new PhraseTable([...places.streets.keys()].map(stem => [stem.toLowerCase(), stem] as const));
  const types = new Map(
    places.streetTypes.flatMap(type =>
      [type.toLowerCase(), ...(ABBREVIATIONS[type.toLowerCase()] ?? [])].map(word => [word, type] as const),
    ),
  );
  return (tokens, from) => {
    const stem = stems.at(tokens, from);
    if (stem === undefined) return undefined;
    const known = places.streets.get(stem.value) ?? [];
    const type = types.get(tokens[from + stem.length] ?? '');
    const meant = type !== undefined && known.includes(type) ? [type] : known;
    return {
      value: meant.map(one => `${stem.value} ${one}`),
      length: stem.length + (type === undefined ? 0 : 1),
      partial: type === undefined,
    };
  };
}

/** Reads "salem" as every town of that name, the most populous first, and "salem new hampshire" as one. */
export function townReader(places: Places): PlaceReader {
  const names = new PhraseTable([...places.townsByName]);
  const states = new PhraseTable(
    [...places.states].flatMap(([code, name]) => [
      [name.toLowerCase(), code] as const,
      [code.toLowerCase(), code] as const,
    ]),
  );
  return (tokens, from) => {
    // "in" is part of it: it tells a town from a street of the same name.
    const lead = tokens[from] === 'in' ? 1 : 0;
    const town = names.at(tokens, from + lead);
    if (town === undefined) return undefined;
    const state = states.at(tokens, from + lead + town.length);
    const meant = state === undefined ? town.value : town.value.filter(one => one.state === state.value);
    return {
      value: meant.map(one => one.id),
      length: lead + town.length + (state?.length ?? 0),
      partial: false,
    };
  };
}

/** A town as it is spoken: with its state, since names sound alike (Hampden and Hampton, Lee and Lynn). */
export function spokenTown(places: Places, id: string): string {
  const town: Town | undefined = places.towns.get(id);
  return town === undefined ? id : `${town.name}, ${places.states.get(town.state) ?? town.state}`;
}
