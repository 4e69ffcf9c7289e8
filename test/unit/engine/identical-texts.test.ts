import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDistinct } from '../../../layers/engine/src/batching/identical.ts';
import type { Encoding, Feeds } from '../../../layers/engine/src/ports.ts';
import { predictorOf, SummingSession } from './fakes.ts';

const first = { top_k: 1, function_to_apply: 'none' };

/** Remembers the rows that it ran, without their padding. */
class RecordingSession extends SummingSession {
  readonly rows: string[] = [];

  override run(feeds: Feeds) {
    const { input_ids } = feeds;
    const [count = 0, tokens = 0] = input_ids?.dims ?? [];
    for (let row = 0; row < count; row++) {
      const ids = [...(input_ids?.data.subarray(row * tokens, (row + 1) * tokens) ?? [])];
      this.rows.push(String.fromCharCode(...ids.filter((id) => id > 0n).map(Number)));
    }
    return super.run(feeds);
  }
}

const encodingOf = (ids: readonly number[], typeIds: readonly number[] = ids.map(() => 0)): Encoding => ({
  ids,
  typeIds,
  untruncatedLength: ids.length,
});

describe('encodings of one kind', () => {
  it('are those with the same ids and type ids, in the order in which kinds come first', () => {
    const lists = fc.array(fc.array(fc.nat(2), { maxLength: 3 }), { maxLength: 30 });
    fc.assert(
      fc.property(lists, (ids) => {
        const { encodings, places } = findDistinct(ids.map((own) => encodingOf(own)));
        const texts = ids.map((own) => own.join());
        expect(encodings.map((encoding) => encoding.ids.join())).toEqual([...new Set(texts)]);
        expect(places.map((own) => own.map((place) => texts[place]))).toEqual(
          [...new Set(texts)].map((text) => texts.filter((other) => other === text)),
        );
        expect(places.flat().sort((a, b) => a - b)).toEqual(ids.map((_, i) => i));
      }),
    );
  });

  it('are told apart by their type ids, and by each of their ids', () => {
    const pairs = [encodingOf([1, 2], [0, 0]), encodingOf([1, 2], [0, 1])];
    expect(findDistinct(pairs).encodings).toHaveLength(2);
    const many = Array.from({ length: 3000 }, (_, i) => encodingOf([i % 100, Math.floor(i / 100)]));
    expect(findDistinct(many).encodings).toHaveLength(3000);
  });
});

describe('texts of a call that are there twice', () => {
  it('are run once, and answered as each alone', async () => {
    const texts = fc.array(fc.constantFrom('a', 'b', 'ab', 'ba', 'cab'), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(texts, async (inputs) => {
        const session = new RecordingSession();
        const { results } = await predictorOf({ session }).predict(inputs, first);
        expect(session.rows.toSorted()).toEqual([...new Set(inputs)].toSorted());
        const alone = predictorOf();
        for (const [i, text] of inputs.entries()) {
          expect([results[i]]).toEqual((await alone.predict([text], first)).results);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('count as often as they are there, and their padding once', async () => {
    const { tokens } = await predictorOf().predict(['abcd', 'ab', 'ab', 'ab'], first);
    expect(tokens).toEqual({ total: 10, padded: 2, truncated: 0 });
  });

  it('are refused by a limit as if they were different', async () => {
    const limits = { maxCallTokens: 8 };
    const refused = predictorOf().predict(['abc', 'abc', 'abc'], first, { limits });
    await expect(refused).rejects.toMatchObject({ code: 'TOO_MANY_TOKENS' });
  });

  it('fail together, each in its place, and no other does', async () => {
    const session = new SummingSession();
    session.run = async (feeds) => {
      const outputs = await SummingSession.prototype.run.call(session, feeds);
      const [rows = 0, tokens = 0] = feeds.input_ids?.dims ?? [];
      for (let row = 0; row < rows; row++) {
        if (feeds.input_ids?.data[row * tokens] === 120n)
          outputs.logits?.data.fill(Number.NaN, row * 2, row * 2 + 2);
      }
      return outputs;
    };
    const { outcomes } = await predictorOf({ session }).predictEach(['x', 'a', 'x', 'b']);
    expect(outcomes.map((outcome) => 'error' in outcome)).toEqual([true, false, true, false]);
  });

  it('keep their own places in the text', async () => {
    const windows = await predictorOf().infer([{ text: 'ab' }, { text: 'ab' }], { alignment: true });
    expect(windows.map(({ encoding }) => encoding.alignment?.spans)).toEqual([
      [
        [0, 1],
        [1, 2],
      ],
      [
        [0, 1],
        [1, 2],
      ],
    ]);
    expect(windows[0]?.encoding).not.toBe(windows[1]?.encoding);
  });
});
