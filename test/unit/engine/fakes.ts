/** Stand-ins for the ports, for tests of what composes them: a tokenizer of one token a character, a session that echoes. */

import type { OnnxManifest } from '@pilotlight/model-format';
import type {
  Encoding,
  Feeds,
  Outputs,
  Session,
  Tokenizer,
  TokenRequest,
} from '../../../layers/engine/src/ports.ts';
import { Predictor, type PredictorDependencies } from '../../../layers/engine/src/predict/predictor.ts';
import { taskFor } from '../../../layers/engine/src/tasks/index.ts';

const SHA256 = '0'.repeat(64);
const file = (path: string) => ({ path, bytes: 100, sha256: SHA256 });

/** A valid manifest of a text classifier whose labels are `even` and `odd`. */
export function manifestOf(changes: Partial<OnnxManifest> = {}): OnnxManifest {
  return {
    formatVersion: 1,
    runtime: 'onnx',
    name: 'parity',
    version: '1.0.0',
    task: 'text-classification',
    labels: ['even', 'odd'],
    textProcessing: {
      kind: 'tokenizer.json',
      file: file('tokenizer.json'),
      vocabSize: 1000,
      padTokenId: 0,
      maxTokens: 64,
    },
    defaultVariant: 'int8',
    variants: {
      int8: {
        graphs: {
          model: {
            file: 'int8/model.onnx',
            inputs: [
              { name: 'input_ids', role: 'input_ids', type: 'int64', axes: ['batch', 'tokens'] },
              { name: 'attention_mask', role: 'attention_mask', type: 'int64', axes: ['batch', 'tokens'] },
            ],
            outputs: [{ name: 'logits', role: 'logits', type: 'float32', axes: ['batch', 'labels'] }],
          },
        },
        files: [file('int8/model.onnx'), file('int8/weights.bin')],
        opset: 20,
        onnxruntime: '1.30.0',
        scheme: 'int8-dynamic-per-channel',
        tokenBudget: 64,
        tier: 'lambda',
      },
    },
    goldens: file('goldens.jsonl'),
    modelCard: file('MODEL_CARD.md'),
    source: { kind: 'huggingface', id: 'parity', files: {} },
    quality: [],
    toolchain: { pilotlight: '0.1.0', node: '24.0.0', onnxruntime: '1.30.0' },
    ...changes,
  };
}

/** One token for each UTF-16 unit, its id the unit itself. */
export class CharacterTokenizer implements Tokenizer {
  disposed = 0;

  async encode(
    requests: readonly TokenRequest[],
    { maxTokens }: { maxTokens: number },
  ): Promise<Encoding[][]> {
    return requests.map(({ text }) => {
      const ids = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)).slice(0, maxTokens);
      const encoding: Encoding = {
        ids,
        untruncatedLength: text.length,
        typeIds: ids.map(() => 0),
        alignment: {
          spans: ids.map((_, i) => [i, i + 1] as const),
          wordIds: ids.map((_, i) => i),
          tokens: [...text],
          specialTokensMask: ids.map(() => 0),
          sequenceIds: ids.map(() => 0),
        },
      };
      return [encoding];
    });
  }

  tokenToId(token: string): number {
    return token.charCodeAt(0);
  }

  idToToken(id: number): string | undefined {
    return String.fromCharCode(id);
  }

  async decode(ids: readonly number[]): Promise<string> {
    return String.fromCharCode(...ids);
  }

  dispose(): void {
    this.disposed += 1;
  }
}

/** Logits of each row: +-sum of its unmasked ids, so that a row mixed up or a mask ignored shows. */
export class SummingSession implements Session {
  ended = false;
  runs = 0;
  /** Resolves before each run's answer, where a test holds it back. */
  gate: Promise<void> = Promise.resolve();

  async run({ input_ids, attention_mask }: Feeds): Promise<Outputs> {
    this.runs += 1;
    await this.gate;
    const [rows = 0, tokens = 0] = input_ids?.dims ?? [];
    const data = new Float32Array(rows * 2);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let i = row * tokens; i < (row + 1) * tokens; i++) {
        sum += Number(input_ids?.data[i] ?? 0) * Number(attention_mask?.data[i] ?? 0);
      }
      data.set([sum % 2 === 0 ? sum : -sum, sum % 2 === 0 ? -sum : sum], row * 2);
    }
    return { logits: { dims: [rows, 2], data } };
  }

  async dispose(): Promise<void> {
    this.ended = true;
  }
}

export function predictorOf(
  changes: Partial<
    Pick<
      PredictorDependencies,
      | 'manifest'
      | 'session'
      | 'shortSession'
      | 'partSessions'
      | 'usefulTokens'
      | 'tokenizer'
      | 'maxQueuedRequests'
      | 'batching'
      | 'nextGolden'
    >
  > = {},
): Predictor {
  const manifest = changes.manifest ?? manifestOf();
  const variant = manifest.variants.int8;
  if (!variant) throw new TypeError('the fake manifest has an int8 variant');
  return new Predictor({
    manifest,
    variantName: 'int8',
    variant,
    task: taskFor(manifest.task),
    tokenizer: changes.tokenizer ?? new CharacterTokenizer(),
    session: changes.session ?? new SummingSession(),
    ...(changes.shortSession && { shortSession: changes.shortSession }),
    ...(changes.partSessions && { partSessions: changes.partSessions }),
    usefulTokens: changes.usefulTokens,
    loadTimings: { openMs: 0, verifyMs: 0, tokenizerMs: 0, sessionMs: 0, totalMs: 0 },
    maxQueuedRequests: changes.maxQueuedRequests ?? 512,
    batching: changes.batching ?? { kind: 'turns', limits: {}, shortLaneTokens: 0, onBatch: () => {} },
    nextGolden:
      changes.nextGolden ?? (() => Promise.reject(new TypeError('the fake package has no goldens'))),
  });
}
