import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { findProgram } from '../../../src/supervisor/find_program.ts';
import { portForBoth } from '../../sip/transport/transport_rig.ts';

const SIPP = findProgram('sipp');
const LOOPBACK = '127.0.0.1';

/** For `t.test`: says why a test with SIPp is skipped, where it is. */
export const SIPP_OR_SKIP = {
  skip: SIPP !== undefined ? false : 'SIPp is not installed (apt-get install sip-tester)',
} as const;

/** Whom SIPp calls, and how. */
export interface SippCall {
  /** Of the loopback. */
  readonly port: number;
  readonly protocol?: 'UDP' | 'TCP';
  /** User part of the Request-URI. */
  readonly number?: string;
  /** Port of whoever stands between both and passes their messages on. */
  readonly via?: number;
  /** Its own address. */
  readonly host?: string;
  /** Further options of the program. */
  readonly options?: Readonly<Record<string, string>>;
}

/**
 * Has SIPp make one call as a scenario says, a file or the text of one; stops it when the test ends.
 * @returns what it found wrong; empty when every message was as in the scenario
 */
export async function callBySipp(t: Test, scenario: URL | string, call: SippCall): Promise<string> {
  const { port, protocol = 'UDP', number = '+15550100', via, host = LOOPBACK, options = {} } = call;
  const folder = mkdtempSync(join(tmpdir(), 'sipp-'));
  const file = typeof scenario === 'string' ? join(folder, 'scenario.xml') : fileURLToPath(scenario);
  if (typeof scenario === 'string')
    writeFileSync(file, scenario.replaceAll('{PORT}', via === undefined ? '[local_port]' : String(via)));
  const all = {
    '-sf': file,
    '-p': String(await portForBoth()),
    '-s': number,
    '-i': host,
    '-mi': host,
    '-t': protocol === 'UDP' ? 'u1' : 't1',
    '-m': '1',
    '-timeout': '20s',
    ...options,
  };
  const words = [`${LOOPBACK}:${via ?? port}`, ...Object.entries(all).flat()];
  const child = spawn(SIPP ?? '', [...words, '-nostdin', '-timeout_error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  return (await ended) === 0 ? '' : `ended with ${await ended}: ${said}`;
}
