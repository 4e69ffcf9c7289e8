/** What `models info` says of a model that generates text. */
import {
  describeTextLoss,
  type GenerationManifest,
  type GenerationVariant,
  sumOfBytes,
} from '@pilotlight/model-format';
import { megabytes } from '../kit/table.ts';
import { describeQuality } from './quality.ts';

type Fact = readonly [key: string, value: string];

export function generationFacts(manifest: GenerationManifest): readonly Fact[] {
  const { task, family, decoder, generation, chat, text, source, variants, defaultVariant } = manifest;
  const { quality = [] } = manifest;
  const defaults = Object.entries(generation.defaults);
  const languages = Object.keys(text.languages ?? {});
  return [
    ['task', `${task}, by a ${family}${decoder.cross ? ' with an encoder' : ''}`],
    ...longest(manifest),
    ...(chat ? [['chat', 'yes, by a template of its own'] as const] : []),
    ...(languages.length > 0 ? [['languages', languages.join(', ')] as const] : []),
    ...(text.prefix === undefined ? [] : [['prefix', JSON.stringify(text.prefix)] as const]),
    ...(defaults.length > 0
      ? [
          [
            'defaults',
            defaults.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', '),
          ] as const,
        ]
      : []),
    ['source', [source.id, source.kind, source.revision].filter((part) => part !== undefined).join(', ')],
    ...Object.entries(variants).flatMap(([name, variant]) =>
      variantFacts(name === defaultVariant ? `${name} (served)` : name, variant),
    ),
    ...quality.map((entry): Fact => ['quality', describeQuality(entry)]),
  ];
}

function longest({ decoder: { cross, maxPositions } }: GenerationManifest): readonly Fact[] {
  return [
    ...(cross?.maxTokens === undefined ? [] : [['longest source', `${cross.maxTokens} tokens`] as const]),
    ...(maxPositions === undefined
      ? []
      : [[cross ? 'longest text' : 'longest sequence', `${maxPositions} tokens`] as const]),
  ];
}

function variantFacts(name: string, variant: GenerationVariant): readonly Fact[] {
  const { scheme, files, speed, speedup, keptFp32 = [], againstFp32 } = variant;
  const times =
    speedup === undefined ? '' : `, ${speedup.toFixed(1)} times as fast as fp32 where it was packaged`;
  const rate = speed === undefined ? '' : `, ${(1_000 / speed.stepMs).toFixed(0)} tokens a second${times}`;
  return [
    [name, `${scheme}, ${megabytes(sumOfBytes(files))}${rate}`],
    ...(keptFp32.length > 0 ? [['', `in fp32: ${keptFp32.join(', ')}`] as const] : []),
    ...(againstFp32 ? [['', `beside fp32: ${describeTextLoss(againstFp32)}`] as const] : []),
  ];
}
