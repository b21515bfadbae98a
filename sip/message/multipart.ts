import { SIP_LIMITS } from '../limits.ts';
import { paramValue, parseParams } from './params.ts';
import { isFieldText, isToken, trimBlanks, unquote } from './syntax.ts';

/** One part of a body, with the header fields that are its own. */
export interface BodyPart {
  /** Media type in lower case, without parameters; `text/plain` when the part names none (RFC 2046 §5.1). */
  readonly type: string;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly content: Buffer;
}

const CRLF = '\r\n';
const PLAIN = 'text/plain';

/** Media type of a Content-Type, in lower case and without parameters. */
export function mediaType(contentType: string): string {
  return trimBlanks(contentType.split(';', 1)[0] ?? '').toLowerCase();
}

/**
 * The parts of a body (RFC 2046 §5.1, RFC 5621 §3), those inside other multiparts too, in their order; a body that is
 * no multipart is its own only part. `undefined` when it cannot be read, or has more parts or depth than allowed.
 */
export function readParts(contentType: string, body: Buffer): BodyPart[] | undefined {
  const parts: BodyPart[] = [];
  const whole = {
    type: mediaType(contentType),
    headers: new Map([['content-type', contentType]]),
    content: body,
  };
  return collect(whole, 0, parts) ? parts : undefined;
}

function collect(part: BodyPart, depth: number, parts: BodyPart[]): boolean {
  if (!part.type.startsWith('multipart/')) return parts.push(part) <= SIP_LIMITS.bodyParts;
  const boundary = boundaryOf(part.headers.get('content-type') ?? '');
  const pieces =
    boundary === undefined || depth >= SIP_LIMITS.bodyDepth ? undefined : cut(part.content, boundary);
  return (
    pieces?.every(piece => {
      const inner = readPart(piece);
      return inner !== undefined && collect(inner, depth + 1, parts);
    }) ?? false
  );
}

function boundaryOf(contentType: string): string | undefined {
  const start = contentType.indexOf(';');
  const params = start < 0 ? undefined : parseParams(contentType.slice(start));
  const boundary = unquote((params && paramValue(params, 'boundary')) ?? '');
  // §5.1.1: 1 to 70 characters.
  return boundary.length > 0 && boundary.length <= 70 ? boundary : undefined;
}

/** What lies between the delimiter lines; `undefined` without a first or a closing one, or with too many between. */
function cut(body: Buffer, boundary: string): Buffer[] | undefined {
  // The line break before a delimiter is part of it, also where the body begins with one.
  const bytes = Buffer.concat([Buffer.from(CRLF), body]);
  const pieces: Buffer[] = [];
  let start: number | undefined;
  for (const { at, behind, closes } of delimiters(bytes, `${CRLF}--${boundary}`)) {
    if (start !== undefined) pieces.push(bytes.subarray(start, Math.max(at, start)));
    if (closes) return start === undefined ? undefined : pieces;
    if (pieces.length >= SIP_LIMITS.bodyParts) return undefined;
    start = behind;
  }
  return undefined;
}

/** Lines that are a delimiter and nothing more; a longer boundary that begins alike is none of them. */
function* delimiters(
  bytes: Buffer,
  text: string,
): Generator<{ at: number; behind: number; closes: boolean }> {
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length)) {
    const tail = at + text.length;
    const lineEnd = bytes.indexOf(CRLF, tail);
    const rest = bytes.toString('latin1', tail, lineEnd < 0 ? bytes.length : lineEnd).trimEnd();
    if (rest === '--') yield { at, behind: tail, closes: true };
    else if (rest === '' && lineEnd >= 0) yield { at, behind: lineEnd + CRLF.length, closes: false };
  }
}

function readPart(piece: Buffer): BodyPart | undefined {
  if (piece.length === 0 || piece.indexOf(CRLF) === 0)
    return { type: PLAIN, headers: new Map(), content: piece.subarray(CRLF.length) };
  const headEnd = piece.indexOf(CRLF + CRLF);
  const head = piece.toString('latin1', 0, headEnd < 0 ? piece.length : headEnd);
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r\n[ \t]+/g, ' ').split(CRLF)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trimEnd();
    const value = trimBlanks(line.slice(colon + 1));
    if (!isToken(name) || !isFieldText(value)) return undefined;
    headers.set(name.toLowerCase(), value);
  }
  const content = headEnd < 0 ? Buffer.alloc(0) : piece.subarray(headEnd + 2 * CRLF.length);
  return { type: mediaType(headers.get('content-type') ?? PLAIN), headers, content };
}
