import asyncHooks from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * `node test/one_file.ts FILE` runs a test file. To tell in which subtest an error was thrown that nobody caught, tap
 * has itself told of every promise that is made and collected (async-hook-domain), which costs suites with many promises
 * more than half of their time. Here it is told of none: such an error ends the file's process, which fails the file.
 */
const { createHook } = asyncHooks;
const none: asyncHooks.AsyncHook = { enable: () => none, disable: () => none };
asyncHooks.createHook = callbacks =>
  new Error('who asks').stack?.includes('async-hook-domain') ? none : createHook(callbacks);
syncBuiltinESMExports();

process.argv.splice(1, 1);
await import(pathToFileURL(resolve(process.argv[1] ?? '')).href);
