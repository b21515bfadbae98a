// Loaded into each process of a node that is soaked (node --import): counts its timers and handles now and then.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const EVERY_MS = 2000;
const folder = process.env.SOAK_PROBE_FOLDER;

if (isMainThread && folder !== undefined) {
  const file = join(folder, String(process.pid));
  const look = () => {
    const resources = process.getActiveResourcesInfo();
    const timers = resources.filter(name => name === 'Timeout' || name === 'Immediate').length;
    try {
      writeFileSync(`${file}.part`, JSON.stringify({ timers, handles: resources.length - timers }));
      renameSync(`${file}.part`, file);
    } catch {
      // The folder is gone: the bench is over.
    }
  };
  setInterval(look, EVERY_MS).unref();
}
