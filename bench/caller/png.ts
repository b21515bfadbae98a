import { crc32, deflateSync } from 'node:zlib';

/** Colours are 0xRRGGBB. */
export type Colour = number;

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const TRUE_COLOUR = 2;

/** A bitmap to draw on; what lies outside of it is left out. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly #rgb: Uint8Array;

  constructor(width: number, height: number, background: Colour) {
    this.width = width;
    this.height = height;
    this.#rgb = new Uint8Array(width * height * 3);
    this.fill(0, 0, width, height, background);
  }

  /** Covers a rectangle; `opacity` below 1 lets what is there shine through. */
  fill(x: number, y: number, width: number, height: number, colour: Colour, opacity = 1): void {
    const [left, right] = [Math.max(0, Math.round(x)), Math.min(this.width, Math.round(x + width))];
    const [top, bottom] = [Math.max(0, Math.round(y)), Math.min(this.height, Math.round(y + height))];
    const parts = [colour >> 16, (colour >> 8) & 0xff, colour & 0xff];
    for (let row = top; row < bottom; row += 1) {
      for (let column = left; column < right; column += 1) {
        const at = (row * this.width + column) * 3;
        for (let i = 0; i < 3; i += 1) {
          this.#rgb[at + i] = Math.round(this.#rgb[at + i]! * (1 - opacity) + parts[i]! * opacity);
        }
      }
    }
  }

  /** The image as PNG (ISO/IEC 15948): 8-bit true colour. */
  toPng(): Buffer {
    const stride = this.width * 3;
    const scanlines = Buffer.alloc((stride + 1) * this.height);
    // Each line starts with its filter type, 0: none.
    for (let row = 0; row < this.height; row += 1) {
      scanlines.set(this.#rgb.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1);
    }
    const header = Buffer.alloc(13);
    header.writeUInt32BE(this.width, 0);
    header.writeUInt32BE(this.height, 4);
    header.writeUInt8(8, 8);
    header.writeUInt8(TRUE_COLOUR, 9);
    return Buffer.concat([
      SIGNATURE,
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(scanlines)),
      chunk('IEND', Buffer.alloc(0)),
    ]);
  }
}

function chunk(type: string, data: Buffer): Buffer {
  const typeAndData = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(typeAndData.length + 8);
  framed.writeUInt32BE(data.length, 0);
  typeAndData.copy(framed, 4);
  framed.writeUInt32BE(crc32(typeAndData), typeAndData.length + 4);
  return framed;
}
