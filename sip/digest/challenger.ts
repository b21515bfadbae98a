/** Who asks for credentials: the far end itself, or a proxy on the way (RFC 3261 §22.2 and §22.3). */
export type Challenger = 'server' | 'proxy';

interface DigestHeaders {
  readonly status: 401 | 407;
  /** Header of the response that asks. */
  readonly challenge: string;
  /** Header of the request that answers. */
  readonly answer: string;
}

export const DIGEST_HEADERS: Readonly<Record<Challenger, DigestHeaders>> = {
  server: { status: 401, challenge: 'WWW-Authenticate', answer: 'Authorization' },
  proxy: { status: 407, challenge: 'Proxy-Authenticate', answer: 'Proxy-Authorization' },
};
