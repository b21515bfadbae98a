import t from 'tap';
import { startTestPlane, WITH_KEY } from './test_plane.ts';

interface Document {
  readonly openapi: string;
  readonly security: unknown;
  readonly paths: Record<
    string,
    Record<string, { security?: unknown; responses?: unknown; summary?: string }>
  >;
  readonly components: { schemas: Record<string, object>; securitySchemes: object };
}

t.test('the description is complete and holds together', async t => {
  const { app, end } = await startTestPlane();
  t.teardown(end);
  const answer = await app.inject({ url: '/openapi.json', headers: WITH_KEY });
  t.equal(answer.statusCode, 200);
  const document: Document = answer.json();
  t.equal(document.openapi, '3.1.0');
  t.same(document.security, [{ key: [] }]);

  const described = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map(method => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  const served = app.servedRoutes
    .filter(({ method, url }) => method !== 'HEAD' && url !== '/' && url !== '/openapi.json')
    .map(({ method, url }) => `${method} ${url}`);
  t.same(described.toSorted(), served.toSorted(), 'every route but the page is described');

  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      t.ok(operation.summary, `${method} ${path} says what it is for`);
      const open = app.servedRoutes.some(({ url, access }) => url === path && access === 'open');
      t.same(
        operation.security,
        open ? [] : undefined,
        `${method} ${path} tells whether it asks for the key`,
      );
    }
  }
  const references = [...answer.body.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name]) => name,
  );
  t.ok(references.length > 0);
  for (const name of new Set(references)) t.ok(document.components.schemas[name ?? ''], `${name} is there`);
});
