/** Ways to embed texts in this process: a package by the engine, or an .onnx file by ONNX Runtime as it is. */
import { Engine } from '@pilotlight/engine';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Tokenizer } from 'tokenizers';
import * as z from 'zod';

export interface Embedder {
  /** One embedding for each text [hidden], each in a batch of its own where `together` is false. */
  embed(texts: readonly string[], together: boolean): Promise<readonly (readonly number[])[]>;
  close(): Promise<void>;
}

const embeddingsSchema = z.array(z.array(z.number()));

/** What Pilotlight serves of a variant. @throws EngineError */
export async function packageEmbedder(
  packages: string,
  model: string,
  variant: string,
  threads: number,
): Promise<Embedder> {
  const engine = new Engine({ packages, variant, intraOpThreads: threads, verify: 'size' });
  const predictor = await engine.predictor(model);
  const call = async (texts: readonly string[]) =>
    embeddingsSchema.parse(
      (await predictor.predict([...texts], { pooling: 'mean', normalize: true })).results,
    );
  return {
    embed: (texts, together) => (together ? call(texts) : eachAlone(texts, call)),
    close: () => engine.dispose(),
  };
}

/** A file as others publish it: mean pooling over its first output, texts of a batch padded to the longest. */
export async function fileEmbedder(file: string, tokenizerFile: string, threads: number): Promise<Embedder> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads });
  const tokenizer = Tokenizer.fromFile(tokenizerFile);
  tokenizer.setTruncation(MOST_TOKENS);
  tokenizer.setPadding({});
  const call = async (texts: readonly string[]): Promise<number[][]> => {
    const encodings = await tokenizer.encodeBatch([...texts]);
    const ids = encodings.map((encoding) => encoding.getIds());
    const masks = encodings.map((encoding) => encoding.getAttentionMask());
    const shape = [ids.length, ids[0]?.length ?? 0];
    const tensor = (rows: readonly (readonly number[])[]) =>
      new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), shape);
    const feeds: Record<string, Tensor> = {
      input_ids: tensor(ids),
      attention_mask: tensor(masks),
      token_type_ids: tensor(ids.map((row) => row.map(() => 0))),
    };
    const named = session.inputNames.flatMap((name) => (feeds[name] ? [[name, feeds[name]] as const] : []));
    const { [session.outputNames[0] ?? '']: hidden } = await session.run(Object.fromEntries(named));
    return masks.map((mask, row) => meanOfTokens(hidden, mask, row));
  };
  return {
    embed: (texts, together) => (together ? call(texts) : eachAlone(texts, call)),
    close: () => session.release(),
  };
}

const MOST_TOKENS = 256;

async function eachAlone(
  texts: readonly string[],
  call: (texts: readonly string[]) => Promise<readonly (readonly number[])[]>,
): Promise<(readonly number[])[]> {
  const all: (readonly number[])[] = [];
  for (const text of texts) all.push(...(await call([text])));
  return all;
}

/** Hidden states [batch, tokens, hidden] to the mean of the tokens of one row that are no padding. */
function meanOfTokens(hidden: Tensor | undefined, mask: readonly number[], row: number): number[] {
  const [, tokens = 0, size = 0] = hidden?.dims ?? [];
  const values = hidden?.data instanceof Float32Array ? hidden.data : new Float32Array();
  const sum = new Float64Array(size);
  for (const [token, kept] of mask.entries()) {
    if (kept === 0) continue;
    const start = (row * tokens + token) * size;
    for (let index = 0; index < size; index++)
      sum[index] = (sum[index] ?? 0) + (values[start + index] ?? Number.NaN);
  }
  const count = mask.reduce((total, kept) => total + kept, 0);
  return Array.from(sum, (value) => value / count);
}
