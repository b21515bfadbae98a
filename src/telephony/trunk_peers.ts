import { DigestClient } from '../../sip/digest/client.ts';
import type { Trunk } from '../config/trunks.ts';
import { TrunkPeer, type TrunkPeerParts } from './trunk_peer.ts';

/** The far ends of all trunks: registered, looked after, and replaced as the configuration changes. */
export class TrunkPeers {
  readonly #parts: TrunkPeerParts;
  /** By name; shared by the calls of a trunk, for nonces are counted. */
  readonly #digests = new Map<string, DigestClient>();
  #peers: ReadonlyMap<string, TrunkPeer> = new Map();
  /** By name: what is still being given back. */
  readonly #leaving = new Map<string, Promise<void>>();
  #hasStarted = false;

  constructor(parts: TrunkPeerParts) {
    this.#parts = parts;
  }

  /** Answers challenges in dialogs that a trunk's far end began, as the trunk is configured by then. */
  digestOf(trunk: string): DigestClient {
    const known = this.#digests.get(trunk);
    const digest = known ?? new DigestClient(realm => this.of(trunk)?.credentialsFor(realm));
    this.#digests.set(trunk, digest);
    return digest;
  }

  of(trunk: string): TrunkPeer | undefined {
    return this.#peers.get(trunk);
  }

  /** Nothing is sent before: to be called when there is something to send by. */
  start(): void {
    this.#hasStarted = true;
    for (const peer of this.#peers.values()) void this.#begin(peer);
  }

  /**
   * Other trunks from now on. Those for which nothing changes go on as they are; those that are gone give back what they
   * registered, and so do those that change before they register anew.
   * @throws TrunklineError CONFIG_INVALID when a password is not there; then all stays as it was
   */
  use(trunks: readonly Trunk[]): void {
    const made = trunks.map(trunk => new TrunkPeer(trunk, this.#parts));
    const before = this.#peers;
    const peers = made.map(fresh => {
      const old = before.get(fresh.name);
      return old?.isLike(fresh) === true ? old : fresh;
    });
    this.#peers = new Map(peers.map(peer => [peer.name, peer]));
    for (const old of before.values()) if (!peers.includes(old)) this.#leave(old);
    if (!this.#hasStarted) return;
    for (const peer of peers) if (before.get(peer.name) !== peer) void this.#begin(peer);
  }

  /** Resolves when all have been told that this end is gone, or have had the time to hear it. */
  async end(): Promise<void> {
    for (const peer of this.#peers.values()) this.#leave(peer);
    this.#peers = new Map();
    await Promise.all(this.#leaving.values());
  }

  #leave(old: TrunkPeer): void {
    const { name } = old;
    const leaving = Promise.all([this.#leaving.get(name), old.end()]).then(() => {
      if (this.#leaving.get(name) === leaving) this.#leaving.delete(name);
    });
    this.#leaving.set(name, leaving);
  }

  /** Not before its forerunner is gone: what that gives back may be the same contact. */
  async #begin(peer: TrunkPeer): Promise<void> {
    await this.#leaving.get(peer.name);
    if (this.of(peer.name) === peer) peer.start();
  }
}
