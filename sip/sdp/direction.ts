import type { Direction } from './description.ts';

interface Ways {
  readonly sends: boolean;
  readonly receives: boolean;
}

export function waysOf(direction: Direction): Ways {
  return {
    sends: direction === 'sendrecv' || direction === 'sendonly',
    receives: direction === 'sendrecv' || direction === 'recvonly',
  };
}

export function directionOf({ sends, receives }: Ways): Direction {
  if (sends) return receives ? 'sendrecv' : 'sendonly';
  return receives ? 'recvonly' : 'inactive';
}

/** What is left of our wish by what the far end says of itself (RFC 3264 §6.1). */
export function agreedDirection(ours: Direction, theirs: Direction): Direction {
  const here = waysOf(ours);
  const there = waysOf(theirs);
  return directionOf({ sends: here.sends && there.receives, receives: here.receives && there.sends });
}
