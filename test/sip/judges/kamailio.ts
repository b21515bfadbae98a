import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { findProgram } from '../../../src/supervisor/find_program.ts';
import { askOptions } from '../../../src/supervisor/sip_options.ts';
import { portForBoth } from '../transport/transport_rig.ts';

const READY_MS = 10_000;
const ASKED_EVERY_MS = 50;

/** Debian keeps it where not every PATH leads. */
const KAMAILIO = findProgram('kamailio', ['/usr/sbin', '/usr/local/sbin']);

/** For `t.test`: says why a test with Kamailio is skipped, where it is. */
export const KAMAILIO_OR_SKIP = {
  skip: KAMAILIO === undefined ? 'kamailio is not installed (apt-get install kamailio)' : false,
} as const;

/**
 * What every configuration begins with: one worker for UDP and one for TCP, no daemon, no files. On a busy machine it may
 * wait for its own processes until the time to exit is over, a minute where nothing is said.
 */
function preamble(port: number): string {
  return `
debug=0
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
shm_mem_size=32
exit_timeout=2
listen=udp:127.0.0.1:${port}
listen=tcp:127.0.0.1:${port}
`;
}

/** Runs Kamailio on the loopback, UDP and TCP on one port, until the test ends; `script` follows the listeners. */
export async function startKamailio(t: Test, script: string): Promise<number> {
  const port = await portForBoth();
  const folder = t.testdir();
  const file = join(folder, 'kamailio.cfg');
  writeFileSync(file, preamble(port) + script);
  const child = spawn(KAMAILIO ?? '', ['-f', file, '-DD', '-E', '-m', '32', '-M', '4', '-Y', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
  t.teardown(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  await Promise.race([
    answers(port),
    exited.then(() => Promise.reject(new Error(said.join('').slice(-2000)))),
  ]);
  return port;
}

async function answers(port: number): Promise<void> {
  const deadlineMs = performance.now() + READY_MS;
  while (performance.now() < deadlineMs) {
    const answer = await askOptions('127.0.0.1', port, AbortSignal.timeout(ASKED_EVERY_MS)).catch(() => 0);
    if (answer > 0) return;
    // A refused datagram fails at once.
    await new Promise(resolve => setTimeout(resolve, ASKED_EVERY_MS));
  }
  throw new Error('Kamailio does not answer');
}
