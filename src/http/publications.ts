import { Redis } from 'ioredis';

/** Where committed events are told of, as far as it can be reached. */
export interface Publications {
  /** Messages of the channel, as they were published. */
  onMessage(handler: (message: string) => void): void;
  /** Told when messages come (again); those before may be missing. */
  onConnected(handler: () => void): void;
  readonly connected: boolean;
}

export interface RedisPublications extends Publications {
  /** @throws when Redis does not answer */
  ping(): Promise<void>;
  close(): void;
}

const LONGEST_RETRY_MS = 2000;

/** Listens to one channel of Redis, and again whenever Redis is back. */
export function subscribe(redisUrl: string, channel: string): RedisPublications {
  const redis = new Redis(redisUrl, {
    enableOfflineQueue: false,
    // Subscribed by hand: only then is it known that nothing is missed any more.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    retryStrategy: attempt => Math.min(LONGEST_RETRY_MS, 50 * 2 ** Math.min(attempt, 10)),
  });
  const connectedHandlers: (() => void)[] = [];
  let connected = false;
  redis.on('error', () => undefined);
  redis.on('close', () => {
    connected = false;
  });
  redis.on('ready', () => {
    redis.subscribe(channel).then(
      () => {
        connected = true;
        for (const handler of connectedHandlers) handler();
      },
      () => redis.disconnect(true),
    );
  });
  return {
    onMessage: handler => redis.on('message', (_channel, message) => handler(message)),
    onConnected: handler => connectedHandlers.push(handler),
    get connected() {
      return connected;
    },
    async ping() {
      await redis.ping();
    },
    close: () => redis.disconnect(),
  };
}
