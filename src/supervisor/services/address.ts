import { isIP } from 'node:net';

const WILDCARDS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Where a service that listens on a host is reached from this machine. */
export function connectHost(listenHost: string): string {
  return WILDCARDS[listenHost] ?? listenHost;
}

export function isWildcard(host: string): boolean {
  return host in WILDCARDS;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** As programs are told that take no names. */
export function numericHost(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

/** As a URL names it. */
export function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** For programs of others: nothing of ours that they might take for their own settings. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, LC_ALL: 'C', TZ: 'UTC' };
}
