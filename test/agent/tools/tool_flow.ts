import type { LoadedFlow } from '../../../src/workflow/load.ts';
import { talkFlow } from '../talk_flow.ts';

interface Changes {
  /** False: nothing is tried again. */
  readonly retries?: false;
  readonly timeoutMs?: number;
  /** Of the YAML, at last. */
  readonly change?: (yaml: string) => string;
}

/**
 * A talk with four tools of a shop at that address: `find_order` reads; `book` is known by its key, and kept; `pay` is neither,
 * and kept; `note` fills a body.
 */
export function toolFlow(
  url: string,
  { retries, timeoutMs, change = yaml => yaml }: Changes = {},
): LoadedFlow {
  const times = timeoutMs === undefined ? '' : `timeoutMs: ${timeoutMs}`;
  const yaml = `
slots:
  size:
    kind: choice
    part: size
    values: { big: { say: a big one, phrases: [big] }, small: { say: a small one, phrases: [small] } }
    repair: [{ by: again, prompt: Which? }]
tools:
  find_order:
    description: Looks an order up by its number.
    parameters:
      order: { type: string, description: The number of the order., maxLength: 40 }
      parts: { type: array, items: { type: string }, optional: true }
    http:
      method: GET
      url: "${url}/orders/{order}?parts={parts}"
      headers: { Authorization: { secretEnv: SHOP_KEY, prefix: "Bearer " }, X-From: telephone }
    filler: I am looking it up.
    retries: ${retries === false ? 0 : 2}
    ${times}
    result: { fields: { status: "/a~1b/0/~0" } }
    saves: { size: /size }
  book:
    description: Books.
    parameters: { order: { type: string }, floors: { type: integer, minimum: 1, maximum: 9 } }
    http: { method: POST, url: "${url}/bookings" }
    keyed: true
    retries: ${retries === false ? 0 : 2}
    ${times}
  pay:
    description: Pays.
    parameters: { order: { type: string } }
    http: { method: POST, url: "${url}/payments" }
    ${times}
    result: { characters: 100 }
  note:
    description: Notes something down.
    parameters: { text: { type: string }, by: { type: string, optional: true } }
    http:
      method: PUT
      url: "${url}/notes"
      body: { note: { text: "{text}", of: "size {size}", by: "{by}", from: [x, "by {by}"] } }
`;
  return talkFlow(text =>
    change(
      text
        .replace('slots: {}', yaml)
        .replace('    ways:', '    tools: [find_order, book, pay, note]\n    ways:'),
    ),
  );
}
