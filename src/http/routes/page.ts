import { readdir } from 'node:fs/promises';
import type { App } from '../control_plane.ts';

/**
 * The browser page: each of its files is a route of its own, so that there is no path to climb. They hold no secrets
 * and ask for no key; the page itself does.
 */
export async function routePage(app: App, pageDir: string): Promise<void> {
  const files = await readdir(pageDir);
  for (const file of files.toSorted()) {
    const url = file === 'index.html' ? '/' : `/page/${file}`;
    app.get(url, { config: { access: 'open' }, schema: { hide: true } }, async (_request, reply) => {
      // Files of a page belong together: every load asks whether they are still the same.
      reply.header('cache-control', 'no-cache');
      return reply.sendFile(file, pageDir, { cacheControl: false });
    });
  }
}
