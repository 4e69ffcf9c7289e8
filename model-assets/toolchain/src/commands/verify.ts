import { PilotlightError } from '@pilotlight/engine';
import { DEFAULT_PACKAGES, selectPackages } from '../package/packages-folder.ts';
import { verifyPipeline } from '../pipelines/verify-pipeline.ts';
import { type VariantProof, verifyPackage } from '../stages/verify.ts';
import { parseOptions, usage } from '../terminal/arguments.ts';
import { type Command, EXIT } from '../terminal/command.ts';
import { silent, terminalProgress } from '../terminal/progress.ts';
import { duration, table } from '../terminal/table.ts';

interface Verdict {
  readonly package: string;
  readonly proofs: readonly VariantProof[];
  readonly error?: { readonly code: string; readonly message: string };
}

const PROVIDERS = ['cpu', 'cuda', 'webgpu'] as const;

export const verify: Command = {
  summary: 'prove packages: files, sums and every golden answer, through the serving engine',
  help: `Prove that packages are intact and answer on this machine as they did when they were made.

Usage: npm run models -- verify [name | name@version | all] [options]

  --provider NAME  what runs the variants that it can: cpu, cuda, webgpu (default: cpu)
  --packages DIR   folder of packages (default: model-assets/packages)
  --json           results as JSON
  --quiet          no progress

Examples:
  npm run models -- verify
  npm run models -- verify sentiment@1.0.0
  npm run models -- verify large --provider cuda
`,
  async run(args, { stdout, stderr }) {
    const { values, positionals } = parseOptions(
      args,
      {
        provider: { type: 'string', default: 'cpu' },
        packages: { type: 'string', default: DEFAULT_PACKAGES },
        json: { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
      },
      'verify',
    );
    const [selection = 'all', more] = positionals;
    if (more !== undefined) throw usage(`verify takes one model, but got '${more}' too.`, 'verify');
    const provider = PROVIDERS.find((name) => name === values.provider);
    if (provider === undefined)
      throw usage(`--provider takes ${PROVIDERS.join(', ')}, not '${values.provider}'.`, 'verify');
    const progress = values.json || values.quiet ? silent : terminalProgress(stderr);
    const verdicts: Verdict[] = [];
    for (const entry of await selectPackages(values.packages, selection)) {
      const name = `${entry.name}@${entry.version}`;
      try {
        const { manifest } = entry;
        const proofs = await progress.stage(name, async (report) =>
          manifest?.runtime === 'transformers.js'
            ? [await verifyPipeline(values.packages, manifest)]
            : verifyPackage(values.packages, entry, report, provider),
        );
        verdicts.push({ package: name, proofs });
      } catch (error) {
        if (!PilotlightError.is(error)) throw error;
        verdicts.push({ package: name, proofs: [], error: { code: error.code, message: error.message } });
      }
    }
    stdout.write(`${values.json ? JSON.stringify(verdicts, null, 2) : report(verdicts)}\n`);
    return verdicts.some(({ error }) => error !== undefined) ? EXIT.failed : EXIT.ok;
  },
};

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
          'proven',
        ])
      : [[name, '', '', '', '', '', '', `${error.code}: ${error.message}`]],
  );
  return table(
    [
      { title: 'package' },
      { title: 'variant' },
      { title: 'goldens', align: 'right' },
      { title: 'largest error', align: 'right' },
      { title: 'accepted', align: 'right' },
      { title: 'same label', align: 'right' },
      { title: 'load', align: 'right' },
      { title: 'result' },
    ],
    rows,
  );
}
