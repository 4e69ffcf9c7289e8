/** MODEL_CARD.md of a model that generates text: the source's own card, or one made of what is known, and what packaging adds to it. */
import { describeTextLoss, type GenerationManifest, sumOfBytes } from '@pilotlight/model-format';
import { describeOrigin } from '../../sources/card.ts';

export type CardFacts = Pick<
  GenerationManifest,
  'name' | 'version' | 'task' | 'family' | 'source' | 'variants' | 'decoder' | 'generation'
> & { readonly quality: NonNullable<GenerationManifest['quality']> };

/** The card in Markdown; the same facts give the same text. */
export function generatorCard(readme: string | undefined, facts: CardFacts): string {
  const sections = [readme?.trim() ?? introduction(facts), packageSection(facts), ...qualitySection(facts)];
  return `${sections.join('\n\n')}\n`;
}

function introduction({ name, task, family, decoder: { maxPositions, cross } }: CardFacts): string {
  const limit = cross ? cross.maxTokens : maxPositions;
  const longest = limit === undefined ? '' : `, for ${cross ? 'sources' : 'texts'} of up to ${limit} tokens`;
  return [
    `# ${name}`,
    '',
    `A ${family} that does ${task}${longest}. The source came without a model card: whoever uses it should find out`,
    'what it was trained on, under which licence, and what it is not fit for. What it generates may be wrong.',
  ].join('\n');
}

function packageSection({ name, version, source, variants, generation }: CardFacts): string {
  const rows = Object.entries(variants).map(([variant, { scheme, files, opset, onnxruntime }]) => {
    const size = `${(sumOfBytes(files) / 1e6).toFixed(1)} MB`;
    return `| ${variant} | ${scheme} | ${size} | ${opset} | ${onnxruntime} |`;
  });
  const defaults = Object.entries(generation.defaults);
  return [
    '## Package',
    '',
    `\`${name}\` ${version}, packaged by Pilotlight from ${source.id} (${source.kind}${describeOrigin(source)}).`,
    '',
    '| variant | scheme | size | operator set | ONNX Runtime |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    ...Object.entries(variants).flatMap(([variant, { againstFp32 }]) =>
      againstFp32
        ? [
            `The ${variant} variant beside fp32, on ${againstFp32.texts} texts: ${describeTextLoss(againstFp32)}.`,
            '',
          ]
        : [],
    ),
    'A text is the same, and its scores are the same bits, whoever is generated for beside it.',
    '',
    ...(defaults.length === 0
      ? []
      : [
          'A call that says nothing else has these parameters:',
          '',
          '```json',
          JSON.stringify(generation.defaults),
          '```',
          '',
        ]),
    '| source file | sha256 |',
    '|---|---|',
    ...Object.entries(source.files).map(([file, sha256]) => `| ${file} | \`${sha256}\` |`),
  ].join('\n');
}

function qualitySection({ quality }: CardFacts): readonly string[] {
  if (quality.length === 0) return [];
  const percent = (share: number): string => (100 * share).toFixed(2);
  const rows = quality.map(
    ({ dataset, metric, rows, fp32, served }) =>
      `| ${dataset} | ${metric} | ${rows} | ${percent(fp32)} | ${percent(served)} |`,
  );
  const head = [
    '## Quality as served',
    '',
    'In per cent.',
    '',
    '| dataset | metric | rows | fp32 | served |',
  ];
  return [[...head, '|---|---|---|---|---|', ...rows].join('\n')];
}
