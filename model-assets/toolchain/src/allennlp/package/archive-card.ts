/** MODEL_CARD.md of a package that was made of an archive. */
import { type ArchiveManifest, sumOfBytes } from '@pilotlight/model-format';
import { describeOrigin } from '../../sources/card.ts';

export type CardFacts = Pick<
  ArchiveManifest,
  'name' | 'version' | 'task' | 'predictor' | 'tasks' | 'example' | 'source' | 'variants' | 'parity' | 'hub'
>;

export function archiveCard(facts: CardFacts, readme?: string): string {
  const { name, version, task, predictor, tasks, example, source, variants, parity, hub } = facts;
  const rows = Object.entries(variants).map(
    ([variant, { scheme, files, opset, onnxruntime }]) =>
      `| ${variant} | ${scheme} | ${(sumOfBytes(files) / 1e6).toFixed(1)} MB | ${opset} | ${onnxruntime} |`,
  );
  const sums = Object.entries(source.files).map(([file, sha256]) => `| ${file} | \`${sha256}\` |`);
  const hubs = Object.keys(hub);
  const made = source.version === undefined ? '' : `, made by AllenNLP ${source.version}`;
  return `${[
    ...(readme === undefined
      ? [
          `# ${name}`,
          '',
          `A \`${task}\` of AllenNLP with the predictor \`${predictor}\`. The archive came without a model card: whoever uses it should find out`,
          'what it was trained on, under which licence, and what it is not fit for.',
        ]
      : [readme.trim()]),
    '',
    ...(example ? [`It takes \`${JSON.stringify(example)}\`.`, ''] : []),
    ...(tasks.length > 0 ? [`Tasks of Hugging Face that it does too: ${tasks.join(', ')}.`, ''] : []),
    ...(hubs.length > 0 ? [`Its tokenizers are those of ${hubs.join(', ')}.`, ''] : []),
    '## Package',
    '',
    `\`${name}\` ${version}, packaged by Pilotlight from ${source.id}${describeOrigin(source)}${made}.`,
    '',
    '| variant | scheme | size | operator set | ONNX Runtime |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    parity
      ? `It gave the answers that AllenNLP itself had given to ${parity.cases} inputs: everything but numbers equal, numbers off by ${parity.largestDifference.toPrecision(2)} at most.`
      : "It was not compared with AllenNLP's own answers.",
    '',
    '| source file | sha256 |',
    '|---|---|',
    ...sums,
  ].join('\n')}\n`;
}
