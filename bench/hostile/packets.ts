import { formatRtp } from '../wire/rtp_packet.ts';
import type { Draw } from './mutate.ts';

/** Telephone events 0–15, and one beyond. */
const EVENTS = 17;
/** Sender and receiver report, source description, goodbye, application, feedback, and one that is none. */
const REPORTS = [200, 201, 202, 203, 204, 205, 210];

/** A packet of speech, of a key, or of reports: the `count`-th of its stream. */
export function speechOrReport(draw: Draw, count: number): Buffer {
  return draw(3) === 0 ? report(draw) : speechOrKey(draw, count);
}

function speechOrKey(draw: Draw, count: number): Buffer {
  const isKey = draw(5) === 0;
  const payload = Buffer.alloc(isKey ? 4 : 80 * (1 + draw(6)), draw(256));
  if (isKey) payload.set([draw(EVENTS), draw(2) << 7, draw(8), draw(256)]);
  return Buffer.from(
    formatRtp({
      payloadType: isKey ? 101 : [0, 8, 9, 13][draw(4)]!,
      marker: draw(10) === 0,
      sequence: count & 0xffff,
      timestamp: (count * 160) >>> 0,
      ssrc: draw(50) === 0 ? draw(2 ** 31) : 77,
      payload,
    }),
  );
}

/** One RTCP packet of any type, whose counts and lengths fit its size. */
function report(draw: Draw): Buffer {
  const blocks = draw(3);
  const words = 7 + 6 * blocks;
  const bytes = Buffer.alloc(4 * words, draw(256));
  bytes[0] = 0x80 | blocks;
  bytes[1] = REPORTS[draw(REPORTS.length)]!;
  bytes.writeUInt16BE(words - 1, 2);
  return bytes;
}
