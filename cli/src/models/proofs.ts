/** What both kinds of `add` print of a package: that it is there, and the proof of each of its variants. */
import { type PackageFile, sumOfBytes } from '@pilotlight/model-format';
import type { VariantProof } from '@pilotlight/toolchain';
import { printable } from '../kit/style.ts';
import { duration, megabytes, table } from '../kit/table.ts';

interface Packaged {
  readonly folder: string;
  readonly manifest: {
    readonly name: string;
    readonly version: string;
    readonly variants: Readonly<
      Record<
        string,
        { readonly scheme: string; readonly files: readonly PackageFile[]; readonly tokenBudget?: number }
      >
    >;
  };
  readonly proofs: readonly Pick<VariantProof, 'variant' | 'goldens' | 'largest' | 'loadMs'>[];
}

export function packagedLine({ folder, manifest }: Packaged, milliseconds: number): string {
  return `${manifest.name}@${manifest.version} is packaged and proven in ${duration(milliseconds)}: ${printable(folder)}`;
}

export function proofTable({ manifest, proofs }: Packaged): string {
  const right = 'right' as const;
  const hasBudgets = Object.values(manifest.variants).some(({ tokenBudget }) => tokenBudget !== undefined);
  return table(
    [
      { title: 'VARIANT' },
      { title: 'SCHEME' },
      { title: 'SIZE', align: right },
      ...(hasBudgets ? [{ title: 'TOKEN BUDGET', align: right }] : []),
      { title: 'GOLDENS', align: right },
      { title: 'LARGEST ERROR', align: right },
      { title: 'LOAD', align: right },
    ],
    proofs.map(({ variant, goldens, largest, loadMs }) => {
      const { scheme = '', files = [], tokenBudget = 0 } = manifest.variants[variant] ?? {};
      const size = megabytes(sumOfBytes(files));
      return [
        variant,
        scheme,
        size,
        ...(hasBudgets ? [`${tokenBudget}`] : []),
        `${goldens}`,
        largest.toPrecision(2),
        duration(loadMs),
      ];
    }),
  );
}
