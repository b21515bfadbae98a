import t from 'tap';
import { loadPlaces } from '../../src/workflow/places.ts';
import { streetReader, townReader } from '../../src/workflow/understand/places.ts';
import { isFiller, tokensOf } from '../../src/workflow/understand/tokens.ts';

const places = loadPlaces('workflows/places');
const streets = [...places.streets].flatMap(([stem, types]) => types.map(type => `${stem} ${type}`));

t.test('the gazetteer is large enough to be of use', async t => {
  t.ok(new Set(streets).size >= 2000, `${streets.length} streets`);
  t.ok(places.towns.size >= 150, `${places.towns.size} towns`);
});

t.test('every street is understood by its name, and every town by its name and state', async t => {
  const readStreet = streetReader(places);
  const readTown = townReader(places);
  const lost: string[] = [];
  for (const street of streets) {
    const tokens = tokensOf(street)!;
    const match = readStreet(tokens, 0);
    if (match?.length !== tokens.length || match.value.join() !== street) lost.push(street);
  }
  for (const { id, name, state } of places.towns.values()) {
    const tokens = tokensOf(`in ${name} ${places.states.get(state)}`)!;
    const match = readTown(tokens, 0);
    if (match?.length !== tokens.length || match.value.join() !== id) lost.push(id);
  }
  t.same(lost, []);
});

t.test('no name is a word that is dropped as a hesitation', async t => {
  const names = [...places.streets.keys(), ...[...places.towns.values()].map(({ name }) => name)];
  t.same(
    names.filter(name => isFiller(name.toLowerCase())),
    [],
  );
});

t.test('every town lies where its states are', async t => {
  for (const { id, lat, lon } of places.towns.values()) {
    t.ok(lat > 41 && lat < 45.4 && lon > -73.6 && lon < -69.8, id);
  }
});
