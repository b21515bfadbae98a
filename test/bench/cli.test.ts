import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Phone } from './phone.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function runCli(
  script: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [script, ...args], { cwd: ROOT }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

t.test('help, and wrong options in one sentence', async t => {
  const help = await runCli('bench/call.ts', ['--help']);
  t.equal(help.code, 0);
  t.match(help.stdout, '--target');
  const wrong = await runCli('bench/call.ts', ['--seed', 'many']);
  t.equal(wrong.code, 2);
  t.equal(wrong.stderr.trim().split('\n').length, 1);
  t.match(wrong.stderr, '--seed');
  const benches = await runCli('bench/main.ts', ['nothing']);
  t.equal(benches.code, 2);
  t.match(benches.stdout, 'rooms');
});

t.test('a refused call: told, as JSON in the last line, exit code 1', async t => {
  const phone = await Phone.start((self, request) => {
    if (request.method === 'INVITE') self.respond(request, 486, 'Busy\u001b[31m Here');
  });
  t.teardown(() => phone.close());
  const out = t.testdir();
  const { code, stdout } = await runCli('bench/call.ts', [
    '--target',
    phone.target,
    '--json',
    '--seed',
    '9',
    '--out',
    out,
  ]);
  t.equal(code, 1);
  const lines = stdout.trimEnd().split('\n');
  const report = JSON.parse(lines.at(-1)!);
  t.match(report, { seed: 9, outcome: 'notAnswered', target: phone.target, files: {}, turns: [] });
  t.match(report.failure, /^486/);
  t.notMatch(lines.slice(0, -1).join('\n'), '\u001b', 'no control characters of others on the terminal');
});
