import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { nodePaths } from '../../src/config/paths.ts';
import { configSchema } from '../../src/config/schema.ts';
import { isInstanceRunning, lockInstance } from '../../src/supervisor/instance_lock.ts';
import { ROOT } from '../tidy/sources.ts';
import { startSnippet, untilGone } from './processes.ts';

t.test('one node at a time on a data folder', async t => {
  const folder = t.testdir({ other: {} });
  const paths = nodePaths(folder, configSchema.parse({}));
  t.equal(await isInstanceRunning(paths), false, 'nor was a folder made by asking');
  const lock = await lockInstance(paths);
  t.equal(await isInstanceRunning(paths), true);
  await t.rejects(lockInstance(paths), {
    code: 'ALREADY_RUNNING',
    detail: new RegExp(`process ${process.pid} `),
  });
  const other = await lockInstance(nodePaths(folder, configSchema.parse({ dataDir: 'other' })));
  await other.release();
  await lock.release();
  const again = await lockInstance(paths);
  await again.release();
});

t.test('the lock of a killed node is free, though its pid file is still there', async t => {
  const folder = t.testdir();
  const paths = nodePaths(folder, configSchema.parse({}));
  const holder = await startSnippet(
    t,
    `(async () => {
      const { lockInstance } = await import('${join(ROOT, 'src/supervisor/instance_lock.ts')}');
      await lockInstance({ data: '${paths.data}', run: '${paths.run}' });
      console.log('locked');
      setInterval(() => {}, 1000);
    })()`,
  );
  await t.rejects(lockInstance(paths), {
    code: 'ALREADY_RUNNING',
    detail: new RegExp(`process ${holder.pid} `),
  });
  holder.child.kill('SIGKILL');
  await untilGone(holder.pid);
  t.equal(readFileSync(join(paths.run, 'trunkline.pid'), 'utf8').trim(), `${holder.pid}`);
  const lock = await lockInstance(paths);
  t.equal(readFileSync(join(paths.run, 'trunkline.pid'), 'utf8').trim(), `${process.pid}`);
  await lock.release();
});
