/** Opens a checkpoint as a model that generates, without a package: its graphs, its text and its defaults. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator } from '@pilotlight/engine/internal/runtimes/generation/generator';
import { createDecoder } from '@pilotlight/engine/internal/runtimes/generation/loop/create-decoder';
import type {
  DecoderPlan,
  LoopSettings,
} from '@pilotlight/engine/internal/runtimes/generation/loop/decoder-plan';
import type { Decoder } from '@pilotlight/engine/internal/runtimes/generation/loop/decoder-port';
import type { GenerationTokenizer } from '@pilotlight/engine/internal/runtimes/generation/text/generation-tokenizer';
import type { GenerationFacts, GenerationManifest, GenerationVariant } from '@pilotlight/model-format';
import type { BuiltGenerator, BuiltPart } from '@pilotlight/toolchain/internal/generation/graph/index';
import { saveModel } from '@pilotlight/toolchain/internal/graph/external';
import { openGenerationFolder } from '../../fixtures/generation-text.ts';
import { buildReference, GENERATORS, readJson } from './references.ts';

export interface OpenSettings extends Partial<LoopSettings> {
  /** @default 'inline' */
  readonly where?: 'inline' | 'worker';
}

export const LOOP_SETTINGS: LoopSettings = {
  slots: 16,
  maxWaiting: 10_000,
  cacheBytes: 2 ** 30,
  prefixBytes: 0,
};

/** Opens the loop of graphs that were built. */
export function openDecoder(
  built: BuiltGenerator,
  { where = 'inline', ...settings }: OpenSettings = {},
): Promise<Decoder> {
  return withPlan(built, settings, (plan) => createDecoder(plan, where));
}

/** Writes graphs where `open` finds them. They are removed after that; weights that were mapped stay readable. */
export async function withPlan<Opened>(
  built: BuiltGenerator,
  settings: Partial<LoopSettings>,
  open: (plan: DecoderPlan) => Promise<Opened>,
): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-decoder-'));
  try {
    const write = (name: string, { model, inputs, outputs }: BuiltPart): DecoderPlan['step'] => {
      const file = join(folder, `${name}.onnx`);
      saveModel(model, file, join(folder, `${name}.bin`));
      return { file, inputs: [...inputs], outputs: [...outputs] };
    };
    return await open({
      step: write('step', built.step),
      encoder: built.encoder && write('encoder', built.encoder),
      facts: built.decoder,
      // As the toolchain describes int8 on processors whose sums saturate.
      session: { intraOpThreads: 1, allowSpinning: false, sumsMaySaturate: true },
      settings: { ...LOOP_SETTINGS, ...settings },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Ids = number | readonly number[] | null | undefined;

/** What generation_config.json of a checkpoint says. */
function readFacts(family: string): GenerationFacts {
  const defaults = readJson(family, 'generation_config.json') as Record<string, unknown>;
  const config = readJson(family, 'config.json') as Record<string, unknown>;
  const named = (name: string): Ids => (defaults[name] ?? config[name]) as Ids;
  const one = (name: string) => [named(name)].flat()[0] ?? undefined;
  const [bos, decoderStart] = [one('bos_token_id'), one('decoder_start_token_id')];
  return {
    eos: [named('eos_token_id') ?? []].flat(),
    ...(bos !== undefined && { bos }),
    ...(decoderStart !== undefined && { decoderStart }),
    defaults,
  };
}

/** A checkpoint of ../shared/references/gen as a model of an engine. */
export async function openReference(family: string, settings?: OpenSettings): Promise<Generator> {
  const built = buildReference(family);
  const [{ text, source }, decoder] = await Promise.all([
    openGenerationFolder(join(GENERATORS, family)),
    openDecoder(built, settings),
  ]);
  return openGenerator(built, decoder, text, {
    generation: readFacts(family),
    ...(source.languages && { languages: source.languages }),
  });
}

interface ModelFacts {
  readonly generation: GenerationFacts;
  readonly languages?: Readonly<Record<string, number>>;
  readonly speed?: NonNullable<GenerationVariant['speed']>;
  readonly maxQueuedRequests?: number;
}

export function openGenerator(
  built: BuiltGenerator,
  decoder: Decoder,
  text: GenerationTokenizer,
  { generation, languages, speed, maxQueuedRequests = 1000 }: ModelFacts,
): Generator {
  const file = (path: string) => ({ path, bytes: 1, sha256: '0'.repeat(64) });
  const graph = ({ inputs, outputs }: BuiltPart) => ({
    file: 'fp32/step/model.onnx',
    inputs: [...inputs],
    outputs: [...outputs],
  });
  const variant = {
    graphs: { step: graph(built.step), ...(built.encoder && { encoder: graph(built.encoder) }) },
    files: [file('fp32/step/model.onnx')],
    opset: 21,
    onnxruntime: '1.30.0',
    scheme: 'fp32',
    tier: 'lambda',
    ...(speed && { speed }),
  } as const;
  const manifest: GenerationManifest = {
    formatVersion: 1,
    runtime: 'generation',
    name: built.family,
    version: '1.0.0',
    task: built.encoder ? 'text2text-generation' : 'text-generation',
    family: built.family,
    text: {
      tokenizer: file('tokenizer.json'),
      vocabSize: built.decoder.vocabSize,
      ...(languages && { languages }),
    },
    decoder: built.decoder,
    generation,
    defaultVariant: 'fp32',
    variants: { fp32: { ...variant, files: [...variant.files] } },
    goldens: file('goldens.jsonl'),
    modelCard: file('MODEL_CARD.md'),
    source: { kind: 'huggingface', id: built.family, files: {} },
    toolchain: { pilotlight: '0.1.0', node: '24', onnxruntime: '1.30.0' },
  };
  return new Generator({
    manifest,
    variantName: 'fp32',
    variant: { ...variant, files: [...variant.files] },
    text,
    decoder,
    loadTimings: { openMs: 0, verifyMs: 0, tokenizerMs: 0, sessionMs: 0, totalMs: 0 },
    maxQueuedRequests,
    goldens: { check: () => Promise.reject(new Error('there are no goldens')) },
  });
}
