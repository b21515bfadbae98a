import type { SipRequest, SipResponse } from '../message/message.ts';
import { parseNumber } from '../message/syntax.ts';

/** Option tag of reliable provisional responses (RFC 3262 §3). */
export const RELIABLE_TAG = '100rel';

const MOST_RSEQ = 2 ** 32 - 1;
/** First numbers are chosen up to here (RFC 3262 §3). */
export const MOST_FIRST_RSEQ = 2 ** 31 - 1;

/** RAck (RFC 3262 §7.2). */
interface RAck {
  readonly rseq: number;
  readonly cseq: number;
  readonly method: string;
}

/** Whether a list header (`Supported`, `Require`) names the extension. */
export function names({ headers }: SipRequest | SipResponse, header: string, tag: string): boolean {
  return headers.list(header).some(value => value.toLowerCase() === tag);
}

/** RAck of a PRACK; `undefined` for one that cannot be read. */
export function readRAck({ headers }: SipRequest): RAck | undefined {
  const [, rseqDigits = '', cseqDigits = '', method = ''] =
    /^(\d+)\s+(\d+)\s+(\S+)$/.exec(headers.get('rack') ?? '') ?? [];
  const rseq = parseNumber(rseqDigits, MOST_RSEQ);
  const cseq = parseNumber(cseqDigits, MOST_RSEQ);
  return rseq === undefined || cseq === undefined ? undefined : { rseq, cseq, method };
}

/** The reliable responses that one early dialog of a caller gets, told from their copies (RFC 3262 §4). */
export class ReliableReceipt {
  #last: number | undefined;

  /**
   * @returns RAck of the PRACK that the response wants; `copy` for one that was here before or out of its order, which
   *   is not heard; `unreliable`
   */
  receive(response: SipResponse): { readonly rack: string } | 'copy' | 'unreliable' {
    const rseq = parseNumber(response.headers.get('rseq') ?? '', MOST_RSEQ);
    if (response.status <= 100 || rseq === undefined || !names(response, 'require', RELIABLE_TAG))
      return 'unreliable';
    if (this.#last !== undefined && rseq !== this.#last + 1) return 'copy';
    this.#last = rseq;
    return { rack: `${rseq} ${response.cseq.number} ${response.cseq.method}` };
  }
}
