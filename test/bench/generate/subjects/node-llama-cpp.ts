/** node-llama-cpp on a GGUF of the same weights: a sequence for each text, which it batches by itself. Its caches are in float32, as ours are. */
import { join } from 'node:path';
import { measure, readConfig, serve } from './serve.ts';

/** What is used of the library, which is installed elsewhere. */
interface Library {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<Model> }>;
}
interface Model {
  createContext(options: object): Promise<Context>;
}
interface Context {
  getSequence(): Sequence;
  dispose(): Promise<void>;
}
interface Sequence {
  evaluate(tokens: readonly number[], options: object): AsyncIterable<number>;
  clearHistory(): Promise<void>;
}

/** Tokens of a sequence at most, and of one run. */
const CONTEXT = 256;
const BATCH = 512;

const { models, precision, threads } = readConfig();
const { getLlama }: Library = await import(process.argv[2] ?? '');
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads: threads });
const model = await llama.loadModel({ modelPath: join(models, `${precision}.gguf`) });
let opened: { readonly context: Context; readonly sequences: readonly Sequence[] } | undefined;

/** A context has room for its sequences: one that is made for many would be slower for one. */
async function sequencesOf(count: number): Promise<readonly Sequence[]> {
  if (opened?.sequences.length !== count) {
    await opened?.context.dispose();
    const context = await model.createContext({
      ...{ sequences: count, contextSize: CONTEXT, batchSize: BATCH, threads },
      ...{ flashAttention: false, experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' },
    });
    opened = { context, sequences: Array.from({ length: count }, () => context.getSequence()) };
  }
  for (const sequence of opened.sequences) await sequence.clearHistory();
  return opened.sequences;
}

async function generate(
  sequence: Sequence | undefined,
  prompt: readonly number[],
  tokens: number,
): Promise<readonly number[]> {
  const found: number[] = [];
  if (!sequence) return found;
  for await (const token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    found.push(token);
    if (found.length === tokens) break;
  }
  return found;
}

void serve(async (command) => {
  if (command.do !== 'generate') throw new TypeError(`This process does not do ${command.do}.`);
  const { prompts, tokens } = command;
  const sequences = await sequencesOf(prompts.length);
  return measure(() =>
    Promise.all(prompts.map((prompt, index) => generate(sequences[index], prompt, tokens))),
  );
});
