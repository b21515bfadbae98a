import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Persona, personaSchema } from './persona/schema.ts';
import { type Scenario, scenarioSchema } from './scenario/schema.ts';
import {
  answersSchema,
  asidesSchema,
  kindPhrasingSchema,
  type Phrasings,
  recogniserSchema,
} from './speech/phrasings.ts';

export const SIMULATE = fileURLToPath(new URL('.', import.meta.url));
const NOT_OF_A_KIND = new Set(['answers.yaml', 'asides.yaml', 'recogniser.yaml', 'lists.yaml']);
const listsSchema = z.record(z.string(), z.array(z.union([z.string(), z.number()])).min(1));

/** @throws Error naming the file and the keys that are wrong */
export function readYaml<T>(file: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 }));
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 6).map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`${file}: ${issues.join('; ')}`);
}

function yamlFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.yaml'))
    .toSorted();
}

/** Names of the workflows that have a scenario. */
export function scenarioNames(): readonly string[] {
  return yamlFiles(join(SIMULATE, 'scenarios')).map(file => file.slice(0, -5));
}

/**
 * The workflows that somebody means by these names, each once: "all", and hyphens for underscores.
 * @throws Error naming one that has no scenario, and those that have
 */
export function namedWorkflows(wanted: readonly string[]): readonly string[] {
  const known = scenarioNames();
  const names = wanted.flatMap(name => {
    if (name === 'all') return known;
    const own = name.replaceAll('-', '_').toLowerCase();
    if (known.includes(own)) return own;
    throw new Error(`no scenario for a workflow ${name}; there are all, ${known.join(', ')}`);
  });
  return [...new Set(names)];
}

/** @throws Error when it is none, or of another workflow than its file says */
export function readScenario(name: string): Scenario {
  const scenario = readYaml(join(SIMULATE, 'scenarios', `${name}.yaml`), scenarioSchema);
  if (scenario.workflow !== name) throw new Error(`scenarios/${name}.yaml: workflow must be ${name}`);
  return scenario;
}

/** The personas of these names, all without any. @throws Error naming one that is not there, and those that are */
export function namedPersonas(wanted: readonly string[] | undefined): readonly Persona[] {
  const all = readPersonas();
  const names = wanted?.map(name => name.trim().replaceAll('-', '_').toLowerCase());
  const unknown = names?.find(name => all.every(one => one.name !== name));
  if (unknown !== undefined)
    throw new Error(`there is no persona ${unknown}; there are ${all.map(({ name }) => name).join(', ')}`);
  return all.filter(({ name }) => names === undefined || names.includes(name));
}

/** All personas, by name and in its order. */
export function readPersonas(): readonly Persona[] {
  const folder = join(SIMULATE, 'personas');
  return yamlFiles(folder).map(file => {
    const persona = readYaml(join(folder, file), personaSchema);
    if (`${persona.name}.yaml` !== file)
      throw new Error(`personas/${file}: its name must be that of its file`);
    return persona;
  });
}

export function readPhrasings(): Phrasings {
  const folder = join(SIMULATE, 'phrasings');
  const kinds = yamlFiles(folder)
    .filter(file => !NOT_OF_A_KIND.has(file))
    .map(file => readYaml(join(folder, file), kindPhrasingSchema));
  return {
    kinds: new Map(kinds.map(one => [one.kind, one])),
    answers: readYaml(join(folder, 'answers.yaml'), answersSchema),
    asides: readYaml(join(folder, 'asides.yaml'), asidesSchema),
    recogniser: readYaml(join(folder, 'recogniser.yaml'), recogniserSchema),
    lists: readYaml(join(folder, 'lists.yaml'), listsSchema),
  };
}
