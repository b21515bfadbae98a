import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { MAP } from './map.ts';
import { importsOf, projectFiles, ROOT, readSources, type Source } from './sources.ts';

const MAX_LINES = 400;
const sources = readSources();

/** `src/store` holds `src/store/events.ts`, but not `src/storefront.ts`. */
function inside(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

function roomOf(path: string, rooms: readonly string[]): string | undefined {
  return rooms.filter(room => inside(path, room)).toSorted((a, b) => b.length - a.length)[0];
}

export function forbiddenImports(files: readonly Source[], map: typeof MAP): string[] {
  const rooms = Object.keys(map);
  return files.flatMap(({ path, imports }) => {
    const room = roomOf(path, rooms);
    if (room === undefined) return [`${path} is in no room of the map`];
    const allowed = [room, ...(map[room] ?? [])];
    return imports.filter(to => !allowed.some(place => inside(to, place))).map(to => `${path} imports ${to}`);
  });
}

export function findCycle(files: readonly Pick<Source, 'path' | 'imports'>[]): string[] | undefined {
  const graph = new Map(files.map(({ path, imports }) => [path, imports]));
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (finished.has(path)) return undefined;
    for (const to of graph.get(path) ?? []) {
      const cycle = visit(to, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    finished.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const cycle = visit(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

t.test('imports go down only, as the map says', async t => {
  t.same(forbiddenImports(sources, MAP), []);
});

t.test('no import cycles', async t => {
  t.equal(findCycle(sources)?.join(' → '), undefined);
});

t.test('files are short enough to read', async t => {
  t.same(
    sources.filter(({ lines }) => lines > MAX_LINES).map(({ path, lines }) => `${path}: ${lines}`),
    [],
  );
});

t.test('names say what is inside', async t => {
  const vague = /(^|\/)(utils?|helpers?|common|misc|stuff)(\/|\.|_|$)/;
  t.same(
    projectFiles(/./).filter(path => vague.test(path)),
    [],
  );
});

t.test('nothing is left undone or switched off in silence', async t => {
  // In character classes, so that this file does not accuse itself.
  const marks = /[T]ODO|[F]IXME|[X]XX|@ts-[i]gnore|as [a]ny\b|\.[o]nly\(/;
  t.same(
    sources.filter(({ text }) => marks.test(text)).map(({ path }) => path),
    [],
  );
});

t.test('no file carries a path of the machine it was written on', async t => {
  const homes = /(^|[\s"'`(=])\/(home|root|Users)\/[a-z]/;
  const texts = projectFiles(/\.(ts|mjs|js|json|ya?ml|md|html|css|sql|go)$|Dockerfile|^\.ci\/run$/);
  t.same(
    texts.filter(path => homes.test(readFileSync(join(ROOT, path), 'utf8'))),
    [],
  );
});

t.test('the checks themselves can fail', async t => {
  const file = (path: string, imports: string[]): Source => ({ path, imports, text: '', lines: 1 });
  t.same(forbiddenImports([file('pipeline/x.ts', ['src/store/events.ts'])], MAP), [
    'pipeline/x.ts imports src/store/events.ts',
  ]);
  t.same(forbiddenImports([file('attic/x.ts', [])], MAP), ['attic/x.ts is in no room of the map']);
  t.same(findCycle([file('a', ['b']), file('b', ['c']), file('c', ['b'])]), ['b', 'c', 'b']);
  t.same(importsOf('src/a/b.ts', "import {\n  x,\n} from '../c.ts';\nconst y = await import('./d.ts');"), [
    'src/c.ts',
    'src/a/d.ts',
  ]);
});
