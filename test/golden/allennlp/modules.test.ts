/** The graphs that the parts of AllenNLP models make, fed with the tensors that AllenNLP made of its inputs. */
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Feeds } from '../../../layers/engine/src/ports.ts';
import { type Instance, stack } from '../../../layers/engine/src/runtimes/allennlp/instance.ts';
import { openArchive } from '../../../model-assets/toolchain/src/allennlp/archive/open-archive.ts';
import { buildGraphs } from '../../../model-assets/toolchain/src/allennlp/models/index.ts';
import type { ArchiveGraph } from '../../../model-assets/toolchain/src/allennlp/modules/module.ts';
import { encodeModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import {
  ARCHIVES,
  archivePath,
  flattenInputs,
  hasArchives,
  hubPath,
  listArchives,
  type ReferenceTensor,
  readReference,
} from '../../fixtures/allennlp.ts';
import { describeShared } from '../../fixtures/shared.ts';

/** Models of which AllenNLP's output has everything that the graph gives. */
const TYPES = ['basic_classifier', 'simple_tagger'];
const NAMES = listArchives().filter((name) => TYPES.includes(readReference(name).model_type));

describeShared({ folder: 'allennlp', isThere: hasArchives }, NAMES, (name) => {
  const cases = readReference(name).cases;
  const instances = cases.map(({ model_inputs: inputs = {} }) => toInstance(flattenInputs(inputs)));
  let graph: ArchiveGraph;
  let session: ort.InferenceSession;

  beforeAll(async () => {
    const archive = await openArchive(archivePath(name), { base: hubPath(name) ?? `${ARCHIVES}/${name}` });
    const { model } = buildGraphs(archive, archive.config.model);
    archive.close();
    if (model === undefined) throw new TypeError('There is no graph of that name.');
    graph = model;
    session = await ort.InferenceSession.create(encodeModel(graph.model), { intraOpNumThreads: 1 });
  });
  afterAll(() => session.release());

  it('gives the logits of AllenNLP, each input alone', async () => {
    for (const [index, instance] of instances.entries()) {
      const logits = await run(stack([instance]));
      expectClose(logits.data, flatten(cases[index]?.output.logits));
    }
  });

  it('gives every input of a batch what it has alone', async () => {
    const logits = await run(stack(instances));
    const [, ...axes] = logits.dims;
    const size = axes.reduce((product, dim) => product * dim, 1);
    for (const [index, { output }] of cases.entries()) {
      const expected = flatten(output.logits);
      expectClose(logits.data.slice(index * size, index * size + expected.length), expected);
    }
  });

  async function run(feeds: Feeds): Promise<{ dims: readonly number[]; data: number[] }> {
    const inputs = graph.inputs.map(({ name: input, type }) => {
      const { data, dims } = feeds[input] ?? { data: new Float32Array(), dims: [0] };
      return [input, new ort.Tensor(type, data, dims)] as const;
    });
    const { logits } = await session.run(Object.fromEntries(inputs), ['logits']);
    return { dims: logits?.dims ?? [], data: Array.from(logits?.data ?? [], Number) };
  }
});

/** The only row of the tensors of one input. */
function toInstance(inputs: Readonly<Record<string, ReferenceTensor>>): Instance {
  const tensors = Object.entries(inputs).map(([name, { dtype, shape, data }]) => {
    const values = flatten(data);
    const typed = dtype === 'int64' ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
    const dims = shape.slice(1);
    return [name, { dims, data: dtype === 'bool' ? Uint8Array.from(values) : typed }] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata: undefined };
}

function flatten(value: unknown): number[] {
  return Array.isArray(value) ? value.flatMap(flatten) : [Number(value)];
}

function expectClose(actual: readonly number[], expected: readonly number[]) {
  const worst = expected.map(
    (value, index) => Math.abs((actual[index] ?? Number.NaN) - value) / Math.max(1, Math.abs(value)),
  );
  expect(actual.length).toBe(expected.length);
  expect(Math.max(0, ...worst)).toBeLessThan(1e-5);
}
