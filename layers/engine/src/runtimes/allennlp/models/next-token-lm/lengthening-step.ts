/** The step of a beam search over a model that reads the whole text again, with the tokens that were chosen behind it. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { Graphs } from '../../archive-model.ts';
import type { Step } from '../../decoding/beam-search.ts';
import { type FieldTensor, type Instance, stack } from '../../instance.ts';

/**
 * Makes the step of a search over the inputs of a batch, whose text field has the tensors of one `pretrained_transformer` indexer:
 * ids get the chosen tokens, the mask goes on, types repeat their last one. All rows of a step are one run of the graph.
 */
export function lengtheningStep(batch: readonly Instance[], graphs: Graphs): Step {
  let rows = batch;
  return async ({ parents, last, top }) => {
    if (parents) rows = parents.map((parent, index) => lengthen(rows[parent], last[index] ?? 0));
    const count = { dims: [1], data: BigInt64Array.of(BigInt(top)) };
    const { scores, classes } = await graphs.run('model', { ...stack(rows), top: count });
    if (!scores || !classes) {
      throw new EngineError('PACKAGE_INVALID', 'The graph gives no scores. Package the model again.');
    }
    return { count: scores.dims.at(-1) ?? 0, scores: scores.data, classes: classes.data };
  };
}

function lengthen(instance: Instance | undefined, token: number): Instance {
  const tensors = Object.entries(instance?.tensors ?? {}).map(([path, tensor]) => [
    path,
    lengthenTensor(path, tensor, token),
  ]);
  return { tensors: Object.fromEntries(tensors), metadata: undefined };
}

function lengthenTensor(path: string, tensor: FieldTensor, token: number): FieldTensor {
  const values = Array.from(tensor.data, Number);
  const added = path.endsWith('.token_ids') ? token : (values.at(-1) ?? 0);
  const { data } = tensor;
  const longer =
    data instanceof BigInt64Array
      ? BigInt64Array.of(...data, BigInt(added))
      : Uint8Array.of(...(data as Uint8Array), added);
  return { ...tensor, dims: [longer.length], data: longer };
}
