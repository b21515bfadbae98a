import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { nodePaths } from '../../src/config/paths.ts';
import { configSchema } from '../../src/config/schema.ts';
import { buildGoTool, findGoTool, LIVEKIT_SERVER, LIVEKIT_SIP } from '../../src/supervisor/go_tool.ts';
import { ROOT } from '../tidy/sources.ts';

const never = new AbortController().signal;
const SYSTEM_PATH = process.env.PATH ?? '';
const silent = { doing: () => undefined, result: () => undefined };

function script(file: string, body: string): string {
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

function place(t: Test) {
  const folder = t.testdir({ bin: {} });
  const paths = nodePaths(folder, configSchema.parse({}));
  mkdirSync(paths.tools, { recursive: true });
  for (const name of ['livekit_server', 'livekit_sip'])
    mkdirSync(join(folder, 'tools', name), { recursive: true });
  process.env.PATH = `${join(folder, 'bin')}:${SYSTEM_PATH}`;
  t.teardown(() => {
    process.env.PATH = SYSTEM_PATH;
  });
  return { folder, bin: join(folder, 'bin'), paths };
}

t.test('where a program is found, and in which order', async t => {
  const { bin, paths } = place(t);
  const find = (configured = '') => findGoTool(LIVEKIT_SIP, configured, paths.tools, never);
  t.equal(await find(), undefined);
  const built = script(join(paths.tools, 'livekit-sip'), 'echo SIP version 1.8.0');
  t.same(await find(), { path: built, version: '1.8.0', origin: 'built before' });
  const onPath = script(join(bin, 'livekit-sip'), 'echo SIP version 1.7.9');
  t.equal((await find())?.origin, 'built before', 'another version on PATH is no use');
  script(onPath, 'echo SIP version v1.8.0');
  t.same(await find(), { path: onPath, version: '1.8.0', origin: 'on PATH' });
  const own = script(join(bin, 'my-sip'), 'echo SIP version 2.0.0-rc1');
  t.same(await find(own), { path: own, version: '2.0.0-rc1', origin: 'configured' });
});

t.test('a build that was damaged is not taken for one', async t => {
  const { paths } = place(t);
  const built = join(paths.tools, 'livekit-server');
  for (const body of ['exit 1', 'echo livekit-server version 1.13.4', 'kill -9 $$']) {
    script(built, body);
    t.equal(await findGoTool(LIVEKIT_SERVER, '', paths.tools, never), undefined, body);
  }
  writeFileSync(built, 'ELF cut off');
  t.equal(await findGoTool(LIVEKIT_SERVER, '', paths.tools, never), undefined);
});

t.test('a configured program that does not run is refused', async t => {
  const { paths } = place(t);
  for (const path of ['/nowhere/livekit-sip', 'no-such-livekit-sip', '/etc/passwd', '/bin/true']) {
    await t.rejects(findGoTool(LIVEKIT_SIP, path, paths.tools, never), { code: 'TOOL_MISSING' }, path);
  }
});

t.test('a build appears whole, with its version and checked modules', async t => {
  const { bin, paths } = place(t);
  script(
    join(bin, 'go'),
    `echo "$PWD $CGO_ENABLED $*" > ${paths.data}/go.txt
    echo "go: downloading example.org/x v1" >&2
    while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\\necho SIP version 1.8.0\\n' > "$2"; chmod 755 "$2"`,
  );
  writeFileSync(join(paths.tools, 'livekit-sip.12345.part'), 'of a build that was cut off');
  const doing: string[] = [];
  const report = { doing: (what: string) => doing.push(what), result: () => undefined };
  const built = await buildGoTool(LIVEKIT_SIP, paths, report, never);
  t.same(await findGoTool(LIVEKIT_SIP, '', paths.tools, never), {
    path: built,
    version: '1.8.0',
    origin: 'built before',
  });
  t.same(readdirSync(paths.tools), ['livekit-sip']);
  t.same(doing, ['fetching example.org/x']);
  const call = readFileSync(join(paths.data, 'go.txt'), 'utf8');
  t.match(call, /tools\/livekit_sip 1 build .*-mod=readonly .*Version=1\.8\.0.* github\.com\/livekit\/sip/);
});

t.test('a build that fails says why and leaves nothing', async t => {
  const { bin, paths } = place(t);
  const outcomes: [string, string, RegExp][] = [
    ['echo "go: downloading x v1"; echo "dial tcp: no such host" >&2; exit 1', 'STEP_FAILED', /no such host/],
    ['echo "write: no space left on device" >&2; exit 1', 'DISK_FULL', /livekit-server/],
    ['echo "verifying module: checksum mismatch" >&2; exit 1', 'STEP_FAILED', /checksum mismatch/],
  ];
  for (const [body, code, detail] of outcomes) {
    script(join(bin, 'go'), `while [ "$1" != -o ]; do shift; done; echo part > "$2"; ${body}`);
    await t.rejects(buildGoTool(LIVEKIT_SERVER, paths, silent, never), { code, detail }, body);
    t.same(readdirSync(paths.tools), []);
  }
});

t.test('an interrupted build ends the compiler', async t => {
  const { bin, paths } = place(t);
  const mark = join(paths.data, 'compiler.pid');
  script(join(bin, 'go'), `echo $$ > ${mark}; echo started; exec sleep 60`);
  const interrupt = new AbortController();
  const report = { doing: () => interrupt.abort(new Error('enough')), result: () => undefined };
  await t.rejects(buildGoTool(LIVEKIT_SERVER, paths, report, interrupt.signal), { message: 'enough' });
  t.notOk(existsSync(`/proc/${readFileSync(mark, 'utf8').trim()}`));
});

t.test('the modules and the image build the versions that a start looks for', async t => {
  const text = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
  for (const tool of [LIVEKIT_SERVER, LIVEKIT_SIP]) {
    const module = tool.importPath.split('/').slice(0, 3).join('/');
    const pinned = `${module} v${tool.version}`;
    t.match(text('tools', tool.moduleFolder, 'go.mod'), pinned);
    t.match(text('tools', tool.moduleFolder, 'go.sum'), `${pinned} h1:`);
    t.match(text('Dockerfile'), tool.importPath);
  }
  t.match(text('Dockerfile'), `${LIVEKIT_SIP.versionVariable}=${LIVEKIT_SIP.version}'`);
});
