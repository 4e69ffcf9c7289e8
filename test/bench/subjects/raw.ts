/** `InferenceSession.run` on the package's own graph with tensors made beforehand: what no engine can beat. */
import './started.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { predictorSettings } from '../../../layers/engine/src/load/options.ts';
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
  const makeFeeds = prepare(config, folder, session.inputNames);
  const run = async (texts: readonly string[]) => {
    const outputs = await session.run(makeFeeds(texts));
    const [logits = ''] = session.outputNames;
    const { data, dims: [, labels = 1] = [] } = outputs[logits] ?? {};
    return texts.map((_, row) => ({ label: 'logit', score: Number(data?.[row * labels]) }));
  };
  return {
    one: async (text) => (await run([text]))[0] ?? { label: 'logit', score: Number.NaN },
    many: run,
    prepare: (texts) => {
      for (const text of texts) makeFeeds([text]);
    },
  };
});

/** Gives the tensors of texts of whole words, padded to the longest, made on the first demand. */
function prepare({ model }: SubjectConfig, folder: string, inputNames: readonly string[]) {
  const { vocab } = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')).model;
  const known = new Map<string, Feeds>();
  const id = (token: string): bigint => {
    if (!(token in vocab)) throw new RangeError(`${token} is no word of ${model}`);
    return BigInt(vocab[token]);
  };
  const make = (texts: readonly string[]): Feeds => {
    const rows = texts.map((text) => ['[CLS]', ...text.split(' '), '[SEP]'].map(id));
    const tokens = Math.max(...rows.map((row) => row.length));
    const tensor = (valueAt: (own: bigint | undefined) => bigint) => {
      const values = rows.flatMap((row) => Array.from({ length: tokens }, (_, i) => valueAt(row[i])));
      return new Tensor('int64', BigInt64Array.from(values), [rows.length, tokens]);
    };
    const values: Record<string, Tensor> = {
      input_ids: tensor((own) => own ?? id('[PAD]')),
      attention_mask: tensor((own) => (own === undefined ? 0n : 1n)),
      token_type_ids: tensor(() => 0n),
    };
    return Object.fromEntries(inputNames.flatMap((name) => (values[name] ? [[name, values[name]]] : [])));
  };
  return (texts: readonly string[]): Feeds => {
    const key = texts.join('\n');
    const feeds = known.get(key) ?? make(texts);
    known.set(key, feeds);
    return feeds;
  };
}
