import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'amaro';

const PAGE = fileURLToPath(new URL('./page/', import.meta.url));
/** LiveKit's browser client, minified; it sets `LivekitClient` on the window. */
const LIVEKIT_CLIENT = new URL('../node_modules/livekit-client/dist/livekit-client.umd.js', import.meta.url);
const LOCAL_IMPORT = /(\bfrom\s*|\bimport\s*)(['"])(\.\/[\w-]+)\.ts\2/g;

/** The browser's form of a module: without types, importing its neighbours by their built names. */
function toJavaScript(source: string): string {
  const { code } = transformSync(source, { mode: 'strip-only' });
  return code.replace(LOCAL_IMPORT, '$1$2$3.js$2');
}

/**
 * Builds the browser page: one flat folder of static files, made beside the old one and put in its place whole.
 */
export async function buildPage(outDir: string): Promise<void> {
  const partial = `${outDir}.${process.pid}.part`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  for (const file of await readdir(PAGE)) {
    if (file === 'tsconfig.json' || file.endsWith('.d.ts')) continue;
    if (extname(file) === '.ts') {
      const script = toJavaScript(await readFile(join(PAGE, file), 'utf8'));
      await writeFile(join(partial, file.replace(/\.ts$/, '.js')), script);
    } else {
      await copyFile(join(PAGE, file), join(partial, file));
    }
  }
  await copyFile(LIVEKIT_CLIENT, join(partial, 'livekit-client.js'));
  await rm(outDir, { recursive: true, force: true });
  await rename(partial, outDir);
}

if (import.meta.main) {
  const outDir = fileURLToPath(new URL('./dist/', import.meta.url));
  await buildPage(outDir.replace(/\/$/, ''));
  console.log('the page is in web/dist');
}
