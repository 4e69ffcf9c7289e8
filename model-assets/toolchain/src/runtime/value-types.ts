/** The types and shapes that ONNX Runtime infers for the values of a graph. */
import { tmpdir } from 'node:os';
import { ToolchainError } from '../errors.ts';
import type { OnnxModel } from '../graph/onnx.ts';
import { withSession } from './with-session.ts';

export interface ValueType {
  /** The type of an element, by ONNX Runtime's name: `float32`, `int64`. */
  readonly element: string;
  /** Length of each axis, or its name where it varies; none is known where the list is empty. */
  readonly axes: readonly (number | string)[];
}

/**
 * The type of every tensor that a node gives, by its name. `scratch` is the folder for what the runtime reads, as large as
 * the model. Throws OPTIMISE_FAILED when the runtime refuses the model.
 */
export async function valueTypes(
  model: OnnxModel,
  scratch = tmpdir(),
): Promise<ReadonlyMap<string, ValueType>> {
  const { graph } = model;
  const { output } = graph;
  try {
    const declared = new Set(output.map(({ name }) => name));
    const inner = graph.node
      .flatMap((node) => node.output)
      .filter((name) => name !== '' && !declared.has(name));
    graph.output = [...output, ...inner.map((name) => ({ name }))];
    const options = {
      graphOptimizationLevel: 'disabled',
      extra: { session: { disable_prepacking: '1' } },
    } as const;
    const types = await withSession(model, scratch, options, ({ outputMetadata }) =>
      outputMetadata.flatMap((value) =>
        value.isTensor ? [[value.name, { element: value.type, axes: value.shape }] as const] : [],
      ),
    );
    return new Map(types);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ToolchainError('OPTIMISE_FAILED', `ONNX Runtime refuses the graph: ${reason}`, { cause });
  } finally {
    graph.output = output;
  }
}
