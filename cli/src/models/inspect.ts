import type { Inspection } from '@pilotlight/toolchain';
import { inspectArchive } from '@pilotlight/toolchain/internal/allennlp/inspect/inspect-archive';
import { silent } from '@pilotlight/toolchain/internal/progress';
import { EXIT, type Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { printable } from '../kit/style.ts';
import { type Column, table } from '../kit/table.ts';
import { fetchIfRemote } from './fetch-source.ts';
import type { InspectLine } from './inspect-options.ts';
import { stageProgress } from './stage-progress.ts';

/** Gives the exit code 1 where something stands between the archive and a package. @throws CliError, ToolchainError */
export async function inspect(
  { values, positionals }: InspectLine,
  { stdout, stderr }: Terminal,
): Promise<number> {
  const [path, more] = positionals;
  if (path === undefined || more !== undefined) throw usageError('inspect takes one archive: model.tar.gz.');
  const progress = values.json ? silent : stageProgress(stderr);
  const archive = await fetchIfRemote(path, { for: 'archive' }, values, progress);
  const base = await fetchIfRemote(values.base, { for: 'archive' }, values, progress);
  const inspection = await inspectArchive(archive?.path ?? path, { base: base?.path ?? values.base });
  stdout.write(`${values.json ? JSON.stringify(inspection, null, 2) : report(inspection)}\n`);
  return inspection.problems.length === 0 ? EXIT.ok : EXIT.failed;
}

function report(inspection: Inspection): string {
  return [
    heading(inspection),
    sectionOf(
      PARTS,
      inspection.parts.map(({ kind, type, at }) => [kind, type, at]),
    ),
    sectionOf(MODULES, modulesOf(inspection)),
    sectionOf(
      VOCABULARY,
      inspection.vocabulary.map(({ namespace, size, padded }) => [
        namespace,
        `${size}`,
        padded ? 'with padding and unknown' : '',
      ]),
    ),
    sectionOf(
      HUB_MODELS,
      inspection.hubModels.map(({ name, given }) => [name, given ? 'given by --base' : 'missing']),
    ),
    notes(inspection),
    sectionOf(
      PROBLEMS,
      inspection.problems.map(({ kind, at, reason }) => [kind, at, reason]),
    ),
  ]
    .filter((section) => section !== '')
    .join('\n\n');
}

const PARTS: readonly Column[] = [{ title: 'PART' }, { title: 'TYPE' }, { title: 'IN config.json' }];
const MODULES: readonly Column[] = [
  { title: 'MODULE' },
  { title: 'TENSORS', align: 'right' },
  { title: 'PARAMETERS', align: 'right' },
];
const VOCABULARY: readonly Column[] = [
  { title: 'NAMESPACE' },
  { title: 'TOKENS', align: 'right' },
  { title: '' },
];
const HUB_MODELS: readonly Column[] = [{ title: 'HUB MODEL' }, { title: '' }];
const PROBLEMS: readonly Column[] = [{ title: 'PROBLEM' }, { title: 'AT' }, { title: '' }];

function sectionOf(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : table(columns, rows);
}

function heading({ model, predictor, version, problems }: Inspection): string {
  const by = version === undefined ? '' : `, of AllenNLP ${version}`;
  const through = predictor === undefined ? '' : `, answered by the predictor ${predictor}`;
  const verdict =
    problems.length === 0
      ? 'It can be added.'
      : `${problems.length} ${problems.length === 1 ? 'thing stands' : 'things stand'} in the way.`;
  return printable(`${model}${by}${through}. ${verdict}`);
}

function modulesOf({ modules }: Inspection): string[][] {
  const sum = (of: 'tensors' | 'parameters') => modules.reduce((total, each) => total + each[of], 0);
  const rows = modules.map(({ name, tensors, parameters }) => [name, `${tensors}`, grouped(parameters)]);
  return modules.length > 1 ? [...rows, ['all', `${sum('tensors')}`, grouped(sum('parameters'))]] : rows;
}

const grouped = (count: number): string => count.toLocaleString('en-US');

/** Names beyond these are counted. */
const MOST_NAMES = 5;

function notes({ unusedTensors, ignoredFiles }: Inspection): string {
  return [
    listed('Tensors that the model does not use', unusedTensors),
    listed('Files that are not read', ignoredFiles),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function listed(title: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return printable(`${title}: ${names.slice(0, MOST_NAMES).join(', ')}${more}`);
}
