import type { Draw } from './mutate.ts';

const HOST = '192.0.2.7';
const LARGE = 'deep-';
const LEVELS = 12;

/** One dialog of a caller with us, as text; its messages follow no plan but chance. */
export class Conversation {
  readonly callId: string;
  readonly #draw: Draw;
  /** Of the called side, once a response told it. */
  tag = 'unknown';
  #cseq = 1;
  #branch = 0;
  #left: number;

  constructor(callId: string, draw: Draw) {
    this.callId = callId;
    this.#draw = draw;
    this.#left = 3 + draw(12);
  }

  get isOver(): boolean {
    return this.#left <= 0;
  }

  /** The INVITE first, then anything. */
  next(): Buffer {
    this.#left -= 1;
    if (this.#branch === 0) return this.#request('INVITE', offer(this.#draw));
    switch (this.#draw(9)) {
      case 0:
        return this.#request('INVITE', this.#draw(3) === 0 ? '' : offer(this.#draw));
      case 1:
        return this.#request('UPDATE', this.#draw(2) === 0 ? '' : offer(this.#draw));
      case 2:
        return this.#request('INFO', 'Signal=5\r\nDuration=160\r\n', 'application/dtmf-relay');
      case 3:
        return this.#request('PRACK', '', '', [`RAck: ${this.#draw(4)} 1 INVITE`]);
      case 4:
        return this.#request('OPTIONS', '');
      case 5:
        return this.#request('BYE', '', '', ['Reason: Q.850;cause=16']);
      case 6:
        return this.#cancel();
      case 7:
        return this.#request('MESSAGE', nested(LEVELS), `multipart/mixed;boundary=${LARGE}0`);
      default:
        return this.#ack();
    }
  }

  #ack(): Buffer {
    return this.#text('ACK', this.#cseq, this.#branch, this.#draw(2) === 0 ? '' : offer(this.#draw));
  }

  #cancel(): Buffer {
    return this.#text('CANCEL', this.#cseq, this.#branch, '');
  }

  #request(method: string, body: string, contentType?: string, headers: readonly string[] = []): Buffer {
    this.#branch += 1;
    this.#cseq += this.#branch === 1 ? 0 : 1;
    return this.#text(method, this.#cseq, this.#branch, body, contentType, headers);
  }

  #text(
    method: string,
    cseq: number,
    branch: number,
    body: string,
    contentType = 'application/sdp',
    headers: readonly string[] = [],
  ): Buffer {
    const isFirst = branch === 1 && method !== 'ACK';
    const lines = [
      `${method} sip:+15550100@192.0.2.1 SIP/2.0`,
      `Via: SIP/2.0/UDP ${HOST}:5060;branch=z9hG4bK${this.callId}${branch};rport`,
      'Record-Route: <sip:192.0.2.9;lr>',
      'Max-Forwards: 70',
      `From: "A caller" <sip:+15550123@${HOST}>;tag=caller`,
      `To: <sip:+15550100@192.0.2.1>${isFirst ? '' : `;tag=${this.tag}`}`,
      `Call-ID: ${this.callId}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: <sip:+15550123@${HOST}:5060>`,
      'Supported: 100rel, timer',
      'Session-Expires: 1800;refresher=uac',
      'P-Asserted-Identity: <sip:+15550123@example.com>',
      ...headers,
      ...(body === '' ? [] : [`Content-Type: ${contentType}`]),
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }
}

/** Audio in every direction, sometimes held the old way. */
function offer(draw: Draw): string {
  const direction = ['sendrecv', 'sendonly', 'recvonly', 'inactive'][draw(4)];
  const lines = [
    'v=0',
    `o=- 1 ${1 + draw(9)} IN IP4 ${HOST}`,
    's=-',
    `c=IN IP4 ${draw(4) === 0 ? '0.0.0.0' : HOST}`,
    't=0 0',
    'm=audio 40000 RTP/AVP 0 8 9 101',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    `a=ptime:${10 + 10 * draw(6)}`,
    `a=${direction}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** Multipart within multipart, so many levels deep. */
export function nested(levels: number): string {
  let body = 'text\r\n';
  for (let level = levels; level >= 0; level -= 1) {
    const type = level === levels ? 'text/plain' : `multipart/mixed;boundary=${LARGE}${level + 1}`;
    body = `--${LARGE}${level}\r\nContent-Type: ${type}\r\n\r\n${body}\r\n--${LARGE}${level}--\r\n`;
  }
  return body;
}
