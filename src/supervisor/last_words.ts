const KEPT_LINES = 3;
/** Frames of a stack, and what Node prints around an error that ends it. */
const NOISE = /^\s*$|^\s+at |^Node\.js v|^file:\/\/|^\s*\^+\s*$|^\s+throw /;

/** What a log's last lines tell a person: messages without their fields, no stacks. */
export function lastWords(lines: readonly string[]): string[] {
  return lines
    .map(readable)
    .filter(line => !NOISE.test(line))
    .slice(-KEPT_LINES);
}

/** JSON lines, ours and LiveKit's, are cut to their message and error. */
function readable(line: string): string {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return line;
  }
  if (typeof fields !== 'object' || fields === null) return line;
  const { msg, err, error } = fields as { msg?: unknown; err?: { message?: unknown }; error?: unknown };
  return [msg, err?.message ?? error].filter(part => typeof part === 'string').join(': ') || line;
}
