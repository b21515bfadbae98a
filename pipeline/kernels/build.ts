import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SOURCES = fileURLToPath(new URL('./assembly/', import.meta.url));
const COMPILER = new URL('../../node_modules/assemblyscript/package.json', import.meta.url);
const OPTIONS = ['-O3', '--runtime', 'stub', '--enable', 'simd', '--noAssert', '--importMemory'];

/** A name that changes with the sources, the compiler and its options. */
async function builtName(): Promise<string> {
  const hash = createHash('sha256');
  const { version } = JSON.parse(await readFile(COMPILER, 'utf8')) as { version: string };
  hash.update(JSON.stringify([version, OPTIONS]));
  for (const file of (await readdir(SOURCES)).filter(name => name.endsWith('.ts')).toSorted()) {
    hash.update(`\0${file}\0`).update(await readFile(join(SOURCES, file)));
  }
  return `kernels-${hash.digest('hex').slice(0, 16)}.wasm`;
}

/**
 * The path of the compiled kernels in `folder`; takes seconds when they are not there or not fresh, and else nothing.
 * The compiler runs in a process of its own, since it keeps hundreds of megabytes.
 * @throws Error with the compiler's words when the sources are not right
 */
export async function provideKernels(folder: string): Promise<string> {
  const built = join(folder, await builtName());
  if (existsSync(built)) return built;
  await mkdir(folder, { recursive: true });
  await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), built]);
  return built;
}

/** Compiles beside the goal and moves the result into its place whole: many may do so at once. */
async function compile(goal: string): Promise<void> {
  const { default: asc } = await import('assemblyscript/asc');
  const partial = `${goal}.${process.pid}.part`;
  const { error, stderr } = await asc.main(['index.ts', '-o', partial, '--baseDir', SOURCES, ...OPTIONS]);
  if (error !== null) {
    await rm(partial, { force: true });
    throw new Error(`the kernels do not compile: ${stderr.toString()}`);
  }
  await rename(partial, goal);
}

if (import.meta.main) {
  const goal = process.argv[2];
  if (goal === undefined) {
    const folder = fileURLToPath(new URL('../../var/kernels/', import.meta.url));
    console.log(`the kernels are in ${await provideKernels(folder)}`);
  } else {
    await compile(goal);
  }
}
