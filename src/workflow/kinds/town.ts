import { spellingPart, townPart } from '../grammar_parts.ts';
import type { Places } from '../places.ts';
import { spokenTown, townReader } from '../understand/places.ts';
import { lettersIn } from '../understand/spelling.ts';
import { type Kind, several } from './kind.ts';
import { spelledNames } from './spelled_names.ts';

export function townKind(places: Places): Kind {
  const read = townReader(places);
  const names = [...new Set([...places.towns.values()].map(town => town.name))];
  return {
    read: (tokens, from) => several(read(tokens, from)),
    say: value => spokenTown(places, String(value)),
    accepts: value => places.towns.has(String(value)),
    grammar: { ...townPart(places), expansion: "[it is | it's] [in] <town>" },
    correction: { ...townPart(places), expansion: 'in <town>' },
    ...spelledNames({
      names,
      valuesOf: name => (places.townsByName.get(name.toLowerCase()) ?? []).map(town => town.id),
      nameOf: value => places.towns.get(String(value))?.name ?? '',
      grammar: spellingPart('spelled_town', names.map(lettersIn)),
    }),
  };
}
