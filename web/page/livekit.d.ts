import type * as LiveKit from 'livekit-client';

declare global {
  /** Set by livekit-client.js, which the page loads before its modules. */
  const LivekitClient: typeof LiveKit;
}
