import { describe, expect, it } from 'vitest';
import { newScope } from '../../../../model-assets/toolchain/src/allennlp/modules/index.ts';
import { cast, unsqueeze } from '../../../../model-assets/toolchain/src/allennlp/modules/nodes/ops.ts';
import { folding } from '../../../../model-assets/toolchain/src/allennlp/modules/transformers/folding.ts';
import { GraphBuilder } from '../../../../model-assets/toolchain/src/graph/builder.ts';
import { ELEMENT } from '../../../../model-assets/toolchain/src/graph/tensor.ts';
import { type Run, withRunner } from '../../../../model-assets/toolchain/src/runtime/runner.ts';
import { archiveOf } from '../../../fixtures/allennlp-module.ts';
import { Random } from '../../../fixtures/random.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const scratch = temporaryFolder();
const START = 101;
const END = 102;

/** Folds ids and unfolds them again; what stands between is where a transformer would be. */
function foldingGraph(maxLength: number, specials: readonly [start: number, end: number]) {
  const graph = new GraphBuilder('folding');
  const scope = newScope(graph, archiveOf({}));
  const ids = scope.input('ids', 'int64', ['batch', 'segments']);
  const mask = scope.input('mask', 'int64', ['batch', 'segments']);
  const { fold, unfold } = folding(scope, mask, maxLength, specials);
  const folded = fold(ids);
  graph.op('Identity', [cast(scope, folded, 'float32')], 'folded');
  graph.output('folded', ELEMENT.float32, ['rows', 'tokens']);
  const states = unsqueeze(scope, cast(scope, folded, 'float32'), 2);
  graph.op('Identity', [unfold(states, 1)], 'states');
  graph.output('states', ELEMENT.float32, ['batch', 'tokens', 1]);
  return graph.build();
}

/** The indexer's part: pieces in segments, each with special tokens. */
function segmentsOf(pieces: readonly number[], maxLength: number, [start, end]: readonly [number, number]) {
  const room = maxLength - start - end;
  const ids: number[] = [];
  for (let at = 0; at < pieces.length; at += room) {
    ids.push(...Array(start).fill(START), ...pieces.slice(at, at + room), ...Array(end).fill(END));
  }
  return ids;
}

async function unfoldBatch(run: Run, rows: readonly (readonly number[])[]) {
  const longest = Math.max(...rows.map((row) => row.length));
  const padded = rows.map((row) => [...row, ...Array(longest - row.length).fill(0)]);
  const dims = [rows.length, longest];
  const { states, folded } = await run({
    ids: { dims, data: BigInt64Array.from(padded.flat(), BigInt) },
    mask: {
      dims,
      data: BigInt64Array.from(
        rows.flatMap(({ length }) => Array.from({ length: longest }, (_, at) => (at < length ? 1n : 0n))),
      ),
    },
  });
  const tokens = states?.dims[1] ?? 0;
  return {
    segment: folded?.dims[1],
    rows: rows.map((_, row) => [...(states?.data.subarray(row * tokens, (row + 1) * tokens) ?? [])]),
  };
}

describe('folding', () => {
  it.each([
    { maxLength: 3, specials: [1, 1] },
    { maxLength: 7, specials: [1, 1] },
    { maxLength: 8, specials: [0, 2] },
    { maxLength: 5, specials: [0, 1] },
    { maxLength: 4, specials: [0, 0] },
  ] as const)(
    'gives back every piece in its place, with the special tokens once, in batches of any lengths: %o',
    async ({ maxLength, specials }) => {
      const random = new Random(maxLength);
      const [start, end] = specials;
      await withRunner(foldingGraph(maxLength, specials), scratch, 'disabled', async (run) => {
        for (let round = 0; round < 20; round++) {
          const texts = Array.from({ length: 1 + random.below(4) }, (_, row) =>
            Array.from({ length: 1 + random.below(25) }, (__, at) => 1000 * (row + 1) + at),
          );
          const rows = texts.map((pieces) => segmentsOf(pieces, maxLength, specials));
          const unfolded = await unfoldBatch(run, rows);
          for (const [row, pieces] of texts.entries()) {
            const whole = [...Array(start).fill(START), ...pieces, ...Array(end).fill(END)];
            expect(unfolded.rows[row]?.slice(0, whole.length)).toEqual(whole);
          }
        }
      });
    },
  );

  it('makes no segment longer than the longest text of the batch', async () => {
    await withRunner(foldingGraph(512, [1, 1]), scratch, 'disabled', async (run) => {
      const { segment, rows } = await unfoldBatch(run, [
        [START, 7, 8, END],
        [START, END],
      ]);
      expect(segment).toBe(4);
      expect(rows[0]).toEqual([START, 7, 8, END]);
      expect(rows[1]?.slice(0, 2)).toEqual([START, END]);
    });
  });
});
