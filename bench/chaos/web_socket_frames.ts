const TEXT = 1;
const HEAD_END = Buffer.from('\r\n\r\n');

/** The frames that a WebSocket server sends (RFC 6455 §5.2: never masked), told apart behind its handshake. */
export class WebSocketFrames {
  #rest: Buffer = Buffer.alloc(0);
  #isOpen = false;

  /** True once the handshake is through: from here on whole frames are passed on. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Takes bytes of the server; returns what may be passed on, each text frame as `change` makes it. */
  push(bytes: Buffer, change: (text: string) => Buffer): Buffer {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const out: Buffer[] = [];
    if (!this.#isOpen) {
      const end = this.#rest.indexOf(HEAD_END);
      if (end < 0) return Buffer.alloc(0);
      out.push(this.#take(end + HEAD_END.length));
      this.#isOpen = true;
    }
    for (let frame = this.#frame(); frame !== undefined; frame = this.#frame()) {
      const isText = (frame.whole[0]! & 0x0f) === TEXT;
      out.push(isText ? change(frame.payload.toString('utf8')) : frame.whole);
    }
    return Buffer.concat(out);
  }

  #frame(): { readonly whole: Buffer; readonly payload: Buffer } | undefined {
    if (this.#rest.length < 2) return undefined;
    const short = this.#rest[1]! & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (this.#rest.length < head) return undefined;
    const length =
      short === 127
        ? Number(this.#rest.readBigUInt64BE(2))
        : short === 126
          ? this.#rest.readUInt16BE(2)
          : short;
    if (this.#rest.length < head + length) return undefined;
    const whole = this.#take(head + length);
    return { whole, payload: whole.subarray(head) };
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}

/** One whole text frame of a server. */
export function textFrame(payload: Buffer | string): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(bytes.length < 126 ? 2 : bytes.length < 65_536 ? 4 : 10);
  head[0] = 0x80 | TEXT;
  if (head.length === 2) head[1] = bytes.length;
  else if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(bytes.length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(bytes.length), 2);
  }
  return Buffer.concat([head, bytes]);
}
