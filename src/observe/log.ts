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
 * A role's logger: JSON lines on stderr with ids, never speech, names or numbers.
 */
export function createLogger(role: string, level: string): Logger {
  return pino(
    {
      level,
      base: { role, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_PATHS.flatMap(key => [key, `*.${key}`]), censor: '[redacted]' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
