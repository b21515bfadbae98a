import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';

/**
 * A turn event on the call's clock, which began `startMs` before its line's: a line that was taken over counts its
 * time from there.
 */
export function onCallTime(event: TurnEvent, startMs: number): TurnEvent {
  const atMs = event.atMs + startMs;
  switch (event.type) {
    case 'speechStarted':
      return { ...event, atMs, noticedMs: event.noticedMs + startMs };
    case 'backchannel':
      return { ...event, atMs, untilMs: event.untilMs + startMs };
    case 'turnEnded':
      return { ...event, atMs, lastSoundMs: event.lastSoundMs + startMs };
    default:
      return { ...event, atMs };
  }
}
