import { EventEmitter } from 'node:events';
import type { Room } from '@livekit/rtc-node';

/**
 * Leaves a room, whoever ended it, and forgets it. When the server ended it rtc-node (0.13.35) leaves the room's
 * listener on its native library, where it would hear every frame of every other room for as long as the process lives.
 */
export async function leaveRoom(room: Room): Promise<void> {
  await room.disconnect();
  room.removeAllListeners();
  const library: unknown = Reflect.get(globalThis, '_ffiClientInstance');
  const listener: unknown = Reflect.get(room, 'onFfiEvent');
  if (library instanceof EventEmitter && isListener(listener)) library.off('ffi_event', listener);
}

function isListener(value: unknown): value is (...args: unknown[]) => void {
  return typeof value === 'function';
}
