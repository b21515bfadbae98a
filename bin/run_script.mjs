// Plain JavaScript for Node 18 and later: see packages.mjs.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, fail, ROOT } from './failure.mjs';

const NODE_MAJOR = 24;

/** The Node that runs the project: the one among its packages, else this one when it is new enough. */
export function projectNode() {
  const packaged = join(ROOT, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(packaged)) return packaged;
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) return process.execPath;
  throw new Failure(
    `Node ${NODE_MAJOR} is needed, this is ${process.versions.node}, and npm has none for ` +
      `${process.platform} on ${process.arch}: install Node ${NODE_MAJOR}`,
  );
}

/** A node's processes, and those of its tests, begin with the same code again and again. */
export function projectEnvironment() {
  return { NODE_COMPILE_CACHE: join(ROOT, 'var', 'compile-cache'), ...process.env };
}

/** Runs a TypeScript file of the project with this process's terminal, and ends as it ends. */
export function runScript(script, args) {
  const child = spawn(projectNode(), [join(ROOT, script), ...args], {
    stdio: 'inherit',
    env: projectEnvironment(),
  });
  forwardSignals(child);
  child.on('error', error =>
    fail(new Failure(`${projectNode()} can't be run (${error.code}): run npm ci again`)),
  );
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Hands signals on; ^C at a terminal reaches the child by itself. */
export function forwardSignals(child) {
  const handlers = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'].map(signal => {
    const forward = () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    process.on(signal, forward);
    return [signal, forward];
  });
  return () => {
    for (const [signal, forward] of handlers) process.off(signal, forward);
  };
}
