import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { againAlone, runSuites } from './run_suites.ts';

const ONE = { least: 1, most: 1 };

/** A file that passes from its nth run on, and two assertions of it. */
function passingAtRun(t: Test, name: string, nth: number): string {
  const file = join(t.testdir(), `${name}.mjs`);
  const runs = join(t.testdirName, `${name}.runs`);
  writeFileSync(
    file,
    `import { appendFileSync, readFileSync } from 'node:fs';
    appendFileSync(${JSON.stringify(runs)}, 'x');
    const fail = readFileSync(${JSON.stringify(runs)}).length < ${nth} ? 1 : 0;
    console.log(\`# { total: 2, pass: \${2 - fail}, fail: \${fail} }\`);
    console.log('# time=1ms');
    process.exitCode = fail;`,
  );
  return file;
}

t.test('a file that fails is run once more, and what fails twice has failed', async t => {
  const file = passingAtRun(t, 'second', 2);
  const first = await runSuites([file], ONE);
  t.match(first, { passed: 1, failed: 1, failures: [{ file, passed: 1, failed: 1 }] });
  const others = { passed: 5, failed: 0, failures: [] };
  t.same(await againAlone([first, others]), { passed: 7, failed: 0 });

  const never = await runSuites([passingAtRun(t, 'third', 3)], ONE);
  t.same(await againAlone([never, others]), { passed: 6, failed: 1 });
});

t.test('a check that fails is no file, and is not run once more', async t => {
  const check = { passed: 0, failed: 1, failures: [] };
  t.same(await againAlone([check]), { passed: 0, failed: 1 });
});

t.test('so many that fail are no accident', async t => {
  const failures = Array.from({ length: 9 }, (_, index) => ({
    file: passingAtRun(t, `${index}`, 2),
    passed: 1,
    failed: 1,
  }));
  t.same(await againAlone([{ passed: 9, failed: 9, failures }]), { passed: 9, failed: 9 });
});
