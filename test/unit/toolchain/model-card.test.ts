import type { OnnxManifest } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { type CardFacts, modelCard } from '../../../model-assets/toolchain/src/stages/model-card.ts';

type Variant = OnnxManifest['variants'][string];

function cardWith(variant: Partial<Variant>): string {
  const int8 = {
    scheme: 'int8-static',
    files: [{ bytes: 1_000_000 }],
    opset: 17,
    onnxruntime: '1.30.0',
    ...variant,
  };
  const facts = {
    ...{ name: 'm', version: '1.0.0', task: 'feature-extraction', labels: [], maxTokens: 128, quality: [] },
    ...{ source: { id: 's', kind: 'huggingface', files: {} }, variants: { int8 } },
  };
  return modelCard('# M', facts as unknown as CardFacts);
}

const againstFp32: Variant['againstFp32'] = {
  texts: 200,
  cosine: { least: 0.9957, mean: 0.9982 },
  decisions: { of: 'neighbours', total: 200, changed: 1, clear: 0 },
};

describe('the model card', () => {
  it('says what a variant loses beside fp32, and that a batch changes nothing; a clock says nothing in it', () => {
    expect(cardWith({ againstFp32, speedup: 3.1, sameInAnyBatch: true })).toContain(
      'The int8 variant beside fp32, on 200 texts: 1 of 200 texts has another nearest neighbour; fp32 was not clear about it; ' +
        'cosine to fp32 0.9957 at worst, 0.9982 on average. ' +
        'Its answers are the same in any batch, bit for bit.\n',
    );
  });

  it('promises and claims nothing that was not measured', () => {
    const card = cardWith({ againstFp32 });
    expect(card).not.toContain('times as fast');
    expect(card).not.toContain('bit for bit');
    expect(cardWith({})).not.toContain('beside fp32');
  });

  it('names the layers that stay in fp32', () => {
    expect(cardWith({ keptFp32: ['a.weight', 'b.weight'] })).toContain(
      "Left in fp32 in the int8 variant, for its answers' sake: a.weight, b.weight.",
    );
  });
});
