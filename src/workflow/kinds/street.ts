import { spellingPart, streetPart } from '../grammar_parts.ts';
import type { Places } from '../places.ts';
import { streetReader } from '../understand/places.ts';
import { lettersIn } from '../understand/spelling.ts';
import { type Kind, several } from './kind.ts';
import { spelledNames } from './spelled_names.ts';

export function streetKind(places: Places): Kind {
  const read = streetReader(places);
  const names = [...places.streets.keys()];
  return {
    read: (tokens, from) => several(read(tokens, from)),
    say: String,
    accepts: value => {
      const [, name = '', type = ''] = /^(.+) (\S+)$/.exec(String(value)) ?? [];
      return (places.streets.get(name) ?? []).includes(type);
    },
    grammar: streetPart(places),
    ...spelledNames({
      names,
      valuesOf: (name, refused) => {
        const streets = (places.streets.get(name) ?? []).map(type => `${name} ${type}`);
        const types = new Set(
          refused
            .map(String)
            .filter(street => !street.startsWith(`${name} `))
            .map(typeOf),
        );
        const likely = streets.filter(street => types.has(typeOf(street)));
        return likely.length === 1 ? likely : streets;
      },
      nameOf: value => String(value).replace(/ \S+$/, ''),
      grammar: spellingPart('spelled_street', names.map(lettersIn)),
    }),
  };
}

function typeOf(street: string): string {
  return street.replace(/^.* /, '');
}
