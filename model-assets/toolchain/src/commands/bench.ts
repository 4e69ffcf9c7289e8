import { Engine, type Predictor } from '@pilotlight/engine';
import { DEFAULT_PACKAGES, selectPackages } from '../package/packages-folder.ts';
import { type LatencyRow, measureLatency } from '../stages/bench.ts';
import { parseOptions, usage, wholeNumber } from '../terminal/arguments.ts';
import { type Command, EXIT } from '../terminal/command.ts';
import { duration, table } from '../terminal/table.ts';

export const bench: Command = {
  summary: 'time a package on this machine',
  help: `Time single calls of a package on this machine, through the serving engine.

Usage: npm run models -- bench <name | name@version> [options]

  --tokens LIST    lengths to measure (default: 16,64,128)
  --runs N         calls of each length (default: 100)
  --variant NAME   variant to time (default: the one that is served)
  --threads N      threads of one operator (default: one for each core)
  --packages DIR   folder of packages (default: model-assets/packages)
  --json           results as JSON

Example:
  npm run models -- bench sentiment --tokens 16,128 --threads 1
`,
  async run(args, { stdout }) {
    const { values, positionals } = parseOptions(
      args,
      {
        tokens: { type: 'string', default: '16,64,128' },
        runs: { type: 'string', default: '100' },
        variant: { type: 'string' },
        threads: { type: 'string' },
        packages: { type: 'string', default: DEFAULT_PACKAGES },
        json: { type: 'boolean', default: false },
      },
      'bench',
    );
    const [selection, more] = positionals;
    if (selection === undefined || more !== undefined) throw usage('bench takes one model.', 'bench');
    const lengths = values.tokens.split(',').map((text) => wholeNumber(text, 'tokens', 3, 'bench'));
    const runs = wholeNumber(values.runs, 'runs', 1, 'bench');
    const { threads, variant } = values;
    const [entry] = await selectPackages(values.packages, selection);
    if (entry === undefined || selection === 'all') throw usage('bench takes one model.', 'bench');
    const engine = new Engine({
      packages: values.packages,
      ...(variant !== undefined && { variant }),
      ...(threads !== undefined && { intraOpThreads: wholeNumber(threads, 'threads', 1, 'bench') }),
    });
    try {
      const predictor = await engine.predictor({ name: entry.name, version: entry.version });
      const rows: LatencyRow[] = [];
      for (const tokens of lengths) rows.push(await measureLatency(predictor, tokens, runs));
      stdout.write(
        values.json ? `${JSON.stringify(asJson(predictor, rows), null, 2)}\n` : report(predictor, rows),
      );
    } finally {
      await engine.dispose();
    }
    return EXIT.ok;
  },
};

function asJson({ manifest, variantName, loadTimings }: Predictor, latencies: readonly LatencyRow[]) {
  return { model: manifest.name, version: manifest.version, variant: variantName, loadTimings, latencies };
}

function report({ manifest, variantName, loadTimings }: Predictor, rows: readonly LatencyRow[]): string {
  const cells = rows.map(({ tokens, p50Ms, p90Ms, textsPerSecond }) => [
    `${tokens}`,
    p50Ms.toFixed(2),
    p90Ms.toFixed(2),
    textsPerSecond.toFixed(0),
  ]);
  const columns = ['tokens', 'p50 ms', 'p90 ms', 'texts/s'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  const heading = `${manifest.name}@${manifest.version} ${variantName}, one text a call, loaded in ${duration(loadTimings.totalMs)}`;
  return `${heading}\n\n${table(columns, cells)}\n`;
}
