import { usageError } from '../kit/errors.ts';
import { printable } from '../kit/style.ts';

/** The variants of a model that has none for a GPU; `kind` is what the model is. @throws CliError USAGE */
export function parseCpuVariants(list: string, kind: string): readonly ('int8' | 'fp32')[] {
  return list.split(',').map((name) => {
    const variant = name.trim();
    if (variant === 'int8' || variant === 'fp32') return variant;
    throw usageError(`--variants '${printable(variant)}' must be int8 or fp32 for ${kind}.`);
  });
}
