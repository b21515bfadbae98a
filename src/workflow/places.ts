import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';

export interface Town {
  /** Name and state as stored: "Salem, MA". */
  readonly id: string;
  readonly name: string;
  readonly state: string;
  /** WGS 84, degrees. */
  readonly lat: number;
  readonly lon: number;
  readonly population: number;
}

export interface Places {
  readonly towns: ReadonlyMap<string, Town>;
  /** Towns by their name in lower case, the most populous first. */
  readonly townsByName: ReadonlyMap<string, readonly Town[]>;
  /** State code to its name: MA to Massachusetts. */
  readonly states: ReadonlyMap<string, string>;
  /** Street name without its type to the types it occurs with: Maple to Street, Avenue, Court. */
  readonly streets: ReadonlyMap<string, readonly string[]>;
  /** Every type of street there is. */
  readonly streetTypes: readonly string[];
}

const EARTH_RADIUS_MILES = 3958.8;
const NAME = /^[A-Z][A-Za-z']*( [A-Z][A-Za-z']*){0,3}$/;

/**
 * Reads states.csv, towns.csv and streets.csv of a folder.
 * @throws TrunklineError WORKFLOW_INVALID naming file and line
 */
export function loadPlaces(folder: string): Places {
  const states = new Map(
    readTable(join(folder, 'states.csv'), ['code', 'name']).map(
      ({ fields: [code = '', name = ''], fail }) => {
        if (!/^[A-Z]{2}$/.test(code) || !NAME.test(name)) fail('a code of two letters and a name are needed');
        return [code, name] as const;
      },
    ),
  );
  const towns = readTowns(join(folder, 'towns.csv'), states);
  const streets = readStreets(join(folder, 'streets.csv'));
  const townsByName = Map.groupBy(
    [...towns.values()].toSorted((a, b) => b.population - a.population),
    town => town.name.toLowerCase(),
  );
  return { towns, townsByName, states, streets, streetTypes: [...new Set([...streets.values()].flat())] };
}

function readTowns(file: string, states: ReadonlyMap<string, string>): ReadonlyMap<string, Town> {
  const towns = new Map<string, Town>();
  const columns = ['name', 'state', 'lat', 'lon', 'population'];
  for (const { fields, fail } of readTable(file, columns)) {
    const [name = '', state = '', ...numbers] = fields;
    const [lat = Number.NaN, lon = Number.NaN, population = Number.NaN] = numbers.map(Number);
    const id = `${name}, ${state}`;
    if (!NAME.test(name)) fail('a name is words that start with a capital letter');
    if (!states.has(state)) fail(`the state ${printable(state)} is not in states.csv`);
    if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) fail('lat and lon are degrees');
    if (!(population >= 0)) fail('population is a number');
    if (towns.has(id)) fail('the town is there twice');
    towns.set(id, { id, name, state, lat, lon, population });
  }
  return towns;
}

function readStreets(file: string): ReadonlyMap<string, readonly string[]> {
  const streets = new Map<string, readonly string[]>();
  for (const { fields, fail } of readTable(file, ['name', 'types'])) {
    const [name = '', list = ''] = fields;
    const types = list.split('|');
    if (!NAME.test(name) || types.some(type => !NAME.test(type)))
      fail('names are words that start with a capital');
    if (streets.has(name)) fail('the street is there twice');
    streets.set(name, types);
  }
  return streets;
}

interface Row {
  readonly fields: readonly string[];
  readonly fail: (why: string) => never;
}

/** Plain comma-separated values without quoting, under a header that must be `columns`. */
function readTable(file: string, columns: readonly string[]): readonly Row[] {
  const [header, ...lines] = readText(file).trimEnd().split('\n');
  if (header !== columns.join(',')) {
    throw new TrunklineError('WORKFLOW_INVALID', `${file}:1: the header must be ${columns.join(',')}`);
  }
  return lines.map((line, index) => {
    const fail = (why: string): never => {
      throw new TrunklineError('WORKFLOW_INVALID', `${file}:${index + 2}: ${why}`);
    };
    const fields = line.split(',');
    if (fields.length !== columns.length) fail(`${columns.length} fields are needed`);
    return { fields, fail };
  });
}

function readText(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length <= LIMITS.placesFileBytes) return text;
  } catch (cause) {
    throw new TrunklineError('WORKFLOW_INVALID', `${file} can't be read`, { cause });
  }
  throw new TrunklineError('WORKFLOW_INVALID', `${file} is larger than ${LIMITS.placesFileBytes} bytes`);
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

/** Great-circle distance in miles (haversine, R. W. Sinnott, Sky and Telescope 68, 1984). */
export function greatCircleMiles(from: Town, to: Town): number {
  const dLat = radians(to.lat - from.lat);
  const dLon = radians(to.lon - from.lon);
  const chord =
    Math.sin(dLat / 2) ** 2 +
    Math.cos(radians(from.lat)) * Math.cos(radians(to.lat)) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_MILES * Math.asin(Math.min(1, Math.sqrt(chord)));
}
