import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';

export const PROJECT = 'project-of-the-test';

/** A key file as Google makes one, with what checks its signatures. */
export function serviceAccount(): { readonly keyFile: string; readonly publicKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyFile = {
    type: 'service_account',
    project_id: PROJECT,
    private_key_id: 'key-1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: `agent@${PROJECT}.iam.gserviceaccount.com`,
    client_id: '1',
    token_uri: 'https://oauth2.googleapis.com/token',
  };
  return {
    keyFile: JSON.stringify(keyFile),
    publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
  };
}

export function isGoodToken(token: string, publicKey: string): boolean {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const signed = Buffer.from(`${header}.${claims}`);
  if (!verify('sha256', signed, createPublicKey(publicKey), Buffer.from(signature, 'base64url')))
    return false;
  const parse = (part: string) =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  const { iss, sub, scope, iat, exp } = parse(claims);
  const nowS = Date.now() / 1000;
  return (
    parse(header).alg === 'RS256' &&
    parse(header).kid === 'key-1' &&
    iss === sub &&
    String(iss).endsWith('.iam.gserviceaccount.com') &&
    String(scope).includes('https://www.googleapis.com/auth/cloud-platform') &&
    Number(exp) - Number(iat) <= 3600 &&
    Number(iat) <= nowS + 1 &&
    Number(exp) > nowS
  );
}
