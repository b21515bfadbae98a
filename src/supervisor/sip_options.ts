import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';

/**
 * Asks a SIP service over UDP whether it is there (OPTIONS, RFC 3261 §11).
 * @returns the status of its answer; rejects when the signal aborts first
 */
export function askOptions(host: string, port: number, signal: AbortSignal): Promise<number> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const end = () => socket.close();
  return new Promise<number>((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    socket.on('error', reject);
    socket.on('message', answer => {
      const status = /^SIP\/2\.0 (\d{3}) /.exec(answer.toString('latin1'))?.[1];
      if (status !== undefined) resolve(Number(status));
    });
    socket.bind(0, () => socket.send(optionsRequest(host, port, socket.address().port), port, host));
  }).finally(end);
}

function optionsRequest(host: string, port: number, fromPort: number): string {
  const address = host.includes(':') ? `[${host}]` : host;
  const token = randomBytes(8).toString('hex');
  return [
    `OPTIONS sip:${address}:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:${fromPort};branch=z9hG4bK${token};rport`,
    'Max-Forwards: 70',
    `From: <sip:supervisor@${address}:${fromPort}>;tag=${token}`,
    `To: <sip:${address}:${port}>`,
    `Call-ID: ${token}@supervisor`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}
