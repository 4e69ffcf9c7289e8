/** MODEL_CARD.md: the source's own card, or one made of what is known, and what packaging adds to it. */
import {
  describeDistance,
  describeLoss,
  type OnnxManifest,
  type Quality,
  sumOfBytes,
} from '@pilotlight/model-format';
import { describeOrigin } from '../sources/card.ts';

export type CardFacts = Pick<
  OnnxManifest,
  'name' | 'version' | 'task' | 'labels' | 'source' | 'variants' | 'quality'
> & {
  readonly maxTokens: number;
};

/** The card in Markdown; the same facts give the same text. */
export function modelCard(readme: string | undefined, facts: CardFacts): string {
  const sections = [
    readme?.trim() ?? introduction(facts),
    packageSection(facts),
    qualitySection(facts.quality),
  ];
  return `${sections.filter((section) => section !== undefined).join('\n\n')}\n`;
}

function introduction({ name, task, labels, maxTokens }: CardFacts): string {
  const shown = labels.slice(0, 20).map((label) => `\`${label}\``);
  const rest = labels.length > shown.length ? ` and ${labels.length - shown.length} more` : '';
  return [
    `# ${name}`,
    '',
    `A ${task} model for texts of up to ${maxTokens} tokens. The source came without a model card: whoever uses it should`,
    'find out what it was trained on, under which licence, and what it is not fit for.',
    ...(labels.length > 0 ? ['', `Labels: ${shown.join(', ')}${rest}.`] : []),
  ].join('\n');
}

function packageSection({ name, version, source, variants }: CardFacts): string {
  const rows = Object.entries(variants).map(([variant, { scheme, files, opset, onnxruntime }]) => {
    const bytes = sumOfBytes(files);
    return `| ${variant} | ${scheme} | ${(bytes / 1e6).toFixed(1)} MB | ${opset} | ${onnxruntime} |`;
  });
  const precision = source.precision === undefined ? '' : `, weights of ${source.precision}`;
  const files = Object.entries(source.files).map(([file, sha256]) => `| ${file} | \`${sha256}\` |`);
  return [
    '## Package',
    '',
    `\`${name}\` ${version}, packaged by Pilotlight from ${source.id} (${source.kind}${describeOrigin(source)}${precision}).`,
    '',
    '| variant | scheme | size | operator set | ONNX Runtime |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    ...Object.entries(variants).flatMap(lossNotes),
    ...keptNotes(variants),
    '| source file | sha256 |',
    '|---|---|',
    ...files,
  ].join('\n');
}

/** Says what a variant loses beside fp32, and what it promises. */
function lossNotes([name, variant]: [string, OnnxManifest['variants'][string]]): string[] {
  const { againstFp32, sameInAnyBatch } = variant;
  if (againstFp32 === undefined) return [];
  const { texts } = againstFp32;
  const bits = sameInAnyBatch ? ' Its answers are the same in any batch, bit for bit.' : '';
  const lost = `${describeLoss(againstFp32)}; ${describeDistance(againstFp32)}`;
  return [`The ${name} variant beside fp32, on ${texts} texts: ${lost}.${bits}`, ''];
}

/** Lists the weights that the quality gate left in fp32. */
function keptNotes(variants: OnnxManifest['variants']): string[] {
  return Object.entries(variants).flatMap(([variant, { keptFp32 = [] }]) =>
    keptFp32.length === 0
      ? []
      : [`Left in fp32 in the ${variant} variant, for its answers' sake: ${keptFp32.join(', ')}.`, ''],
  );
}

function qualitySection(quality: readonly Quality[]): string | undefined {
  if (quality.length === 0) return undefined;
  const percent = (share: number): string => (100 * share).toFixed(2);
  return [
    '## Quality as served',
    '',
    'In per cent; agreement is the share of predictions on which the served variant and fp32 give the same label.',
    '',
    '| dataset | metric | rows | fp32 | served | agreement |',
    '|---|---|---|---|---|---|',
    ...quality.map(
      ({ dataset, metric, rows, fp32, served, agreement }) =>
        `| ${dataset} | ${metric} | ${rows} | ${percent(fp32)} | ${percent(served)} | ${percent(agreement)} |`,
    ),
  ].join('\n');
}
