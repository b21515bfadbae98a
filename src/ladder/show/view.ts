import type { LadderEnd, LadderEntry, RtcpEntry, SipEntry } from '../entries.ts';
import { describeMessage } from './message_step.ts';
import { describeReport, type ReportTimes } from './report_step.ts';

/** One row of a ladder, for whoever shows it. All texts are printable; nothing is escaped for any format. */
export interface LadderStep {
  readonly kind: 'request' | 'provisional' | 'success' | 'failure' | 'report' | 'gap';
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number;
  /** Columns; null for a gap. */
  readonly from: string | null;
  readonly to: string | null;
  readonly protocol: 'UDP' | 'TCP' | 'TLS' | 'RTCP' | null;
  readonly title: string;
  /** What else is worth to be seen at once: media offered, loss. */
  readonly notes: readonly string[];
  /** The same message was sent before. */
  readonly isRepeated: boolean;
  /** The message, or what the report says, line by line. */
  readonly lines: readonly string[];
}

export interface LadderView {
  /** Wall clock of the first step, milliseconds since 1970. */
  readonly startMs: number;
  /** `address:port` of every end, in the order of appearance. */
  readonly columns: readonly string[];
  readonly steps: readonly LadderStep[];
}

/** What a ladder's entries (in the order of time) have to say to a person. */
export function viewLadder(entries: readonly LadderEntry[]): LadderView {
  const seen = new Set<string>();
  const times: ReportTimes = new Map();
  const steps = entries.map(entry => {
    if (entry.kind === 'gap') return gapStep(entry.atMs, entry.count);
    return entry.kind === 'sip' ? sipStep(entry, seen) : rtcpStep(entry, times);
  });
  const columns = steps.flatMap(({ from, to }) => (from === null || to === null ? [] : [from, to]));
  return { startMs: steps[0]?.atMs ?? 0, columns: [...new Set(columns)], steps };
}

function gapStep(atMs: number, count: number): LadderStep {
  const none = { from: null, to: null, protocol: null, notes: [], isRepeated: false, lines: [] };
  return { kind: 'gap', atMs, title: `${count} more, not kept`, ...none };
}

function sipStep(entry: SipEntry, seen: Set<string>): LadderStep {
  const { atMs, protocol, text, cutBytes } = entry;
  const ends = endsOf(entry);
  const { kind, title, notes } = describeMessage(text);
  const identity = `${ends.from} ${ends.to} ${text}`;
  const isRepeated = seen.has(identity);
  seen.add(identity);
  return {
    kind,
    atMs,
    ...ends,
    protocol,
    title: printable(title),
    notes: [...notes, ...(cutBytes === 0 ? [] : [`${cutBytes} bytes of it not kept`])].map(printable),
    isRepeated,
    lines: text.trimEnd().split('\r\n').map(printable),
  };
}

function rtcpStep(entry: RtcpEntry, times: ReportTimes): LadderStep {
  const { title, notes, lines } = describeReport(entry, times);
  return {
    kind: 'report',
    atMs: entry.atMs,
    ...endsOf(entry),
    protocol: 'RTCP',
    title,
    notes,
    isRepeated: false,
    lines: lines.map(printable),
  };
}

function endsOf({ direction, local, remote }: SipEntry | RtcpEntry): { from: string; to: string } {
  const [from, to] = direction === 'in' ? [remote, local] : [local, remote];
  return { from: nameOf(from), to: nameOf(to) };
}

function nameOf({ address, port }: LadderEnd): string {
  return printable(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
}

/** Controls, direction marks and the like in their numbers, so that no terminal, page or reader is led astray. */
function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu,
      character => `\\u{${character.codePointAt(0)?.toString(16)}}`,
    );
}
