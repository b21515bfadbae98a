/** A tool's address, taken apart; path and query hold `{names}`. */
export interface UrlParts {
  /** Scheme, host and port, all of them literal. */
  readonly origin: string;
  readonly path: string;
  /** `name=value` each. */
  readonly query: readonly string[];
}

const PARTS = /^(https?:\/\/[^/?#{}@\\\s]+)(\/[^?#\\\s]*)?(?:\?([^#\\\s]*))?$/i;

/** Undefined where it is no address of that kind. */
export function urlParts(url: string): UrlParts | undefined {
  const [, origin = '', path = '/', query = ''] = PARTS.exec(url) ?? [];
  if (!URL.canParse(origin)) return undefined;
  return { origin: new URL(origin).origin, path, query: query === '' ? [] : query.split('&') };
}
