import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RoomServiceClient } from 'livekit-server-sdk';
import { stringify } from 'yaml';
import { z } from 'zod';
import { freePorts } from '../../bench/sip/free_ports.ts';
import { ensureKeyFile } from '../../src/compliance/key_file.ts';
import { loadConfig } from '../../src/config/load.ts';
import { putMigratedCluster } from '../store/migrated_cluster.ts';
import { ROOT } from '../tidy/sources.ts';

const callRow = z.object({
  callId: z.string(),
  state: z.string(),
  from: z.string().nullable(),
  endReason: z.string().nullable(),
  outcome: z.string().nullable(),
  endedAt: z.string().nullable(),
});
const callDetail = callRow.extend({
  lineKind: z.string(),
  durationMs: z.number().nullable(),
  turns: z.array(
    z.object({
      speaker: z.string(),
      text: z.string(),
      startMs: z.number(),
      interrupted: z.boolean().nullable(),
    }),
  ),
  slots: z.array(z.object({ slot: z.string(), value: z.unknown() })),
  recordings: z.array(
    z.object({ url: z.string(), startMs: z.number().nullable(), durationMs: z.number().nullable() }),
  ),
  latencies: z.array(z.object({ lastSoundMs: z.number(), firstFrameMs: z.number() })),
});
export type CallRow = z.infer<typeof callRow>;
export type CallDetail = z.infer<typeof callDetail>;

/** A whole node of its own, started by the command that everybody uses, on free ports and in a data folder of its own. */
export class TestNode {
  readonly configFile: string;
  readonly #dir: string;
  readonly #httpPort: number;
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(dir: string, httpPort: number, config: object) {
    this.#dir = dir;
    this.#httpPort = httpPort;
    this.configFile = join(this.#dir, 'trunkline.yaml');
    writeFileSync(this.configFile, stringify({ ...config, dataDir: this.#dataDir }));
  }

  /**
   * With a database that is made already, and of the shipped workflows with the default alone: to read them all, and to make
   * the recogniser ready for them, takes each start seconds. `more` takes the place of what this node would have otherwise.
   */
  static async start(media?: object, more?: object): Promise<TestNode> {
    const folder = newFolder();
    const workflows = { dir: join(folder, 'workflows') };
    for (const name of ['piano_removal.yaml', 'places'])
      cpSync(join(ROOT, 'workflows', name), join(workflows.dir, name), { recursive: true });
    const node = await TestNode.#make(folder, media, { workflows, ...more });
    const keysDir = join(node.#dataDir, 'keys');
    await putMigratedCluster({ dataDir: join(node.#dataDir, 'postgres'), keysDir });
    ensureKeyFile(join(keysDir, 'seal.key'));
    await node.#up();
    return node;
  }

  /** In an empty data folder. */
  static async startFromNothing(): Promise<TestNode> {
    const node = await TestNode.#make(newFolder());
    await node.#up();
    return node;
  }

  static async #make(dir: string, media: object = { processes: 1 }, more: object = {}): Promise<TestNode> {
    const [http, redis, postgres, livekit, rtcTcp, sip, livekitSip] = await freePorts(7);
    const tools = join(ROOT, 'var/tools');
    return new TestNode(dir, http!, {
      http: { port: http },
      redis: { port: redis },
      postgres: { port: postgres },
      livekit: {
        port: livekit,
        rtcTcpPort: rtcTcp,
        rtcPorts: [52100, 53999],
        serverPath: join(tools, 'livekit-server'),
        sip: { port: livekitSip, rtpPorts: [12100, 13999], path: join(tools, 'livekit-sip') },
      },
      sip: { port: sip, rtpPorts: [14100, 15999] },
      media,
      // Nobody is told of these calls, and several nodes at once share the machine.
      jobs: { enabled: false },
      // What is said takes most of the time of these suites.
      voice: { pace: 1.4 },
      drainS: 30,
      ...more,
    });
  }

  get #dataDir(): string {
    return join(this.#dir, 'data');
  }

  /** Lines of a process's log. */
  log(name: string): string[] {
    return readFileSync(join(this.#dataDir, 'logs', `${name}.log`), 'utf8')
      .trimEnd()
      .split('\n');
  }

  /** Everything that the start printed. */
  get output(): string {
    return this.#output;
  }

  async #up(): Promise<void> {
    const child = spawn(process.execPath, [join(ROOT, 'bin/start.mjs'), '--config', this.configFile], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    await this.untilReady();
  }

  async untilReady(): Promise<void> {
    for (;;) {
      if (this.#process?.exitCode !== null) throw new Error(`the node did not start:\n${this.#output}`);
      const answer = await fetch(`http://127.0.0.1:${this.#httpPort}/readyz`).catch(() => undefined);
      if (answer?.ok === true) return;
      await sleep(200);
    }
  }

  /** GET with the node's key. */
  async get(path: string): Promise<Response> {
    return this.#ask(path, {});
  }

  async post(path: string, body: object): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return this.#ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async delete(path: string): Promise<Response> {
    return this.#ask(path, { method: 'DELETE' });
  }

  #ask(path: string, { headers, ...request }: RequestInit): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#httpPort}${path}`, {
      ...request,
      headers: { ...headers, authorization: `Bearer ${this.#key('api')}` },
    });
  }

  /** The tester page, with the key that it asks for. */
  get pageUrl(): string {
    return `http://127.0.0.1:${this.#httpPort}/#key=${this.#key('api')}`;
  }

  /** Names of the rooms that LiveKit knows. */
  async rooms(): Promise<string[]> {
    const { apiKey, port } = loadConfig(this.configFile).livekit;
    const client = new RoomServiceClient(`http://127.0.0.1:${port}`, apiKey, this.#key('livekit'));
    return (await client.listRooms()).map(({ name }) => name);
  }

  #key(name: 'api' | 'livekit'): string {
    return readFileSync(join(this.#dataDir, `keys/${name}.key`), 'utf8').trim();
  }

  async calls(): Promise<CallRow[]> {
    const page = z.object({ calls: z.array(callRow) });
    return page.parse(await (await this.get('/api/calls?limit=100')).json()).calls;
  }

  async call(callId: string): Promise<CallDetail> {
    return callDetail.parse(await (await this.get(`/api/calls/${callId}`)).json());
  }

  /** The record of the only call from this number, once it is complete. */
  async ended(from: string): Promise<CallDetail> {
    for (;;) {
      const row = (await this.calls()).find(call => call.from === from && call.endedAt !== null);
      if (row !== undefined) return this.call(row.callId);
      await sleep(200);
    }
  }

  /** Process ids of the roles, by address. */
  rolePids(): Map<string, number> {
    const pids = new Map<string, number>();
    for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
      const args = commandLine(pid);
      const role = args[args.indexOf('--role') + 1];
      if (args.includes('--role') && args.some(arg => arg.startsWith(this.#dir)) && role !== undefined) {
        pids.set(role, Number(pid));
      }
    }
    return pids;
  }

  /** Command lines of processes that still run and were started for this node. */
  remains(): string[] {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(pid => commandLine(pid).join(' '))
      .filter(line => line.includes(this.#dir));
  }

  /** Asks for the end as an operator does; resolves with the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)));
    child.kill('SIGTERM');
    return ended;
  }

  async discard(): Promise<void> {
    await this.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'trunkline-node-'));
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
