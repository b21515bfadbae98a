/** What a load generator needs of a SIP message (RFC 3261 §7), read in one pass over its lines. */
export interface SipReading {
  /** 0 for a request. */
  readonly status: number;
  /** Of the request, or in the CSeq of a response. */
  readonly method: string;
  readonly callId: string;
  readonly sequence: number;
  /** Of the topmost Via. */
  readonly branch: string;
  /** Values as they came. */
  readonly vias: readonly string[];
  readonly from: string;
  readonly to: string;
  /** Undefined without one. */
  readonly toTag: string | undefined;
  readonly recordRoutes: readonly string[];
  /** The URI of the first contact; undefined without one. */
  readonly contactUri: string | undefined;
  /** Challenges of WWW-Authenticate and Proxy-Authenticate. */
  readonly challenges: readonly { readonly byProxy: boolean; readonly value: string }[];
  readonly body: string;
}

/** The long form of the names that matter here, by both forms (§7.3.3). */
const NAMES: Readonly<Record<string, string>> = {
  v: 'via',
  i: 'call-id',
  f: 'from',
  t: 'to',
  m: 'contact',
  l: 'content-length',
};
const MOST_CHARACTERS = 65_535;
const START = /^(?:SIP\/2\.0 ([1-6]\d\d)(?: |$)|([A-Z]+) \S+ SIP\/2\.0$)/;

/** Undefined for whatever is no whole SIP message with the fields that every one has. */
export function readSip(text: string): SipReading | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0 || text.length > MOST_CHARACTERS) return undefined;
  const [startLine = '', ...lines] = text
    .slice(0, headEnd)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const start = START.exec(startLine);
  const fields = fieldsOf(lines);
  const callId = fields.get('call-id')?.[0];
  const from = fields.get('from')?.[0];
  const to = fields.get('to')?.[0];
  const vias = fields.get('via') ?? [];
  const command = /^(\d{1,10})\s+([A-Z]+)$/.exec(fields.get('cseq')?.[0] ?? '');
  if (start === null || callId === undefined || from === undefined || to === undefined || command === null) {
    return undefined;
  }
  const body = text.slice(headEnd + 4);
  const length = Number(fields.get('content-length')?.[0] ?? body.length);
  if (!(length <= body.length)) return undefined;
  return {
    status: Number(start[1] ?? 0),
    method: start[2] ?? command[2]!,
    callId,
    sequence: Number(command[1]),
    branch: /;\s*branch=([^;,\s]+)/.exec(vias[0] ?? '')?.[1] ?? '',
    vias,
    from,
    to,
    toTag: tagOf(to),
    recordRoutes: (fields.get('record-route') ?? []).flatMap(value => value.split(/,\s*(?=<|")/)),
    contactUri: uriOf(fields.get('contact')?.[0]),
    challenges: challengesOf(fields),
    body: body.slice(0, length),
  };
}

function fieldsOf(lines: readonly string[]): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const written = line.slice(0, colon).trimEnd().toLowerCase();
    const name = NAMES[written] ?? written;
    const value = line.slice(colon + 1).trim();
    const others = fields.get(name);
    if (others === undefined) fields.set(name, [value]);
    else others.push(value);
  }
  return fields;
}

function tagOf(value: string): string | undefined {
  return /;\s*tag=([^;\s]+)/.exec(value.slice(value.lastIndexOf('>') + 1))?.[1];
}

/** The URI in a Contact, Route or Record-Route value. */
export function uriOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return /<([^>\s]+)>/.exec(value)?.[1] ?? /^\s*(sips?:[^;,\s]+)/.exec(value)?.[1];
}

function challengesOf(fields: ReadonlyMap<string, readonly string[]>): SipReading['challenges'] {
  return [false, true].flatMap(byProxy =>
    (fields.get(byProxy ? 'proxy-authenticate' : 'www-authenticate') ?? []).map(value => ({
      byProxy,
      value,
    })),
  );
}
