/** What a list may hold at its two ends. */
export interface Room {
  readonly firstItems: number;
  readonly firstBytes: number;
  readonly lastItems: number;
  readonly lastBytes: number;
}

interface Kept<Item> {
  readonly item: Item;
  readonly bytes: number;
}

/** The first and the latest of what may be endless; what lies between is counted. */
export class FirstAndLast<Item> {
  readonly #room: Room;
  readonly #first: Item[] = [];
  readonly #last: Kept<Item>[] = [];
  #firstBytes = 0;
  #lastBytes = 0;
  #latestMissing: Item | undefined;
  #missing = 0;

  constructor(room: Room) {
    this.#room = room;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#firstBytes + this.#lastBytes;
  }

  /** `isTight`: of those after the first only the latest may stay. */
  add(item: Item, bytes: number, isTight = false): void {
    const { firstItems, firstBytes, lastItems, lastBytes } = this.#room;
    const isFirst = !isTight && this.#last.length === 0 && this.#first.length < firstItems;
    if (isFirst && this.#firstBytes + bytes <= firstBytes) {
      this.#first.push(item);
      this.#firstBytes += bytes;
      return;
    }
    this.#last.push({ item, bytes });
    this.#lastBytes += bytes;
    const most = isTight ? 1 : lastItems;
    while (this.#last.length > most || this.#lastBytes > lastBytes) this.#forget();
  }

  /** What was kept, in order, and how many are missing between which two. */
  take(): {
    readonly first: readonly Item[];
    readonly missing: { readonly count: number; readonly latest: Item } | undefined;
    readonly last: readonly Item[];
  } {
    const latest = this.#latestMissing;
    return {
      first: this.#first,
      missing: latest === undefined ? undefined : { count: this.#missing, latest },
      last: this.#last.map(({ item }) => item),
    };
  }

  #forget(): void {
    const oldest = this.#last.shift();
    if (oldest === undefined) return;
    this.#lastBytes -= oldest.bytes;
    this.#missing += 1;
    this.#latestMissing = oldest.item;
  }
}
