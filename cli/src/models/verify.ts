import { PilotlightError } from '@pilotlight/engine';
import { verifySignature } from '@pilotlight/lifecycle/internal/sign/sign-package';
import type { VariantProof } from '@pilotlight/toolchain';
import { selectPackages } from '@pilotlight/toolchain/internal/package/packages-folder';
import { silent } from '@pilotlight/toolchain/internal/progress';
import { verifyPackage } from '@pilotlight/toolchain/internal/verify-package';
import { packagesFolder } from '../clone.ts';
import { EXIT, type Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { chooseOne } from '../kit/options.ts';
import { duration, table } from '../kit/table.ts';
import { readKeys } from './signed-by.ts';
import { stageProgress } from './stage-progress.ts';
import type { VerifyLine } from './verify-options.ts';

interface Verdict {
  readonly package: string;
  readonly proofs: readonly VariantProof[];
  readonly error?: { readonly code: string; readonly message: string };
}

const PROVIDERS = ['cpu', 'cuda', 'webgpu'] as const;

/** Gives the exit code 1 where a package is refused. @throws CliError, EngineError */
export async function verify(
  { values, positionals }: VerifyLine,
  { stdout, stderr }: Terminal,
): Promise<number> {
  const [selection = 'all', more] = positionals;
  if (more !== undefined) throw usageError(`verify takes one model, but got '${more}' too.`);
  const provider = chooseOne(PROVIDERS, values.provider, '--provider');
  const keys = readKeys(values['signed-by']);
  const progress = values.json || values.quiet ? silent : stageProgress(stderr);
  const packages = packagesFolder(values.packages);
  const verdicts: Verdict[] = [];
  for (const entry of await selectPackages(packages, selection)) {
    const name = `${entry.name}@${entry.version}`;
    try {
      if (keys !== undefined) await verifySignature(packages, entry, keys);
      const proofs = await progress.stage(name, (report) =>
        verifyPackage(packages, entry, { report, executionProvider: provider }),
      );
      verdicts.push({ package: name, proofs });
    } catch (error) {
      if (!PilotlightError.is(error)) throw error;
      verdicts.push({ package: name, proofs: [], error: { code: error.code, message: error.message } });
    }
  }
  stdout.write(`${values.json ? JSON.stringify(verdicts, null, 2) : report(verdicts)}\n`);
  return verdicts.some(({ error }) => error !== undefined) ? EXIT.failed : EXIT.ok;
}

function report(verdicts: readonly Verdict[]): string {
  const rows = verdicts.flatMap(({ package: name, proofs, error }) =>
    error === undefined
      ? proofs.map((proof) => [
          name,
          proof.variant,
          `${proof.goldens}`,
          proof.largest.toPrecision(2),
          proof.tolerance.toPrecision(2),
          `${(100 * proof.agreement).toFixed(1)} %`,
          duration(proof.loadMs),
          ['proven', ...proof.warnings].join(', but '),
        ])
      : [[name, '', '', '', '', '', '', `${error.code}: ${error.message}`]],
  );
  return table(
    [
      { title: 'PACKAGE' },
      { title: 'VARIANT' },
      { title: 'GOLDENS', align: 'right' },
      { title: 'LARGEST ERROR', align: 'right' },
      { title: 'ACCEPTED', align: 'right' },
      { title: 'SAME ANSWER', align: 'right' },
      { title: 'LOAD', align: 'right' },
      { title: 'RESULT' },
    ],
    rows,
  );
}
