import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { buildPage } from '../../web/build.ts';
import { startTestPlane } from '../http/test_plane.ts';

const scratch = mkdtempSync(join(tmpdir(), 'trunkline-build-'));
const pageDir = join(scratch, 'page');
t.teardown(() => rmSync(scratch, { recursive: true }));
await buildPage(pageDir);
const built = readdirSync(pageDir);
const read = (file: string) => readFileSync(join(pageDir, file), 'utf8');

t.test('modules are JavaScript that imports what is there', async t => {
  t.ok(built.includes('main.js'));
  t.same(
    built.filter(file => /\.ts$|\.json$/.test(file)),
    [],
    'nothing that only the compiler reads',
  );
  for (const file of built.filter(name => name.endsWith('.js') && name !== 'livekit-client.js')) {
    const imports = [...read(file).matchAll(/^import [^'"]*['"]([^'"]+)['"]/gm)].map(
      ([, from]) => from ?? '',
    );
    for (const from of imports) t.ok(built.includes(from.replace('./', '')), `${file} imports ${from}`);
    t.notMatch(
      read(file),
      /innerHTML|insertAdjacentHTML|document\.write|\beval\(/,
      `${file} makes no markup of text`,
    );
  }
});

t.test('the page has nothing inline that its policy would forbid', async t => {
  const html = read('index.html');
  t.notMatch(html, /<script(?![^>]*\bsrc=)/, 'no script inside');
  t.notMatch(html, /<style|\sstyle=|\son[a-z]+=/i, 'no style or handler inside');
  t.notMatch(html, /(?:src|href)="(?:https?:)?\/\//, 'nothing from elsewhere');
});

t.test('whatever the page asks for is served without a key', async t => {
  const { app, end } = await startTestPlane({ plane: { pageDir } });
  t.teardown(end);
  const types = {
    js: /^(text|application)\/javascript/,
    css: /^text\/css/,
    svg: /^image\/svg\+xml/,
  } as const;
  const urls = [...read('index.html').matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, url]) => url ?? '');
  t.ok(urls.length >= 4);
  for (const url of urls) {
    const answer = await app.inject({ url });
    t.equal(answer.statusCode, 200, url);
    const ending = url.split('.').at(-1) as keyof typeof types;
    t.match(answer.headers['content-type'], types[ending], url);
    t.equal(answer.headers['cache-control'], 'no-cache');
    const again = await app.inject({ url, headers: { 'if-none-match': String(answer.headers.etag) } });
    t.equal(again.statusCode, 304, url);
  }
  const served = app.servedRoutes.filter(({ url, method }) => url.startsWith('/page/') && method === 'GET');
  t.equal(served.length, built.length - 1, 'the others each have a route, the page itself is at /');
});

t.test('a new build takes the place of the old one, whole', async t => {
  writeFileSync(join(pageDir, 'left-over.js'), '');
  await buildPage(pageDir);
  t.same(readdirSync(pageDir), built);
  t.same(readdirSync(scratch), ['page'], 'nothing is left beside it');
});
