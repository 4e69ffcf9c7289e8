/** A binary heap that gives the item of the highest score first. Filling takes O(n), each `pop` and `push` O(log n). */
export class Heap<Item extends { readonly score: number }> {
  readonly #items: Item[];

  constructor(items: Iterable<Item>) {
    this.#items = [...items];
    for (let i = (this.#items.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  push(item: Item): void {
    const items = this.#items;
    let i = items.push(item) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.#score(parent) >= item.score) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  pop(): Item | undefined {
    const items = this.#items;
    const [top] = items;
    const last = items.pop();
    if (last !== undefined && items.length > 0) {
      items[0] = last;
      this.#sink(0);
    }
    return top;
  }

  #sink(start: number): void {
    let i = start;
    for (;;) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      let largest = i;
      if (this.#score(left) > this.#score(largest)) largest = left;
      if (this.#score(right) > this.#score(largest)) largest = right;
      if (largest === i) return;
      this.#swap(i, largest);
      i = largest;
    }
  }

  #score(i: number): number {
    return this.#items[i]?.score ?? Number.NEGATIVE_INFINITY;
  }

  #swap(i: number, j: number): void {
    const items = this.#items;
    const [a, b] = [items[i], items[j]];
    if (a === undefined || b === undefined) return;
    items[i] = b;
    items[j] = a;
  }
}
