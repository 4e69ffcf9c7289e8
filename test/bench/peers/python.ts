/** The Python of the peers: which packages it has. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import * as z from 'zod';

export const PYTHON_FOLDER = join(import.meta.dirname, 'python');

/** Names of modules, as Python imports them. */
const MODULES = [
  'numpy',
  'onnx',
  'onnxruntime',
  'tokenizers',
  'torch',
  'transformers',
  'allennlp',
  'allennlp_models',
  'sentence_transformers',
  'fastapi',
  'uvicorn',
] as const;
export type PythonModule = (typeof MODULES)[number];

export interface PythonPackages {
  readonly command: string;
  /** Whether all of these modules can be imported. */
  has(...modules: readonly PythonModule[]): boolean;
  /** Such as `onnxruntime 1.32.0`, in the order of `modules`. */
  versions(...modules: readonly PythonModule[]): string;
}

const versionsSchema = z.record(z.string(), z.string());

/** Asks for distributions, which loads none of them. */
const QUESTION = `
import importlib.metadata as metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = metadata.version(name.replace('_', '-'))
    except metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
`;

/** Asks `command` what is installed; one that is not there has no packages. */
export function findPython(command: string): PythonPackages {
  let found: Record<string, string> = {};
  try {
    const answer = execFileSync(command, ['-c', QUESTION, ...MODULES], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    found = versionsSchema.parse(JSON.parse(answer));
  } catch {
    // No such command, or none that is Python: every peer in Python is skipped, and the report says so.
  }
  return {
    command,
    has: (...modules) => modules.every((name) => found[name] !== undefined),
    versions: (...modules) => modules.map((name) => `${name} ${found[name] ?? 'missing'}`).join(', '),
  };
}
