import { SIP_LIMITS } from '../limits.ts';
import { type HeaderField, headerKey, isSingleHeader } from './headers.ts';
import { isCallId } from './ids.ts';
import type { CSeq } from './message.ts';
import { type NameAddr, parseNameAddr, parseNameAddrs, tagOf } from './name_addr.ts';
import { isFieldText, isToken, parseNumber, trimBlanks } from './syntax.ts';
import { branchOf, parseVias, type Via } from './via.ts';

/** The first rule that a message broke; the later ones tell its sender nothing more. */
export class Faults {
  first: { readonly status: number; readonly detail: string } | undefined;

  mark(status: number, detail: string): undefined {
    this.first ??= { status, detail };
    return undefined;
  }
}

/** Header fields by key, each in the order of its lines. */
export type FieldTable = ReadonlyMap<string, readonly HeaderField[]>;

function readField(line: string, faults: Faults): HeaderField | undefined {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).trimEnd();
  if (!isToken(name)) return faults.mark(400, 'a line that is no header field');
  if (line.length > SIP_LIMITS.headerFieldBytes) return faults.mark(513, 'a header field too long');
  const value = trimBlanks(line.slice(colon + 1));
  if (!isFieldText(value)) return faults.mark(400, 'a control character in a header field');
  return { name, key: headerKey(name), value };
}

/** Unfolds lines (RFC 3261 §7.3.1: CRLF and blank is one blank) and reads each as a header field. */
export function readFields(lines: readonly string[], faults: Faults): HeaderField[] {
  const fields: HeaderField[] = [];
  for (let at = 0; at < lines.length; at++) {
    let line = lines[at] ?? '';
    let next = lines[at + 1];
    if (next !== undefined && /^[ \t]/.test(next)) {
      const parts = [trimBlanks(line)];
      while (next !== undefined && /^[ \t]/.test(next)) {
        parts.push(trimBlanks(next));
        next = lines[++at + 1];
      }
      line = parts.join(' ');
    }
    if (fields.length >= SIP_LIMITS.headerFields) {
      faults.mark(513, 'too many header fields');
      return fields;
    }
    const field = readField(line, faults);
    if (field !== undefined) fields.push(field);
  }
  return fields;
}

/** Orders fields by key; a second one where only one may be is a fault. */
export function tableOf(fields: readonly HeaderField[], faults: Faults): FieldTable {
  const table = new Map<string, HeaderField[]>();
  for (const field of fields) {
    const same = table.get(field.key);
    if (same === undefined) table.set(field.key, [field]);
    else {
      same.push(field);
      if (isSingleHeader(field.key)) faults.mark(400, 'a header field twice that may stand once');
    }
  }
  return table;
}

function listOf<Value>(
  table: FieldTable,
  key: string,
  parse: (text: string) => Value[] | undefined,
  faults: Faults,
): Value[] {
  const values: Value[] = [];
  for (const { value } of table.get(key) ?? []) {
    const parsed = parse(value);
    if (parsed === undefined || values.length + parsed.length > SIP_LIMITS.listValues) {
      faults.mark(400, `a bad ${key}`);
      return values;
    }
    values.push(...parsed);
  }
  return values;
}

function isShort(identifier: string | undefined): boolean {
  return identifier === undefined || identifier.length <= SIP_LIMITS.identifierBytes;
}

export function readVias(table: FieldTable, faults: Faults): Via[] {
  const vias = listOf(table, 'via', parseVias, faults);
  if (vias.length === 0) faults.mark(400, 'no via');
  if (!vias.every(via => isShort(branchOf(via)))) faults.mark(400, 'a branch too long');
  return vias;
}

/** From or To. */
export function readParty(table: FieldTable, key: 'from' | 'to', faults: Faults): NameAddr | undefined {
  const value = table.get(key)?.[0]?.value;
  if (value === undefined) return faults.mark(400, `no ${key}`);
  const party = parseNameAddr(value);
  if (party === undefined || !isShort(tagOf(party))) return faults.mark(400, `a bad ${key}`);
  return party;
}

export function readCallId(table: FieldTable, faults: Faults): string | undefined {
  const value = table.get('call-id')?.[0]?.value;
  if (value === undefined) return faults.mark(400, 'no call-id');
  return isCallId(value) ? value : faults.mark(400, 'a bad call-id');
}

export function readCSeq(table: FieldTable, faults: Faults): CSeq | undefined {
  const value = table.get('cseq')?.[0]?.value;
  if (value === undefined) return faults.mark(400, 'no cseq');
  const [, digits = '', method = ''] = /^(\d+)\s+(\S+)$/.exec(value) ?? [];
  const number = parseNumber(digits, 2 ** 32 - 1);
  if (number === undefined || !isToken(method) || !isShort(method)) return faults.mark(400, 'a bad cseq');
  return { number, method };
}

export function readMaxForwards(table: FieldTable, faults: Faults): number | undefined {
  const value = table.get('max-forwards')?.[0]?.value;
  if (value === undefined) return undefined;
  return parseNumber(value, 255) ?? faults.mark(400, 'a bad max-forwards');
}

export function readContacts(table: FieldTable, faults: Faults): NameAddr[] | '*' {
  const fields = table.get('contact');
  if (fields?.length === 1 && fields[0]?.value === '*') return '*';
  return listOf(table, 'contact', parseNameAddrs, faults);
}

export function readRoutes(table: FieldTable, key: 'route' | 'record-route', faults: Faults): NameAddr[] {
  return listOf(table, key, parseNameAddrs, faults);
}

/** Content-Length; `undefined` when there is none, and, as a fault, when it is no number or said twice. */
export function readContentLength(table: FieldTable, faults: Faults): number | undefined {
  const fields = table.get('content-length') ?? [];
  if (fields.length === 0) return undefined;
  const length = parseNumber(fields[0]?.value ?? '', 2 ** 31);
  if (fields.length > 1 || length === undefined) return faults.mark(400, 'a bad content-length');
  return length;
}
