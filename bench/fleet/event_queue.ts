interface Entry<E> {
  readonly atS: number;
  readonly order: number;
  readonly event: E;
}

/** What happens next: a binary heap by time; of what happens at once, what was said first. */
export class EventQueue<E> {
  readonly #heap: Entry<E>[] = [];
  #pushed = 0;

  push(atS: number, event: E): void {
    const heap = this.#heap;
    const entry = { atS, order: this.#pushed, event };
    this.#pushed += 1;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  pop(): { readonly atS: number; readonly event: E } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  /** Puts an entry to the top and lets it down. */
  #sink(entry: Entry<E>): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, entry)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = entry;
  }
}

function isBefore<E>(a: Entry<E>, b: Entry<E>): boolean {
  return a.atS < b.atS || (a.atS === b.atS && a.order < b.order);
}
