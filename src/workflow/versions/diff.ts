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
export function diffBundles(
  from: Bundle,
  to: Bundle,
  names: { from: string; to: string },
  timeoutMs: number = LIMITS.versionDiffMs,
): string {
  const endsAtMs = performance.now() + timeoutMs;
  const paths = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted();
  const changed = paths.filter(path => textOf(from, path) !== textOf(to, path));
  return changed.map(path => diffFile(path, from, to, { names, endsAtMs })).join('');
}

function diffFile(
  path: string,
  from: Bundle,
  to: Bundle,
  { names, endsAtMs }: { names: { from: string; to: string }; endsAtMs: number },
): string {
  const timeout = Math.floor(endsAtMs - performance.now());
  const texts = [textOf(from, path), textOf(to, path)] as const;
  const options = { context: CONTEXT_LINES, timeout };
  const patch =
    timeout > 0 ? createTwoFilesPatch(path, path, ...texts, names.from, names.to, options) : undefined;
  if (patch === undefined)
    throw new TrunklineError('TOO_LARGE', `${path} differs in more than can be compared`);
  // The lines that the library sets above each file are none of `diff -u`.
  return patch.replace(/^(?:Index: [^\n]*\n)?=+\n/, '');
}

function textOf(bundle: Bundle, path: string): string {
  return Object.hasOwn(bundle, path) ? (bundle[path] ?? '') : '';
}
