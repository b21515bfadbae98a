import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { findProgram } from '../../../src/supervisor/find_program.ts';
import { portForBoth } from '../transport/transport_rig.ts';

interface Callee {
  readonly protocol: 'UDP' | 'TCP';
  readonly user: string;
  /** Of the loopback. */
  readonly port: number;
}

/**
 * Has SIPp make one call as a scenario says.
 * @returns what it found wrong; empty when every message was as in the scenario
 */
export async function callBySipp(t: Test, scenario: URL, { protocol, user, port }: Callee): Promise<string> {
  const options = {
    '-sf': fileURLToPath(scenario),
    '-s': user,
    '-i': '127.0.0.1',
    '-p': String(await portForBoth()),
    '-t': protocol === 'UDP' ? 'u1' : 't1',
    '-m': '1',
    '-timeout': '20s',
  };
  const words = [`127.0.0.1:${port}`, ...Object.entries(options).flat(), '-nostdin', '-timeout_error'];
  const child = spawn(findProgram('sipp') ?? '', words, {
    cwd: t.testdir(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = new Promise<number | null>(resolve => child.once('close', resolve));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await code;
  });
  return (await code) === 0 ? '' : `ended with ${await code}: ${said}`;
}
