import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { findProgram } from '../../../src/supervisor/find_program.ts';
import { portForBoth } from '../transport/transport_rig.ts';

const SIPP = findProgram('sipp');

/** For `t.test`: says why a test with SIPp is skipped, where it is. */
export const SIPP_OR_SKIP = {
  skip: SIPP !== undefined ? false : 'SIPp is not installed (apt-get install sip-tester)',
} as const;

/** How SIPp ends where every message was as in its scenario. */
export const AS_IN_SCENARIO = { code: 0, fault: '' };

/** SIPp's verdict, with the first line of what it found wrong. */
export interface SippVerdict {
  readonly code: number | null;
  readonly fault: string;
}

/**
 * Runs a scenario that waits for one call, on the loopback, until it or the test ends. Datagrams that come before it
 * listens are lost and sent again.
 * @param scenario a file, or the text of one as `scenario` makes it
 */
export async function startSipp(
  t: Test,
  scenario: URL | string,
  protocol: 'UDP' | 'TCP',
): Promise<{ readonly port: number; readonly verdict: Promise<SippVerdict> }> {
  const port = await portForBoth();
  const folder = mkdtempSync(join(tmpdir(), 'sipp-'));
  const options = {
    '-sf': typeof scenario === 'string' ? writeScenario(folder, scenario) : fileURLToPath(scenario),
    '-i': '127.0.0.1',
    '-p': String(port),
    '-t': protocol === 'UDP' ? 'u1' : 't1',
    '-m': '1',
    '-timeout': '20s',
  };
  const words = [...Object.entries(options).flat(), '-nostdin', '-trace_err', '-timeout_error'];
  const child = spawn(SIPP ?? '', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const verdict = new Promise<SippVerdict>(resolve => {
    child.once('close', code => resolve({ code, fault: said.split('\n').find(line => line !== '') ?? '' }));
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await verdict;
    rmSync(folder, { recursive: true, force: true });
  });
  if (protocol === 'TCP') await listens(port);
  return { port, verdict };
}

function writeScenario(folder: string, text: string): string {
  const file = join(folder, 'scenario.xml');
  writeFileSync(file, text.replaceAll('{PORT}', '[local_port]'));
  return file;
}

async function listens(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await connects(port)) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error('SIPp does not listen');
}

function connects(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
