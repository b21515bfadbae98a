import { createTwoFilesPatch } from 'diff';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { Bundle } from './bundle.ts';

/** Lines that stay the same around each change. */
const CONTEXT_LINES = 3;

/**
 * How two texts of a workflow differ, file by file, as `diff -u` writes it; empty where they don't.
 * @throws TrunklineError TOO_LARGE where that takes too long to find out
 */
export function diffBundles(from: Bundle, to: Bundle, names: { from: string; to: string }): string {
  const paths = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted();
  const changed = paths.filter(path => textOf(from, path) !== textOf(to, path));
  return changed.map(path => diffFile(path, from, to, names)).join('');
}

function diffFile(path: string, from: Bundle, to: Bundle, names: { from: string; to: string }): string {
  const patch = createTwoFilesPatch(path, path, textOf(from, path), textOf(to, path), names.from, names.to, {
    context: CONTEXT_LINES,
    timeout: LIMITS.versionDiffMs,
  });
  if (patch === undefined)
    throw new TrunklineError('TOO_LARGE', `${path} differs in more than can be compared`);
  // The lines that the library sets above each file are none of `diff -u`.
  return patch.replace(/^(?:Index: [^\n]*\n)?=+\n/, '');
}

function textOf(bundle: Bundle, path: string): string {
  return Object.hasOwn(bundle, path) ? (bundle[path] ?? '') : '';
}
