// Plain JavaScript for Node 18 and later: see packages.mjs.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Failure, fail, ROOT } from './failure.mjs';
import { projectEnvironment, projectNode } from './run_script.mjs';

/** Ends of a process that nobody asks for in good order: killed, out of memory, or a fault of its program. */
const MISHAPS = new Set(['SIGKILL', 'SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP']);
const TICK_MS = 1000;
/** Ticks of this process, not time: one that was suspended itself blames nobody. */
const SILENT_TICKS = 5;
const MOST_IN_A_MINUTE = 10;
const PAUSE_MS = 100;

/**
 * Runs a supervisor with this process's terminal, and ends as it ends. One that is killed or hangs is followed by another,
 * which takes over what it had started: calls go on. Signals wait until that one has.
 */
export function keepRunning(script, args) {
  const deathsMs = [];
  /** For the next supervisor, while there is none that could do what they ask. */
  let waiting = [];
  let child;
  let isUp = false;
  let asked;
  const hasDied = () => deathsMs.length > 0;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => {
      // ^C at a terminal reaches the child by itself.
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      if (hasDied() && !isUp && waiting.length === 0) waiting.push(signal);
      else child.kill(signal);
      asked = signal;
    });
  }
  // An upgrade is of a node that is up; asked for before, it would end the child.
  process.on('SIGUSR2', () => {
    if (isUp) child.kill('SIGUSR2');
  });
  const start = () => {
    child = spawn(projectNode(), [join(ROOT, script), ...args], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: projectEnvironment(),
    });
    watch(child, () => {
      isUp = true;
      for (const signal of waiting) child.kill(signal);
      waiting = [];
    });
    child.on('error', error =>
      fail(new Failure(`${projectNode()} can't be run (${error.code}): run npm ci again`)),
    );
    child.on('exit', ended);
  };
  const ended = (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    if (!MISHAPS.has(signal)) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
      return;
    }
    isUp = false;
    deathsMs.push(performance.now());
    while (deathsMs.at(-1) - deathsMs[0] > 60_000) deathsMs.shift();
    if (deathsMs.length > MOST_IN_A_MINUTE)
      fail(new Failure(`the supervisor dies again and again (${signal})`));
    process.stderr.write(`! the supervisor ended with ${signal}: starting another, calls go on\n`);
    if (asked !== undefined && waiting.length === 0) waiting.push(asked);
    setTimeout(start, PAUSE_MS * deathsMs.length);
  };
  start();
}

/** Kills a supervisor that has given signs of life and gives none any more; tells when its node is up. */
function watch(child, onUp) {
  let silentTicks;
  child.on('message', word => {
    silentTicks = 0;
    if (word === 'up') onUp();
  });
  const timer = setInterval(() => {
    if (silentTicks === undefined) return;
    silentTicks += 1;
    if (silentTicks > SILENT_TICKS) child.kill('SIGKILL');
  }, TICK_MS);
  child.on('exit', () => clearInterval(timer));
}
