/** Lets a source work on its next items while the last one is used; at most `count` lie ready. */
export async function* ahead<Item>(source: AsyncGenerator<Item>, count: number): AsyncGenerator<Item> {
  const ready: Promise<IteratorResult<Item, unknown>>[] = [];
  const ask = () => {
    const next = source.next();
    // Rejections are met when their turn comes.
    next.catch(() => undefined);
    ready.push(next);
  };
  try {
    for (;;) {
      while (ready.length <= count) ask();
      const item = await ready.shift();
      if (item === undefined || item.done) return;
      yield item.value;
    }
  } finally {
    await source.return(undefined);
  }
}
