/**
 * Runs a model on what NODE_PATH has, as a function does on the runtime layer, and prints ids and logits of each text
 * and the files that were loaded: node use-runtime-layer.cjs <package> <text>...
 */
const { join } = require('node:path');
const { InferenceSession, Tensor } = require('onnxruntime-node');
const { Tokenizer } = require('tokenizers');

async function main([folder, ...texts]) {
  const tokenizer = Tokenizer.fromFile(join(folder, 'tokenizer.json'));
  const session = await InferenceSession.create(join(folder, 'int8/model.onnx'));
  const answers = [];
  for (const text of texts) {
    const ids = (await tokenizer.encode(text)).getIds();
    const row = (value) => new Tensor('int64', BigInt64Array.from(ids, value), [1, ids.length]);
    const feeds = { input_ids: row(BigInt), attention_mask: row(() => 1n), token_type_ids: row(() => 0n) };
    const { logits } = await session.run(feeds);
    answers.push({ ids, logits: [...logits.data] });
  }
  const loaded = Object.keys(require.cache).filter((file) => file !== __filename);
  console.log(JSON.stringify({ answers, loaded }));
}

void main(process.argv.slice(2));
