import type { FaultKind } from '../provider_fault.ts';

/**
 * What Deepgram's close frames mean (https://developers.deepgram.com/docs/stt-troubleshooting-websocket-data-and-net-errors):
 * 1008 DATA-0000, sound that can't be decoded; 1011 NET-0000, nothing was transcribed in time; 1011 NET-0001, no sound and no
 * KeepAlive came in time.
 */
export function faultOfDeepgramClose(code: number, reason: string): FaultKind | undefined {
  if (code === 1008) return 'refused';
  if (code === 1011 && reason.includes('NET-0000')) return 'timeout';
  return code === 1002 || code === 1003 || code === 1007 || code === 1009 ? 'protocol' : undefined;
}
