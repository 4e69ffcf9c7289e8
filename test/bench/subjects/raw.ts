/** `InferenceSession.run` on the package's own graph with tensors made beforehand: what no engine can beat. */
import './started.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { predictorSettings } from '../../../layers/engine/src/options.ts';
import { sessionOptions } from '../../../layers/engine/src/session/onnx-session.ts';
import type { SubjectConfig } from './protocol.ts';
import { serve } from './serve.ts';
import { started } from './started.ts';

type Feeds = Record<string, Tensor>;

void serve(started, async (config, mark) => {
  mark('import');
  const folder = join(config.models, config.model, '1.0.0');
  const manifest = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  const graph = manifest.variants[config.scheme].graphs.model;
  const options = sessionOptions(
    predictorSettings({ packages: config.models, intraOpThreads: config.threads }),
  );
  const session = await InferenceSession.create(join(folder, graph.file), options);
  mark('load');
  const feedsOf = prepare(config, folder, session.inputNames);
  const one = async (text: string) => {
    const outputs = await session.run(feedsOf(text));
    const [logits] = session.outputNames;
    return { label: 'logit', score: Number(logits === undefined ? Number.NaN : outputs[logits]?.data[0]) };
  };
  return {
    one,
    many: (texts) => Promise.all(texts.map(one)),
    prepare: (texts) => texts.forEach(feedsOf),
  };
});

/** Gives the tensors of a text of whole words, made on the first demand. */
function prepare({ model }: SubjectConfig, folder: string, inputNames: readonly string[]) {
  const { vocab } = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')).model;
  const known = new Map<string, Feeds>();
  const id = (token: string): bigint => {
    if (!(token in vocab)) throw new RangeError(`${token} is no word of ${model}`);
    return BigInt(vocab[token]);
  };
  const make = (text: string): Feeds => {
    const ids = BigInt64Array.from(['[CLS]', ...text.split(' '), '[SEP]'], id);
    const values: Record<string, BigInt64Array> = {
      input_ids: ids,
      attention_mask: ids.map(() => 1n),
      token_type_ids: ids.map(() => 0n),
    };
    return Object.fromEntries(
      inputNames.map((name) => [name, new Tensor('int64', values[name] ?? ids, [1, ids.length])]),
    );
  };
  return (text: string): Feeds => {
    const feeds = known.get(text) ?? make(text);
    known.set(text, feeds);
    return feeds;
  };
}
