/** The least that a Node process with ONNX Runtime can do: load it, open a graph of one node, run it. */
import './started.ts';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { serve } from './serve.ts';
import { started } from './started.ts';

void serve(started, async (config, mark) => {
  mark('import');
  const session = await InferenceSession.create(config.models, { intraOpNumThreads: config.threads });
  mark('load');
  const one = async () => {
    const { sum } = await session.run({ value: new Tensor('float32', Float32Array.of(1), [1]) });
    return { label: 'sum', score: Number(sum?.data[0]) };
  };
  return { one, many: (texts) => Promise.all(texts.map(one)) };
});
