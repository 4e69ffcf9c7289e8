/** The sections of config.json that prediction needs. */
import { z } from 'zod';
import { describeFault, ToolchainError } from '../../errors.ts';
import type { Params } from '../modules/module.ts';
import { evaluateJsonnet } from './jsonnet/evaluate.ts';

const section = z.record(z.string(), z.unknown());
const configSchema = z.looseObject({
  model: section,
  dataset_reader: section,
  validation_dataset_reader: section.nullish(),
  vocabulary: section.nullish(),
});

export interface ArchiveSections {
  readonly model: Params;
  /** `validation_dataset_reader` where there is one, else `dataset_reader`. */
  readonly reader: Params;
  /** The place of `reader` in the file. */
  readonly readerPath: 'validation_dataset_reader' | 'dataset_reader';
  readonly vocabulary: Params;
}

/** @throws ToolchainError SOURCE_INVALID with the line or the place at fault */
export function readSections(text: string): ArchiveSections {
  const content = evaluateJsonnet(text);
  const result = configSchema.safeParse(content);
  if (!result.success) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `config.json: ${describeFault(content, result.error.issues[0])}.`,
    );
  }
  const { model, dataset_reader, validation_dataset_reader, vocabulary } = result.data;
  return {
    model,
    reader: validation_dataset_reader ?? dataset_reader,
    readerPath: validation_dataset_reader ? 'validation_dataset_reader' : 'dataset_reader',
    vocabulary: vocabulary ?? {},
  };
}

/** The registrable name that a section asks for; undefined where it leaves the choice to the library. */
export function typeOf(params: Params): string | undefined {
  return typeof params.type === 'string' ? params.type : undefined;
}
