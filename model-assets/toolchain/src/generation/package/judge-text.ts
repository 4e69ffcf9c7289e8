/** What a variant loses on texts that fp32 generated, beside fp32. */
import { join } from 'node:path';
import type { LoadedModel } from '@pilotlight/engine';
import { openGenerationText } from '@pilotlight/engine/internal/runtimes/generation/text/generation-tokenizer';
import type { GenerationManifest, TextJudgement } from '@pilotlight/model-format';
import { chrF } from './chrf.ts';
import { GREEDY, generateAll } from './generate.ts';
import type { FollowedText, TextScorer, TokenOpinion } from './score-text.ts';

const NEW_TOKENS = 32;
/** A token that is forced says nothing of a model; that of the last place comes of the length alone. */
const PARAMETERS = { ...GREEDY, max_new_tokens: NEW_TOKENS, forced_eos_token_id: null };

/** An input in tokens, and what fp32 makes of it. */
interface ReferenceText {
  readonly input: readonly number[];
  readonly followed: FollowedText;
  readonly text: string;
  readonly opinions: readonly TokenOpinion[];
}
export type TextReference = readonly ReferenceText[];

/** The inputs in tokens, cut so that there is room to generate. */
export async function encodeInputs(
  folder: string,
  manifest: GenerationManifest,
  inputs: readonly string[],
): Promise<readonly (readonly number[])[]> {
  const { maxPositions, cross } = manifest.decoder;
  const longest = cross ? cross.maxTokens : maxPositions && Math.max(1, maxPositions - NEW_TOKENS);
  const tokenizer = await openGenerationText({ path: (file) => join(folder, file) }, manifest);
  const encoded: (readonly number[])[] = [];
  for (const input of inputs) encoded.push((await tokenizer.encode(input)).slice(0, longest));
  return encoded.filter((ids) => ids.length > 0);
}

/** Lets fp32 generate, and follow what it has generated. @throws EngineError */
export async function makeTextReference(
  fp32: LoadedModel,
  scorer: TextScorer,
  manifest: GenerationManifest,
  inputs: readonly (readonly number[])[],
): Promise<TextReference> {
  const generated = await generateTexts(fp32, inputs);
  const reference: ReferenceText[] = [];
  for (const [index, { ids, text }] of generated.entries()) {
    const input = inputs[index] ?? [];
    const followed = toFollow(input, ids, manifest);
    reference.push({ input, followed, text, opinions: await scorer.follow(followed) });
  }
  return reference;
}

/** Lets a variant follow the same texts, and generate its own. @throws EngineError */
export async function judgeText(
  variant: LoadedModel,
  scorer: TextScorer,
  reference: TextReference,
  report: (done: number) => void = () => {},
): Promise<TextJudgement> {
  let tokens = 0;
  let agreed = 0;
  const logprobs = { fp32: 0, served: 0 };
  for (const [index, { followed, opinions }] of reference.entries()) {
    const own = await scorer.follow(followed);
    for (const [place, { logprob, best }] of opinions.entries()) {
      tokens += 1;
      if (own[place]?.best === best) agreed += 1;
      logprobs.fp32 += logprob;
      logprobs.served += own[place]?.logprob ?? Number.NaN;
    }
    report((0.5 * (index + 1)) / reference.length);
  }
  const generated = await generateTexts(
    variant,
    reference.map(({ input }) => input),
  );
  report(1);
  return {
    texts: reference.length,
    tokenAgreement: agreed / tokens,
    perplexity: { fp32: Math.exp(-logprobs.fp32 / tokens), served: Math.exp(-logprobs.served / tokens) },
    chrF: chrF(
      generated.map(({ text }) => text),
      reference.map(({ text }) => text),
    ),
  };
}

/** What the decoder is given of a text, and what is to be followed of it. */
export function toFollow(
  input: readonly number[],
  ids: readonly number[],
  { generation }: GenerationManifest,
): FollowedText {
  const { decoderStart, defaults } = generation;
  const [first, ...others] = ids;
  const isForced = others.length > 0 && first !== undefined && first === defaults.forced_bos_token_id;
  const begin = decoderStart === undefined ? input : [decoderStart];
  const text = isForced ? { prompt: [...begin, first], ids: others } : { prompt: begin, ids };
  return decoderStart === undefined ? text : { source: input, ...text };
}

export async function generateTexts(
  model: LoadedModel,
  inputs: readonly (readonly number[])[],
): Promise<readonly { readonly ids: readonly number[]; readonly text: string }[]> {
  const generations = await generateAll(
    model,
    inputs.map((ids) => ({ ids })),
    PARAMETERS,
  );
  return generations.map(({ sequences: [{ tokens, text }] }) => ({ ids: tokens.map(({ id }) => id), text }));
}
