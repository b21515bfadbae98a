import type { Writable } from 'node:stream';
import type { WireCall } from '../wire/wire_call.ts';
import type { Watcher } from './place.ts';
import type { CallReport, TurnReport } from './report.ts';

type Style = 'dim' | 'blue' | 'green' | 'yellow' | 'red' | 'bold';

const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34 };

/** Shows a call as it goes, a line for each thing that happens. Colours only where a person looks on. */
export class Display implements Watcher {
  readonly #out: Writable;
  readonly #colours: boolean;
  readonly #label: string;
  #lastCallerEndMs: number | undefined;

  constructor(out: Writable & { readonly isTTY?: boolean }, label = '') {
    this.#out = out;
    this.#colours = out.isTTY === true && process.env.NO_COLOR === undefined;
    this.#label = label === '' ? '' : `${label} `;
  }

  dialling(target: string, seed: number, voice: string): void {
    this.#line(undefined, `calling ${target} as caller ${seed} (voice ${voice})`, 'bold');
  }

  provisional(status: number, reason: string): void {
    this.#line(undefined, `${status} ${reason}`, 'dim');
  }

  answered({ connectMs, codec, callId, serverCallId }: WireCall): void {
    const server = serverCallId === undefined ? '' : `, there ${printable(serverCallId)}`;
    this.#line(
      0,
      `answered after ${Math.round(connectMs)} ms, ${codec.name}, Call-ID ${callId}${server}`,
      'dim',
    );
  }

  turn({ speaker, text, startMs, endMs }: TurnReport): void {
    if (speaker === 'caller') {
      this.#lastCallerEndMs = endMs;
      this.#line(startMs, `caller  ${text}`, 'blue');
      return;
    }
    const latencyMs = this.#lastCallerEndMs === undefined ? undefined : startMs - this.#lastCallerEndMs;
    this.#lastCallerEndMs = undefined;
    const latency =
      latencyMs === undefined || latencyMs < 0
        ? ''
        : this.#styled(`  +${Math.round(latencyMs)} ms`, 'yellow');
    this.#line(startMs, `agent   ${text === '' ? '(not understood)' : text}`, 'green', latency);
  }

  interrupted(atMs: number): void {
    this.#line(atMs, 'caller  cuts in', 'red');
  }

  ended(by: 'agent' | 'caller', atMs: number): void {
    this.#line(atMs, `${by} hung up`, 'dim');
  }

  /** What it came to. */
  summary(report: CallReport): void {
    const {
      outcome,
      agentOutcome,
      failure,
      latencyMs,
      bargeIns,
      quoteHeard,
      quoteExpected,
      quoteAgrees,
      callId,
      files,
    } = report;
    const good = outcome === 'completed' && quoteAgrees !== false;
    const detail = failure ?? agentOutcome;
    this.#line(undefined, `${outcome}${detail === undefined ? '' : `: ${detail}`}`, good ? 'green' : 'red');
    if (latencyMs !== undefined) {
      const { median, p95, max, count } = latencyMs;
      this.#line(
        undefined,
        `latency median ${median} ms, p95 ${p95} ms, longest ${max} ms over ${count} turns`,
      );
    }
    for (const { turn, stopMs } of bargeIns)
      this.#line(undefined, `interrupted turn ${turn}: silent after ${stopMs} ms`);
    if (quoteHeard?.totalCents !== undefined && quoteExpected !== undefined) {
      const verdict =
        quoteAgrees === true ? 'as it should be' : `should be ${dollars(quoteExpected.totalCents)}`;
      this.#line(
        undefined,
        `quote ${dollars(quoteHeard.totalCents)}, ${verdict}`,
        quoteAgrees === true ? undefined : 'red',
      );
    }
    if (callId !== undefined) this.#line(undefined, `record /api/calls/${callId}`);
    for (const file of Object.values(files)) this.#line(undefined, file, 'dim');
  }

  #line(atMs: number | undefined, text: string, style?: Style, more = ''): void {
    const time = atMs === undefined ? '' : `${(atMs / 1000).toFixed(2).padStart(7)}  `;
    this.#out.write(`${this.#label}${this.#styled(time, 'dim')}${this.#styled(text, style)}${more}\n`);
  }

  #styled(text: string, style: Style | undefined): string {
    return style === undefined || !this.#colours || text === ''
      ? text
      : `\u001b[${CODES[style]}m${text}\u001b[0m`;
  }
}

function dollars(cents: number): string {
  return `$${(cents / 100).toFixed(2)}`;
}

/** The far end's words may hold anything: control characters do not reach the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
