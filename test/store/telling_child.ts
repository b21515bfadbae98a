import { setTimeout as sleep } from 'node:timers/promises';
import { openVault } from '../../src/compliance/vault.ts';
import { createLogger } from '../../src/observe/log.ts';
import { openEventLog } from '../../src/store/event_log.ts';
import { callStory } from './call_story.ts';

/**
 * Stands for a media process: tells call after call into its event log, an event every few milliseconds on several
 * calls at once, and prints each key when it is safe on the disk. Ends never; told to `finish`, it only ships what
 * earlier runs left behind.
 */
const [, , dir = '', databaseUrl = '', keyFile = '', run = ''] = process.argv;
const log = await openEventLog({
  dir,
  address: 'media-0',
  isAbandoned: () => false,
  databaseUrl,
  redisUrl: 'redis://127.0.0.1:1',
  vault: openVault(keyFile),
  findRemains: async () => ({ durationMs: 1234, bytes: 5678 }),
  log: createLogger('media-0', 'silent'),
});
if (run === 'finish') {
  await log.close();
  process.stdout.write(`${JSON.stringify(log.stats())}\n`);
} else {
  process.stdout.write('begun\n');
  for (let round = 0; ; round += 1) {
    const stories = [0, 1, 2].map(i => callStory('acme', `${run}-${round}-${i}`));
    for (let event = 0; event < (stories[0]?.length ?? 0); event += 1) {
      const told = stories.flatMap(story => story.slice(event, event + 1));
      for (const fact of told) log.sink.append(fact);
      await log.flush();
      process.stdout.write(told.map(({ key }) => `${key}\n`).join(''));
      await sleep(1);
    }
  }
}
