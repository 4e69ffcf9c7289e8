/** Says what an archive is, part by part, and everything that stands between it and a package, before anything is built. */
import { PilotlightError } from '@pilotlight/model-format/errors';
import { ToolchainError } from '../../errors.ts';
import { elementCount } from '../../graph/tensor.ts';
import { type Archive, openUnpacked } from '../archive/open-archive.ts';
import { typeOf } from '../archive/sections.ts';
import { type UnpackedArchive, unpack } from '../archive/unpacked-archive.ts';
import { unsupportedParts } from '../models/index.ts';
import { choosePredictor } from '../package/default-predictors.ts';
import { hubModels } from '../package/text-files.ts';
import { checkReaderParts, checkReading } from './check-reader.ts';
import { checkTensors } from './check-tensors.ts';
import { type InspectedPart, listParts } from './parts.ts';
import { checkTokenKeys } from './token-keys.ts';

export type { InspectedPart } from './parts.ts';

export interface ArchiveProblem {
  /** Something is not there, has another shape than it must, is not supported, or is code of the team's own. */
  readonly kind: 'missing' | 'shape' | 'unsupported' | 'custom';
  /** The path in config.json, or the name of the tensor. */
  readonly at: string;
  readonly reason: string;
}

export interface Inspection {
  /** The registrable name of the model. */
  readonly model: string;
  /** Undefined where AllenNLP has none for the model. */
  readonly predictor?: string | undefined;
  /** The version of AllenNLP that made the archive, where it says so. */
  readonly version?: string | undefined;
  readonly parts: readonly InspectedPart[];
  /** By the first word of the names of tensors, in the order of the file. */
  readonly modules: readonly {
    readonly name: string;
    readonly tensors: number;
    readonly parameters: number;
  }[];
  readonly vocabulary: readonly {
    readonly namespace: string;
    readonly size: number;
    readonly padded: boolean;
  }[];
  readonly hubModels: readonly { readonly name: string; readonly given: boolean }[];
  /** Empty where the archive can be added. */
  readonly problems: readonly ArchiveProblem[];
  /** Tensors that no part of the model asks for. */
  readonly unusedTensors: readonly string[];
  /** Files that nothing here reads. */
  readonly ignoredFiles: readonly string[];
}

/**
 * Inspects `model.tar.gz`; nothing in it is executed. `base` is what `models add` takes as `--base`.
 *
 * @throws ToolchainError SOURCE_NOT_FOUND, SOURCE_INVALID, WEIGHTS_INVALID where the file is no archive, or a damaged or a hostile one
 */
export async function inspectArchive(
  path: string,
  { base }: { readonly base?: string | undefined } = {},
): Promise<Inspection> {
  const unpacked = await unpack(path);
  try {
    const problems: ArchiveProblem[] = [];
    const archive = await openOrNote(path, unpacked, { base }, problems);
    return archive === undefined ? describe(unpacked, problems) : inspect(archive, unpacked, problems);
  } finally {
    unpacked.close();
  }
}

/** An ensemble, or an archive without a part, is described as far as it goes. */
async function openOrNote(
  path: string,
  unpacked: UnpackedArchive,
  options: { readonly base?: string | undefined },
  problems: ArchiveProblem[],
): Promise<Archive | undefined> {
  try {
    return await openUnpacked(path, { ...unpacked, close: () => undefined }, options);
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    problems.push(problemOf('model', error));
    return undefined;
  }
}

function inspect(archive: Archive, unpacked: UnpackedArchive, problems: ArchiveProblem[]): Inspection {
  const { config } = archive;
  const parts = [
    ...listParts(config.model, 'model', 'model'),
    ...listParts(config.reader, config.readerPath, 'reader'),
  ];
  const hubs = hubModels(archive).map((name) => ({ name, given: hasHub(archive, name, problems) }));
  const custom = parts.filter(({ isCustom }) => isCustom);
  for (const { kind, at, type } of custom) {
    problems.push({ kind: 'custom', at, reason: `the ${kind} '${type}' is none of AllenNLP's own` });
  }
  const unsupported = [
    ...unsupportedParts(config.model).map(splitLine),
    ...checkTokenKeys(config.model, config.reader),
    ...checkReaderParts(parts, (at) =>
      findParams({ model: config.model, [config.readerPath]: config.reader }, at),
    ),
  ].filter(({ at }) => !custom.some((part) => part.at === at));
  problems.push(...unsupported.map((fault) => ({ kind: 'unsupported' as const, ...fault })));
  const predictor = predictorOf(archive, problems);
  const isWhole = problems.length === 0;
  if (isWhole && predictor !== undefined) {
    problems.push(
      ...checkReading(archive, predictor).map((fault) => ({ kind: 'unsupported' as const, ...fault })),
    );
  }
  const unusedTensors = isWhole ? noteTensors(archive, problems) : [];
  return { ...describe(unpacked, problems, archive), predictor, parts, hubModels: hubs, unusedTensors };
}

/** What is known of any archive. */
function describe(
  unpacked: UnpackedArchive,
  problems: readonly ArchiveProblem[],
  archive?: Archive,
): Inspection {
  const { sections, version, weights, ignored } = unpacked;
  const vocabulary = archive?.vocabulary ?? unpacked.vocabulary;
  return {
    model: typeOf(archive?.config.model ?? sections.model) ?? '',
    version,
    parts: [
      ...listParts(sections.model, 'model', 'model'),
      ...listParts(sections.reader, sections.readerPath, 'reader'),
    ],
    modules: listModules(weights?.entries ?? new Map()),
    vocabulary: [...(vocabulary?.namespaces.keys() ?? [])].sort().map((namespace) => ({
      namespace,
      size: vocabulary?.size(namespace) ?? 0,
      padded: vocabulary?.isPadded(namespace) ?? false,
    })),
    hubModels: [],
    problems,
    unusedTensors: [],
    ignoredFiles: ignored.filter((name) => !name.split('/').at(-1)?.startsWith('.')),
  };
}

function listModules(
  entries: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): Inspection['modules'] {
  const modules = new Map<string, { tensors: number; parameters: number }>();
  for (const [name, { shape }] of entries) {
    const [first = ''] = name.split('.');
    const { tensors, parameters } = modules.get(first) ?? { tensors: 0, parameters: 0 };
    modules.set(first, { tensors: tensors + 1, parameters: parameters + elementCount(shape) });
  }
  return [...modules].map(([name, counts]) => ({ name, ...counts }));
}

function hasHub(archive: Archive, name: string, problems: ArchiveProblem[]): boolean {
  try {
    archive.hubFolder(name);
    return true;
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    problems.push(problemOf('model', error));
    return false;
  }
}

function predictorOf(archive: Archive, problems: ArchiveProblem[]): string | undefined {
  const { model, reader } = archive.config;
  try {
    return choosePredictor(typeOf(model) ?? '', typeOf(reader) ?? '', undefined);
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    const isNamed = problems.some(({ at }) => at === 'model');
    if (!isNamed) problems.push(problemOf('model', error));
    return undefined;
  }
}

function noteTensors(archive: Archive, problems: ArchiveProblem[]): readonly string[] {
  try {
    const { missing, misshapen, unused } = checkTensors(archive);
    for (const { name, dims } of missing) {
      problems.push({
        kind: 'missing',
        at: name,
        reason: `weights.th has no such tensor, of shape [${dims.join(', ')}]`,
      });
    }
    for (const { name, dims, expected } of misshapen) {
      const reason = `it has shape [${dims.join(', ')}], but config.json and the vocabulary make it [${expected.join(', ')}]`;
      problems.push({ kind: 'shape', at: name, reason });
    }
    return unused;
  } catch (error) {
    if (!PilotlightError.is(error)) throw error;
    problems.push(problemOf('model', error));
    return [];
  }
}

const KINDS: Readonly<Record<string, ArchiveProblem['kind']>> = {
  SOURCE_UNSUPPORTED: 'unsupported',
  GRAPH_INVALID: 'unsupported',
  WEIGHTS_INVALID: 'shape',
};

function problemOf(at: string, { code, message }: PilotlightError): ArchiveProblem {
  return { kind: KINDS[code] ?? 'missing', at, reason: message };
}

/** `path: reason` of `unsupportedParts`, without the list of what there is. */
function splitLine(line: string): { at: string; reason: string } {
  const colon = line.indexOf(': ');
  const at = line.slice(0, colon).replace(/ \('.*'\)$/, '');
  return { at, reason: line.slice(colon + 2).replace(/; those are: .*$/, '') };
}

function findParams(sections: unknown, at: string): Readonly<Record<string, unknown>> {
  const found = at
    .split('.')
    .reduce<unknown>(
      (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
      sections,
    );
  return typeof found === 'object' && found !== null ? { ...found } : {};
}
