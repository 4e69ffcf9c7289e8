import { manifestText, packageFiles, parseManifest, servedFiles } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { fileAt, generationManifestOf, generationVariantOf } from './generation-manifest.ts';

const ref = { name: 'frames', version: '1.0.0' };
const manifest = generationManifestOf();
const paths = (files: readonly { readonly path: string }[]) => files.map(({ path }) => path);

describe('the manifest of a model that generates', () => {
  it('keeps its runtime where it is written, and is read again as it was', () => {
    const text = manifestText(manifest);
    expect(JSON.parse(text)).toMatchObject({ runtime: 'generation' });
    expect(parseManifest(text, ref)).toEqual(manifest);
  });

  it.each([
    ['no end token', { generation: { ...manifest.generation, eos: [] } }, 'generation.eos'],
    [
      'a language whose token the model does not have',
      { text: { ...manifest.text, languages: { de: manifest.decoder.vocabSize } } },
      'decoder.vocabSize',
    ],
    [
      'a first token that the model does not have',
      { generation: { ...manifest.generation, decoderStart: manifest.decoder.vocabSize } },
      'decoder.vocabSize',
    ],
    ['a task that generates nothing', { task: 'fill-mask' }, 'task'],
    ['a default variant that it does not have', { defaultVariant: 'int8' }, 'defaultVariant'],
    ['no encoder, where the decoder attends to one', { variants: { fp32: withoutEncoder() } }, 'variants'],
    [
      'an encoder, where the decoder attends to none',
      { decoder: { ...manifest.decoder, cross: undefined } },
      'variants',
    ],
    [
      'a graph that its files do not list',
      { variants: { fp32: { ...generationVariantOf('fp32'), files: [fileAt('a')] } } },
      'variants',
    ],
  ])('is refused with %s', (_what, fields, where) => {
    const text = JSON.stringify({ ...manifest, ...fields });
    expect(() => parseManifest(text, ref)).toThrow(`its manifest is not valid at ${where}`);
  });

  it('lists the files of text, chat, variants, goldens and card, each once', () => {
    const chat = { template: fileAt('chat_template.jinja'), tokens: {} };
    expect(paths(packageFiles(generationManifestOf({ chat })))).toEqual([
      ...[
        'tokenizer.json',
        'target.json',
        'chat_template.jinja',
        'fp32/encoder/model.onnx',
        'fp32/step/model.onnx',
      ],
      ...['goldens.jsonl', 'MODEL_CARD.md'],
    ]);
  });

  it('has those of its text and of one variant served', () => {
    const { fp32 = generationVariantOf('fp32') } = manifest.variants;
    expect(paths(servedFiles(manifest, fp32))).toEqual([
      ...['tokenizer.json', 'target.json', 'fp32/encoder/model.onnx', 'fp32/step/model.onnx'],
    ]);
  });
});

function withoutEncoder() {
  const { graphs, ...variant } = generationVariantOf('fp32');
  return { ...variant, graphs: { step: graphs.step } };
}
