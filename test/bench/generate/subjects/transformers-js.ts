/** transformers.js on an export of the same weights. It decodes greedily alone. */
import { AutoModelForCausalLM, AutoModelForSeq2SeqLM, env, Tensor } from '@huggingface/transformers';
import { readConfig, serveGenerate } from './serve.ts';

const { models, model: name, precision, threads, hasEncoder } = readConfig();
env.allowRemoteModels = false;
env.localModelPath = models;
const loader = hasEncoder ? AutoModelForSeq2SeqLM : AutoModelForCausalLM;
const model = await loader.from_pretrained(name, {
  dtype: precision === 'int8' ? 'q8' : 'fp32',
  local_files_only: true,
  session_options: { intraOpNumThreads: threads },
});

void serveGenerate(async (prompts, tokens) => {
  const dims = [prompts.length, prompts[0]?.length ?? 0];
  const ids = prompts.flat();
  const sequences = await model.generate({
    inputs: new Tensor('int64', BigInt64Array.from(ids, BigInt), dims),
    attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), dims),
    max_new_tokens: tokens,
    do_sample: false,
  });
  if (!(sequences instanceof Tensor)) throw new TypeError('generate gave no tensor.');
  return sequences.tolist().map((row: readonly bigint[]) => row.slice(-tokens).map(Number));
});
