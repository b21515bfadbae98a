import { MASKED, type Pseudonyms } from './pseudonyms.ts';

/** Attributes that say how media flow, and nothing of who speaks or of keys. */
const ATTRIBUTES = new Set(
  `rtpmap fmtp ptime maxptime sendrecv sendonly recvonly inactive rtcp rtcp-mux rtcp-rsize rtcp-fb setup connection mid
   group extmap direction curr des conf candidate remote-candidates end-of-candidates ice-lite ice-options label content
   lang sdplang silencesupp maxprate t38faxversion t38maxbitrate t38faxratemanagement t38faxmaxbuffer
   t38faxmaxdatagram t38faxudpec`.split(/\s+/),
);
const HARMLESS_LINE = /^[\w .:/*+-]*$/;
const HARMLESS_VALUE = /^[\x20-\x7e]{0,512}$/;

/** A session description (RFC 8866) without names, texts and keys; lines that are none of it are left out. */
export function maskSdp(text: string, names: Pseudonyms): string {
  return text
    .split(/\r\n|\n|\r/)
    .filter(line => /^[a-z]=/.test(line))
    .map(line => `${line.slice(0, 2)}${maskLine(line[0] ?? '', line.slice(2).trimEnd(), names)}\r\n`)
    .join('');
}

function maskLine(type: string, value: string, names: Pseudonyms): string {
  switch (type) {
    case 'a':
      return maskAttribute(value);
    case 'o':
      return maskOrigin(value, names);
    case 's':
      return value.trim() === '' || value === '-' ? value : MASKED;
    case 'c':
      // A connection can be a telephone number, too (RFC 7195).
      return /^IN +IP[46] +[\w.:/%-]+$/.test(value) ? value : MASKED;
    case 'v':
    case 'b':
    case 't':
    case 'r':
    case 'z':
    case 'm':
      return HARMLESS_LINE.test(value) ? value : MASKED;
    default:
      // i=, u=, e=, p= tell of persons, k= is a key.
      return MASKED;
  }
}

function maskOrigin(value: string, names: Pseudonyms): string {
  const [, username = '', rest = ''] = /^(\S+)((?: +[\w.:-]+){5})$/.exec(value) ?? [];
  if (rest === '') return MASKED;
  return `${username === '-' ? username : names.party('user', username)}${rest}`;
}

function maskAttribute(line: string): string {
  const colon = line.indexOf(':');
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? undefined : line.slice(colon + 1);
  if (!/^[\w-]{1,64}$/.test(name)) return MASKED;
  if (value === undefined || (ATTRIBUTES.has(name.toLowerCase()) && HARMLESS_VALUE.test(value))) return line;
  return name === 'crypto' ? `crypto:${maskCrypto(value)}` : `${name}:${MASKED}`;
}

/** RFC 4568 §4: the tag and the suite tell what was agreed on; the key (Base64) becomes zeros. */
function maskCrypto(value: string): string {
  const [, suite = '', key = ''] = /^(\d{1,9} \w{1,64}) inline:([A-Za-z0-9+/=]{1,128})/.exec(value) ?? [];
  return suite === '' ? MASKED : `${suite} inline:${'A'.repeat(key.length)}`;
}
