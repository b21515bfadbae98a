import type { SeededRandom } from '../caller/random.ts';
import { textFrame, WebSocketFrames } from './web_socket_frames.ts';

/**
 * How a provider's answers go wrong: `noise` instead of bytes, JSON that is `cut` off, and JSON that is whole but `wrong`: sound
 * of a third of its length, values of other types.
 */
export type Corruption = 'noise' | 'cut' | 'wrong';

/** What comes down one connection. */
export interface Downstream {
  /** What becomes of the next bytes. */
  pass(bytes: Buffer, corruption: Corruption | undefined): Buffer;
  /** What comes unasked at the moment it goes wrong. */
  outburst(corruption: Corruption): Buffer;
}

export function downstreamOf(carrier: 'webSocket' | 'events', random: SeededRandom): Downstream {
  const noise = (length: number) => Buffer.from(Array.from({ length }, () => random.integer(0, 255)));
  return carrier === 'webSocket' ? webSocketDown(noise) : eventsDown(noise);
}

function webSocketDown(noise: (length: number) => Buffer): Downstream {
  const frames = new WebSocketFrames();
  return {
    pass(bytes, corruption) {
      if (corruption === 'noise') return noise(bytes.length);
      return frames.push(bytes, text =>
        textFrame(corruption === undefined ? text : spoiled(text, corruption)),
      );
    },
    outburst(corruption) {
      if (corruption === 'noise') return noise(64);
      return frames.isOpen ? textFrame(corruption === 'cut' ? '{"type":"Resu' : '[null,7]') : Buffer.alloc(0);
    },
  };
}

/** Server-sent events keep their length, so that the chunks of HTTP around them still fit. */
function eventsDown(noise: (length: number) => Buffer): Downstream {
  return {
    pass(bytes, corruption) {
      if (corruption === undefined) return bytes;
      if (corruption === 'noise') return noise(bytes.length);
      const text = bytes
        .toString('latin1')
        .replaceAll(/(?<=data: )\{.*?(?=\n)/gu, json =>
          spoiled(json, corruption).slice(0, json.length).padEnd(json.length),
        );
      return Buffer.from(text, 'latin1');
    },
    outburst: corruption => (corruption === 'noise' ? noise(64) : Buffer.alloc(0)),
  };
}

function spoiled(json: string, corruption: Exclude<Corruption, 'noise'>): string {
  if (corruption === 'cut') return json.slice(0, json.length / 2);
  const value = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const field = ['data', 'audio'].find(name => typeof value[name] === 'string');
  if (field === undefined) return JSON.stringify(retyped(value));
  const sound = Buffer.from(String(value[field]), 'base64');
  return JSON.stringify({
    ...value,
    [field]: sound.subarray(0, 2 * Math.floor(sound.length / 6)).toString('base64'),
  });
}

function retyped(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? 7 : value.map(retyped);
  if (typeof value === 'number') return 'a';
  if (typeof value !== 'object' || value === null) return 7;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, key === 'type' ? part : retyped(part)]),
  );
}
