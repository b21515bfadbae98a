import pino from 'pino';

export type Logger = pino.Logger;

/** Keys whose values never reach a log, whatever object they sit in. */
const SECRET_PATHS = [
  'token',
  'apiKey',
  'apiSecret',
  'password',
  'authorization',
  'from',
  'to',
  'text',
  'value',
  'jsgf',
];

/**
 * A role's logger: JSON lines with ids, never speech, names or numbers.
 * @param destination a file, or a descriptor; stderr unless told
 */
export function createLogger(role: string, level: string, destination: string | number = 2): Logger {
  const sink = pino.destination({ dest: destination, sync: true });
  // A full disk must not end a process for want of a log line.
  sink.on('error', () => {});
  return pino(
    {
      level,
      base: { role, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_PATHS.flatMap(key => [key, `*.${key}`]), censor: '[redacted]' },
    },
    sink,
  );
}
