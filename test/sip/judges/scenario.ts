/** A command of a scenario, as XML. */
export type Step = string;

interface Content {
  /** `Name: value` each. */
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly contentType?: string;
}

interface RequestParts extends Content {
  readonly cseq: number;
  /** Request-URI; in a dialog the far end's Contact. */
  readonly uri?: string;
  /** Further attributes of the command: `start_txn`, `lost`, … */
  readonly as?: Readonly<Record<string, string>>;
}

/** What a message must say, by header (`Retry-After:`) as a POSIX pattern; `body` for all that follows the header. */
export type Says = Readonly<Record<string, string>>;

interface ExpectParts {
  readonly says?: Says;
  readonly as?: Readonly<Record<string, string>>;
}

/** Audio of SIPp's own; its directions and address follow by `described`. */
export const OFFER = described({});

interface Described {
  readonly direction?: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  readonly host?: string;
  readonly formats?: string;
  readonly version?: number;
  /** `a=` lines of the formats. */
  readonly lines?: readonly string[];
}

/** A description of one audio stream, PCMU and key presses unless told. */
export function described({
  direction = 'sendrecv',
  host = '[media_ip]',
  formats = '0 101',
  version = 1,
  lines = ['a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000'],
}: Described): string {
  return [
    'v=0',
    `o=sipp 1 ${version} IN IP4 [local_ip]`,
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    `m=audio [media_port] RTP/AVP ${formats}`,
    ...lines,
    `a=${direction}`,
    '',
  ].join('\n');
}

/** A whole scenario for SIPp. `{PORT}` in it is where SIPp says that it is reached. */
export function scenario(...steps: Step[]): string {
  const all = steps.join('\n');
  const variables = [...all.matchAll(/assign_to="(\w+)"/g)].map(([, name]) => name);
  const reference = variables.length === 0 ? '' : `<Reference variables="${variables.join(',')}"/>`;
  return `<?xml version="1.0" encoding="us-ascii"?>\n<scenario name="judge">\n${all}\n${reference}\n</scenario>\n`;
}

/** The INVITE that begins a call. */
export function invite({ cseq = 1, body = OFFER, ...parts }: Partial<RequestParts> = {}): Step {
  return request('INVITE', { cseq, body, ...parts }, '');
}

/** A request in the dialog that the responses so far have made. */
export function ask(method: string, { uri = '[next_url]', ...parts }: RequestParts): Step {
  return request(method, { uri, ...parts }, '[peer_tag_param]');
}

export function ack({ cseq = 1, ...parts }: Partial<RequestParts> = {}): Step {
  return ask('ACK', { cseq, ...parts });
}

/** CANCEL, or the ACK to a refusal: by the INVITE's own branch, and to whom that went. */
export function sameBranch(
  method: 'CANCEL' | 'ACK',
  { uri = TARGET, cseq = 1 }: Partial<RequestParts> = {},
): Step {
  const tag = method === 'ACK' ? '[peer_tag_param]' : '';
  return send(method, { cseq, uri }, { tag, branch: branchOf(cseq) });
}

/** Waits for a response; copies of earlier ones are passed over. */
export function expect(status: number, { says, as = {} }: ExpectParts = {}): Step {
  return `<recv response="${status}" rrs="true"${attributes(as)}>${checks(status, says)}</recv>`;
}

/** A provisional response that may come. */
export function maybe(status: number): Step {
  return `<recv response="${status}" optional="true"/>`;
}

/** Waits for a request of the far end. */
export function hear(method: string, { says, as = {} }: ExpectParts = {}): Step {
  return `<recv request="${method}"${attributes(as)}>${checks(method, says)}</recv>`;
}

interface AnswerParts extends Content {
  readonly tag?: string;
  readonly as?: Readonly<Record<string, string>>;
}

/** Answers the request that came last; with a Contact where it makes a dialog or goes on with one. */
export function answer(status: number, { tag = '', as = {}, ...content }: AnswerParts = {}): Step {
  const lines = [
    `SIP/2.0 ${status} Answer`,
    '[last_Via:]',
    '[last_Record-Route:]',
    '[last_From:]',
    `[last_To:]${tag === '' ? '' : `;tag=${tag}`}`,
    '[last_Call-ID:]',
    '[last_CSeq:]',
    'Contact: <sip:sipp@[local_ip]:{PORT};transport=[transport]>',
    ...contentLines(content),
  ];
  return `<send${attributes(as)}><![CDATA[\n${lines.join('\n')}]]></send>`;
}

export function pause(ms: number): Step {
  return `<pause milliseconds="${ms}"/>`;
}

/** A call that is answered: INVITE, 200, ACK. */
export function answered(parts: Partial<RequestParts> = {}): Step {
  return [invite(parts), maybe(100), expect(200), ack()].join('\n');
}

/** SIPp hangs up. */
export function hangUp(cseq = 2): Step {
  return [ask('BYE', { cseq }), expect(200)].join('\n');
}

/** The far end hangs up. */
export function isHungUp(says: Says = {}): Step {
  return [hear('BYE', { says }), answer(200)].join('\n');
}

/** A refusal, acknowledged. */
export function refused(status: number, says: Says = {}): Step {
  return [maybe(100), expect(status, { says }), sameBranch('ACK')].join('\n');
}

const TARGET = 'sip:[service]@[remote_ip]:[remote_port]';

function request(method: string, parts: RequestParts, tag: string): Step {
  return send(method, parts, { tag, branch: method === 'INVITE' ? branchOf(parts.cseq) : '[branch]' });
}

/** Of an INVITE, to be named again. */
function branchOf(cseq: number): string {
  return `z9hG4bK-[pid]-[call_number]-${cseq}`;
}

function send(
  method: string,
  { cseq, uri = TARGET, as = {}, ...content }: RequestParts,
  { tag, branch }: { readonly tag: string; readonly branch: string },
): Step {
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/[transport] [local_ip]:{PORT};branch=${branch}`,
    ...(tag === '' ? [] : ['[routes]']),
    'From: <sip:+15550123@[local_ip]:{PORT}>;tag=sipp[call_number]',
    `To: <${TARGET}>${tag}`,
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:sipp@[local_ip]:{PORT};transport=[transport]>',
    'Max-Forwards: 70',
    ...contentLines(content),
  ];
  const retrans = method === 'ACK' ? {} : { retrans: '500' };
  return `<send${attributes({ ...retrans, ...as })}><![CDATA[\n${lines.join('\n')}]]></send>`;
}

function contentLines({ headers = [], body = '', contentType = 'application/sdp' }: Content): string[] {
  const type = body === '' ? [] : [`Content-Type: ${contentType}`];
  return [...headers, ...type, `Content-Length: ${body === '' ? '0' : '[len]'}`, '', body];
}

function attributes(all: Readonly<Record<string, string>>): string {
  return Object.entries(all)
    .map(([name, value]) => ` ${name}="${value}"`)
    .join('');
}

function checks(of: string | number, says: Says = {}): string {
  const each = Object.entries(says).map(([where, pattern]) => {
    const variable = `v${of}${where.replaceAll(/\W/g, '')}`;
    const place = where === 'body' ? 'search_in="body"' : `search_in="hdr" header="${where}"`;
    return `<ereg regexp="${pattern}" ${place} check_it="true" assign_to="${variable}"/>`;
  });
  return each.length === 0 ? '' : `<action>${each.join('')}</action>`;
}
