import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { freePort } from '../../bench/sip/free_ports.ts';
import { gate } from '../../simulate/gate/gate.ts';
import { writeSecretFile } from '../../src/compliance/secret_file.ts';
import { nodePaths } from '../../src/config/paths.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createHub } from '../../src/ipc/hub.ts';
import { connectLink } from '../../src/ipc/link.ts';
import { createLogger } from '../../src/observe/log.ts';
import { run } from '../../src/roles/api.ts';
import { openChatStore } from '../../src/store/chats.ts';
import { askNode } from '../../tools/workflow/node_api.ts';
import { VERSION_COMMANDS } from '../../tools/workflow/version_commands.ts';
import { startTestStore } from '../store/postgres.ts';
import { ROOT } from '../tidy/sources.ts';
import { API_KEY, WITH_KEY } from './test_plane.ts';

/** What a person does who wants an agent to speak otherwise, by the commands of `npm run workflow`. */
const NAME = 'piano_removal';
const OLD = 'This is Piper';
const NEW = 'Good day, this is Piper';

const store = await startTestStore();
const config = configSchema.parse({
  dataDir: store.dir,
  http: { port: await freePort() },
  redis: { url: 'redis://127.0.0.1:1' },
  postgres: { url: store.appUrl },
  livekit: { enabled: false },
  workflows: { needsGate: true },
  sealKeyFile: store.keyFile,
});
const paths = nodePaths(store.dir, config);
const log = createLogger('api', 'silent');
mkdirSync(paths.run, { recursive: true });
for (const file of [`${NAME}.yaml`, 'places'])
  cpSync(join(ROOT, 'workflows', file), join(paths.workflows, file), { recursive: true });
writeSecretFile(join(paths.keys, 'api.key'), `${API_KEY}\n`);
const hub = await createHub({ socketPath: join(paths.run, 'hub.sock'), log });
const link = await connectLink({ address: 'api', socketPath: hub.socketPath, log });
const context = { address: 'api', config, paths, ownsLiveKit: true, runtimeFile: '', link, log } as const;
const role = await run(context);
const chats = openChatStore({
  databaseUrl: store.appUrl,
  connections: 1,
  redisUrl: config.redis.url,
  vault: store.vault,
});
const url = `http://127.0.0.1:${config.http.port}`;
t.teardown(async () => {
  await chats.close();
  await role.stop();
  await link.close();
  await hub.close();
  await store.end();
});

/** Runs a command as somebody; resolves with what it prints. */
async function command(by: string, words: string, result?: string): Promise<string> {
  const [name = '', ...args] = words.split(' ');
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const ask = askNode({ url, key: API_KEY, by });
  const parts = { ask, workflowsDir: paths.workflows, note: 'a kinder greeting', result, print };
  await VERSION_COMMANDS[name]?.(parts, ...args);
  return lines.join('\n');
}

interface Chat {
  readonly chatId: string;
  readonly said: readonly string[];
}

async function post(path: string, body: object): Promise<Chat> {
  const headers = { ...WITH_KEY, 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await answer.json()) as Chat;
}

let tried = '';
const begin = () => post('/api/chats', { workflow: NAME });

async function record(chatId: string): Promise<{ workflowVersion: string; canary: boolean }> {
  const answer = await fetch(`${url}/api/calls/${chatId}`, { headers: WITH_KEY });
  return (await answer.json()) as { workflowVersion: string; canary: boolean };
}

t.test('an edited prompt and threshold: compared, judged, deployed, taken back', async t => {
  while (!(await command('jo', 'list')).includes('version 1')) await sleep(20);
  const before = await begin();
  t.match(before.said.join(' '), OLD);

  const file = join(paths.workflows, `${NAME}.yaml`);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(OLD, NEW).replace('sure: 0.6', 'sure: 0.65'));
  const diff = await command('jo', `diff ${NAME}`);
  t.match(diff, /^- {2}sure: 0\.6$/m);
  t.match(diff, /^\+ {2}sure: 0\.65$/m);
  t.match(diff, new RegExp(`^\\+.*${NEW}`, 'm'));

  t.equal(await command('jo', `draft ${NAME}`), 'version 2 is a draft');
  t.equal(await command('jo', `submit ${NAME} 2`), 'version 2 is review');
  await t.rejects(command('jo', `approve ${NAME} 2`), { message: /APPROVAL_REFUSED/ });
  t.equal(await command('maria', `approve ${NAME} 2`), 'version 2 is approved');
  await t.rejects(command('maria', `deploy ${NAME} 2`), { message: /GATE_MISSING/ });

  const { verdicts: _, ...judged } = await gate({ workflow: NAME, seeds: [1], candidate: file });
  const result = join(store.dir, 'gate.json');
  writeFileSync(
    result,
    `27 calls\n${JSON.stringify({ passed: judged.passed, workflows: { [NAME]: judged } })}\n`,
  );
  t.equal(await command('maria', `gate ${NAME} 2`, result), 'version 2 passed the gate');
  t.match(await command('maria', `canary ${NAME} 2 99`), 'tried by 99 % of new calls');
  t.equal(
    await command('maria', `deploy ${NAME} 2`),
    'version 2 is live\nin force for new calls of this node',
  );

  const after = await begin();
  tried = after.chatId;
  t.match(after.said.join(' '), NEW);
  const [was, is] = [await record(before.chatId), await record(after.chatId)];
  t.not(was.workflowVersion, is.workflowVersion);
  t.match(is, { workflowVersion: judged.version, canary: false });
  const again = await post(`/api/chats/${before.chatId}/messages`, { text: 'yes' });
  t.ok(again.said.length > 0, 'a chat that was open goes on');
  const chat = await chats.find('default', before.chatId);
  t.match(JSON.parse(chat?.state ?? '{}'), {
    flow: { version: was.workflowVersion },
    versions: { [NAME]: was.workflowVersion },
  });

  const fromMs = performance.now();
  t.match(await command('sam', `rollback ${NAME}`), 'version 1 is live');
  const back = await begin();
  t.comment(`from the command to the next greeting: ${Math.round(performance.now() - fromMs)} ms`);
  t.match(back.said.join(' '), OLD);
  t.notMatch(back.said.join(' '), NEW);
  t.match(await command('sam', `show ${NAME}`), /version 1 rolledBack by sam: a kinder greeting$/);
  t.match(await command('sam', `show ${NAME} 2`), NEW);
});

/** `npm run workflow` in a process of its own; what it prints, and its exit status. */
async function program(
  ...args: readonly string[]
): Promise<{ readonly out: string; readonly status: number }> {
  const env = { ...process.env, TRUNKLINE_API_KEY: API_KEY };
  const words = [join(ROOT, 'tools/workflow.ts'), ...args, '--url', url];
  return new Promise(resolve => {
    execFile(process.execPath, words, { cwd: ROOT, env }, (error, stdout, stderr) =>
      resolve({ out: stdout + stderr, status: typeof error?.code === 'number' ? error.code : 0 }),
    );
  });
}

t.test('a chat is replayed with the version that it had, or with what its file says', async t => {
  const file = join(paths.workflows, `${NAME}.yaml`);
  const { chatId } = await begin();
  for (const text of ['no', 'an upright piano']) await post(`/api/chats/${chatId}/messages`, { text });
  const saved = join(store.dir, 'history.json');
  t.match(await program('replay', chatId, '--save', saved), {
    out: /^ +2 .*\n +heard "no".*[\s\S]*slot +piano_type = "upright"[\s\S]*all 3 steps agree with the record\n$/mu,
    status: 0,
  });
  const departs =
    /OTHER said: was .*This is Piper.*is .*Good day[\s\S]*departs from the record at step 1\n$/u;
  t.match(await program('replay', chatId, '--with', file), { out: departs, status: 1 });

  // Version 2, which no folder has.
  t.match(await program('replay', tried, '--json'), { out: /"departs":null,"fault":null/u, status: 0 });
  const other = { ...JSON.parse(readFileSync(saved, 'utf8')) };
  other.steps[0].entry.versions[NAME] = '1.0.0+000000000000';
  writeFileSync(saved, JSON.stringify(other));
  t.match(await program('replay', saved), {
    out: `${NAME} 1.0.0+000000000000, which the call had, is neither kept by the node nor in the folder\n`,
    status: 1,
  });
  t.match(await program('replay', 'nobody'), { out: /NOT_FOUND/u, status: 1 });
});
