import type {
  Connection,
  Direction,
  MediaDescription,
  Origin,
  RtcpPort,
  RtpMap,
  SessionDescription,
} from './description.ts';
import { SDP_LIMITS } from './limits.ts';
import { SdpRejection } from './rejection.ts';

/** What may be gathered before it is known to be whole. */
type Draft<Description> = { -readonly [Key in keyof Description]: Description[Key] };

interface MediaDraft extends Draft<Omit<MediaDescription, 'rtpmaps' | 'fmtp'>> {
  readonly rtpmaps: RtpMap[];
  readonly fmtp: Record<string, string>;
}

interface SessionDraft {
  version: boolean;
  origin: Origin | undefined;
  connection: Connection | undefined;
  direction: Direction | undefined;
  readonly media: MediaDraft[];
}

/**
 * Reads a session description (RFC 8866) as phones, gateways and browsers write it: lines of a section in any order, s=
 * and t= missing, any line end. Attributes that calls don't need, such as those of ICE, are read over.
 * @throws SdpRejection `malformed` for what is not of the grammar or over a limit, `contradiction` for a line that is
 *   there twice and says different things
 */
export function parseSdp(text: string): SessionDescription {
  const session: SessionDraft = {
    version: false,
    origin: undefined,
    connection: undefined,
    direction: undefined,
    media: [],
  };
  for (const line of linesOf(text)) readLine(session, line);
  const { version, origin, connection, direction, media } = session;
  if (!version) throw new SdpRejection('malformed', 'no v= line');
  if (origin === undefined) throw new SdpRejection('malformed', 'no o= line');
  return { origin, connection, direction, media };
}

function linesOf(text: string): string[] {
  if (text.length > SDP_LIMITS.characters) throw new SdpRejection('malformed', 'too long');
  if (/[^\P{Cc}\t\r\n]/u.test(text)) throw new SdpRejection('malformed', 'control characters');
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.length > SDP_LIMITS.lines) throw new SdpRejection('malformed', 'too many lines');
  // Gateways that rewrite descriptions leave empty lines behind.
  return lines.filter(line => line.trim() !== '');
}

function readLine(session: SessionDraft, line: string): void {
  if (!/^[a-z]=/.test(line) || line.length > SDP_LIMITS.lineCharacters)
    throw new SdpRejection('malformed', 'a line that is not of the form x=…');
  const value = line.slice(2).trimEnd();
  const section = session.media.at(-1) ?? session;
  switch (line[0]) {
    case 'v':
      readVersion(session, value);
      break;
    case 'o':
      session.origin = agree(session.origin, readOrigin(value), 'o=');
      break;
    case 'c':
      section.connection = agree(section.connection, readConnection(value), 'c=');
      break;
    case 'm':
      if (session.media.length === SDP_LIMITS.media) throw new SdpRejection('malformed', 'too many m= lines');
      session.media.push(readMedia(value));
      break;
    case 'a':
      readAttribute(section, value);
  }
}

function readVersion(session: SessionDraft, value: string): void {
  // Two descriptions in one body have been seen; which of them counts nobody can say.
  if (session.version) throw new SdpRejection('contradiction', 'two v= lines');
  if (value !== '0') throw new SdpRejection('malformed', 'not version 0 of SDP');
  session.version = true;
}

function readOrigin(value: string): Origin {
  const found = /^(\S.*?) +(\S+) +(\S+) +IN +IP[46] +\S+$/.exec(value);
  if (found === null) throw new SdpRejection('malformed', 'an o= line that is none');
  const [, username = '', sessionId = '', sessionVersion = ''] = found;
  return { username, sessionId, sessionVersion };
}

function readConnection(value: string): Connection {
  const found = /^IN +IP([46]) +(\S+)$/.exec(value);
  if (found === null) throw new SdpRejection('malformed', 'a c= line that is none');
  return { family: found[1] === '6' ? 6 : 4, address: found[2] ?? '' };
}

function readMedia(value: string): MediaDraft {
  const found = /^([\w.+-]+) +(\d{1,5})(?:\/(\d{1,5}))? +([\w./+-]+)((?: +[\w.+*-]+)*)$/.exec(value);
  if (found === null) throw new SdpRejection('malformed', 'an m= line that is none');
  const [, type = '', port = '', portCount = '1', protocol = '', rest = ''] = found;
  const formats = rest.split(' ').filter(format => format !== '');
  if (Number(port) > 65535) throw new SdpRejection('malformed', 'a port above 65535');
  // Refused streams are seen without any.
  if (formats.length === 0 && Number(port) > 0)
    throw new SdpRejection('malformed', 'an m= line without formats');
  if (formats.length > SDP_LIMITS.formats) throw new SdpRejection('malformed', 'too many formats');
  return {
    type: type.toLowerCase(),
    port: Number(port),
    portCount: Number(portCount),
    protocol,
    formats,
    connection: undefined,
    direction: undefined,
    rtpmaps: [],
    fmtp: {},
    ptimeMs: undefined,
    maxPtimeMs: undefined,
    rtcp: undefined,
  };
}

function readAttribute(section: SessionDraft | MediaDraft, line: string): void {
  const colon = line.indexOf(':');
  const name = (colon < 0 ? line : line.slice(0, colon)).toLowerCase();
  const value = colon < 0 ? '' : line.slice(colon + 1).trim();
  if (isDirection(name)) {
    section.direction = agree(section.direction, name, 'a direction');
  } else if ('formats' in section) readMediaAttribute(section, name, value);
}

function readMediaAttribute(media: MediaDraft, name: string, value: string): void {
  switch (name) {
    case 'rtpmap':
      addRtpMap(media.rtpmaps, value);
      break;
    case 'fmtp': {
      const [, format, parameters] = /^(\d{1,3})\s+(.+)$/.exec(value) ?? [];
      if (format !== undefined && parameters !== undefined) media.fmtp[format] ??= parameters;
      break;
    }
    case 'ptime':
      media.ptimeMs ??= readMs(value);
      break;
    case 'maxptime':
      media.maxPtimeMs ??= readMs(value);
      break;
    case 'rtcp':
      media.rtcp ??= readRtcp(value);
  }
}

/** An rtpmap of a form unknown here belongs to a codec unknown here; one that says otherwise than before is wrong. */
function addRtpMap(known: RtpMap[], value: string): void {
  const found = /^(\d{1,3})\s+([\w.+-]+)\/(\d{1,9})(?:\/(\d{1,3}))?$/.exec(value);
  if (found === null) return;
  const [, payloadType = '', encoding = '', clockHz = '', channels = '1'] = found;
  const map: RtpMap = {
    payloadType: Number(payloadType),
    encoding,
    clockHz: Number(clockHz),
    channels: Number(channels),
  };
  const before = known.find(({ payloadType: other }) => other === map.payloadType);
  agree(before, map, 'an rtpmap');
  if (before === undefined) known.push(map);
}

/** Nonsense counts as not said, as with all that only tunes the media. */
function readMs(value: string): number | undefined {
  const ms = /^\d{1,4}(\.\d{1,3})?$/.test(value) ? Number(value) : 0;
  return ms > 0 ? ms : undefined;
}

function readRtcp(value: string): RtcpPort | undefined {
  const [, port = '0', family, address] = /^(\d{1,5})(?: +IN +IP([46]) +(\S+))?$/.exec(value) ?? [];
  if (Number(port) < 1 || Number(port) > 65535) return undefined;
  const connection: Connection | undefined =
    address === undefined ? undefined : { family: family === '6' ? 6 : 4, address };
  return { port: Number(port), connection };
}

function isDirection(name: string): name is Direction {
  return name === 'sendrecv' || name === 'sendonly' || name === 'recvonly' || name === 'inactive';
}

/** The later of two that say the same. */
function agree<Value>(before: Value | undefined, said: Value, what: string): Value {
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(said))
    throw new SdpRejection('contradiction', `${what} twice, with different contents`);
  return said;
}
