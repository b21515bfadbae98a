import type { Test } from 'tap';

/** One thing that is asked of a provider, with a server of its own. */
export interface StandaloneCheck {
  readonly name: string;
  /** It looks at the whole process, or holds it up: no other runs meanwhile. */
  readonly alone?: boolean;
}

/** Checks wait most of the time, many of them for a limit to pass: so many run at once. */
const AT_ONCE = 10;

/** Runs them all, and gives what each that was not met failed with, in their order. */
export async function failuresOf<Check extends StandaloneCheck>(
  checks: readonly Check[],
  run: (check: Check) => Promise<unknown>,
  atOnce = AT_ONCE,
): Promise<ReadonlyMap<string, unknown>> {
  const failures = new Map<string, unknown>();
  const waiting = checks.filter(({ alone }) => alone !== true);
  const runOne = async (check: Check): Promise<void> => {
    await run(check).catch((error: unknown) => failures.set(check.name, error));
  };
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) await runOne(check);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  for (const check of checks) if (check.alone === true) await runOne(check);
  const inOrder = checks.filter(({ name }) => failures.has(name));
  return new Map(inOrder.map(({ name }) => [name, failures.get(name)]));
}

/** An assertion for each of them. */
export async function conforms<Check extends StandaloneCheck>(
  t: Test,
  checks: readonly Check[],
  run: (check: Check) => Promise<unknown>,
  atOnce = AT_ONCE,
): Promise<void> {
  const failures = await failuresOf(checks, run, atOnce);
  for (const { name } of checks)
    await t.resolves(failures.has(name) ? Promise.reject(failures.get(name)) : Promise.resolve(), name);
}
