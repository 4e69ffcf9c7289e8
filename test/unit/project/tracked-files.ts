import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Files of the project: tracked, or new and not ignored; deleted ones left out. */
export function projectFiles(): string[] {
  const options = { encoding: 'utf8', maxBuffer: 1 << 26 } as const;
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], options).split('\n');
  return files.filter((file) => file !== '' && existsSync(file));
}

/** Those that people write: no lock file, no model package, no fixture recorded elsewhere, no report of the benchmark. */
export function writtenFiles(): string[] {
  return projectFiles().filter(
    (file) =>
      !/^(package-lock\.json|LICENSE|docs\/reference\/benchmarks\.md)$|^model-assets\/packages\/|^test\/fixtures\/packages\/|^test\/golden\/tokenizers\/[\w-]+\/|\.(jsonl|svg|png|tsv)$/.test(
        file,
      ),
  );
}

export function sourceFiles(): string[] {
  return writtenFiles().filter((file) => /\.(ts|mjs|cjs|js|py)$/.test(file));
}
