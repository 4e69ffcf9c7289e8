/** Every family of models that generate text. A new one is a file in families/ and a line here. */
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';
import { parseConfig } from '../../graph/config.ts';
import type { WeightSource } from '../../graph/weights.ts';
import { bart } from './families/bart.ts';
import { gemma, gemma2, gemma3 } from './families/gemma.ts';
import { gpt2 } from './families/gpt2.ts';
import { llama } from './families/llama.ts';
import { marian } from './families/marian.ts';
import { mbart } from './families/mbart.ts';
import { mistral } from './families/mistral.ts';
import { mt5 } from './families/mt5.ts';
import { opt } from './families/opt.ts';
import { pegasus } from './families/pegasus.ts';
import { phi3 } from './families/phi3.ts';
import { qwen2, qwen3 } from './families/qwen.ts';
import { t5 } from './families/t5.ts';
import type { BuiltGenerator, GenerationFamily } from './family.ts';

export type { BuiltGenerator, BuiltPart, GenerationFamily } from './family.ts';

export const GENERATION_FAMILIES: readonly GenerationFamily[] = [
  gpt2,
  opt,
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma,
  gemma2,
  gemma3,
  phi3,
  t5,
  mt5,
  bart,
  mbart,
  marian,
  pegasus,
];

const configSchema = z.object({
  model_type: z.string(),
  architectures: z.array(z.string()).nullish(),
});

const unsupportedSchema = z.object({
  text_config: z.unknown(),
  quantization_config: z.unknown(),
});

/**
 * Builds the graphs of a checkpoint that generates text.
 *
 * @throws ToolchainError SOURCE_UNSUPPORTED for another family, with the list of those that there are, or for a class that does not
 * generate; and what `build` of the family throws
 */
export function buildGenerator(config: unknown, source: WeightSource): BuiltGenerator {
  const { model_type: modelType, architectures } = parseConfig(configSchema, config);
  refuseOtherKinds(config, modelType);
  const family = findFamily(modelType);
  if (family === undefined) throw unknownFamily(modelType);
  if (architectures && !architectures.some((name) => family.classes.includes(name))) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The checkpoint is a ${architectures.join(', ')}, which does not generate text. One that does is a ${family.classes.join(' or a ')}.`,
      { details: { modelType, architectures } },
    );
  }
  return { ...family.build(config, source), family: modelType };
}

function findFamily(modelType: string): GenerationFamily | undefined {
  return GENERATION_FAMILIES.find((family) => family.modelType === modelType);
}

function unknownFamily(modelType: string): ToolchainError {
  const supported = GENERATION_FAMILIES.map((family) => family.modelType);
  return new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `Checkpoints of type '${modelType}' do not generate text here; those that do are ${supported.join(', ')}.`,
    { details: { modelType, supported } },
  );
}

/** What config.json says only of checkpoints whose weights are not those of a plain language model. */
function refuseOtherKinds(config: unknown, modelType: string): void {
  const { text_config, quantization_config } = parseConfig(unsupportedSchema.partial(), config);
  if (text_config !== undefined && text_config !== null) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The checkpoint of type '${modelType}' has a text_config: it reads images or sound beside text. Package the language model alone, saved as a checkpoint of its own.`,
      { details: { modelType } },
    );
  }
  if (quantization_config !== undefined && quantization_config !== null) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      'The weights of the checkpoint are quantised already, as its quantization_config says. Package the checkpoint that they were made from.',
      { details: { modelType } },
    );
  }
}
