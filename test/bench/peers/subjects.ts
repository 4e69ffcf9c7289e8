/** What `bench peers` measures: servers that embed texts, and processes that embed many at once. */
import { join } from 'node:path';
import { usageError } from 'pilotlight/internal/kit/errors';
import { PRECISIONS, type Precision } from '../package-model.ts';
import type { Checkout } from './checkout.ts';
import type { OnnxFolders } from './onnx-folders.ts';
import type { PeersOptions } from './options.ts';
import { PYTHON_FOLDER, type PythonPackages } from './python.ts';
import type { ServerSpec } from './server-process.ts';

interface Subject {
  /** What `--only` calls it. */
  readonly key: string;
  /** What tables and plots call it. */
  readonly name: string;
  readonly precision: Precision;
}

export interface ServerSubject extends Subject {
  readonly spec: ServerSpec;
}

/** A process that obeys the commands of the subjects of the other measurements. */
export interface BulkSubject extends Subject {
  readonly command: string;
  /** The file that runs, and its configuration. */
  readonly args: (text: string) => readonly string[];
  /** Whether it answers `vectors`. */
  readonly vectors: boolean;
}

/** What is not measured, and one line on how to change that. */
export interface Skipped {
  readonly key: string;
  readonly name: string;
  readonly reason: string;
}

export interface Subjects {
  readonly servers: readonly ServerSubject[];
  readonly bulk: readonly BulkSubject[];
  readonly skipped: readonly Skipped[];
}

export interface Places {
  readonly checkouts: readonly Checkout[];
  readonly checkpoint: string;
  readonly onnx: OnnxFolders;
  readonly python: PythonPackages;
  readonly tei: string | undefined;
  readonly threads: number;
}

const INSTALL = {
  tei: 'build its router with cargo build --release --features http,ort --no-default-features, and name it by --tei',
  onnxruntime: 'pip install onnxruntime onnx tokenizers numpy, and name that Python by --python',
  'sentence-transformers': 'pip install sentence-transformers, and name that Python by --python',
  fastapi: 'pip install fastapi uvicorn onnxruntime tokenizers numpy, and name that Python by --python',
} as const;

/** All subjects, in the order in which a round measures them; those that are not installed are `skipped`. */
export function listSubjects(places: Places): Subjects {
  const own = places.checkouts.flatMap((checkout, index) => checkoutSubjects(checkout, index === 0, places));
  const parts = [...own, teiSubjects(places), ...pythonSubjects(places)];
  return {
    servers: parts.flatMap(({ servers = [] }) => servers),
    bulk: parts.flatMap(({ bulk = [] }) => bulk),
    skipped: parts.flatMap(({ skipped = [] }) => skipped),
  };
}

/** @throws CliError USAGE for a name that begins no key */
export function chooseSubjects(subjects: Subjects, { only }: Pick<PeersOptions, 'only'>): Subjects {
  if (only === undefined) return subjects;
  const all = [...subjects.servers, ...subjects.bulk, ...subjects.skipped].map(({ key }) => key);
  const wrong = only.find((name) => !all.some((key) => key.startsWith(name)));
  if (wrong !== undefined)
    throw usageError(`--only: there is no ${wrong}; choose ${[...new Set(all)].join(', ')}.`);
  const chosen = ({ key }: { readonly key: string }) => only.some((name) => key.startsWith(name));
  return {
    servers: subjects.servers.filter(chosen),
    bulk: subjects.bulk.filter(chosen),
    skipped: subjects.skipped.filter(chosen),
  };
}

type Part = Partial<Subjects>;

function checkoutSubjects(checkout: Checkout, own: boolean, { threads }: Places): readonly Part[] {
  return PRECISIONS.map((precision): Part => {
    const key = `${own ? 'pilotlight' : 'base'}-${precision}`;
    const name = `${checkout.label} ${precision}`;
    const { variants, refused, packages, model } = checkout;
    if (variants[precision] === undefined) {
      const reason = refused[precision] ?? `its packages have no ${precision} variant`;
      return { skipped: [{ key, name, reason }] };
    }
    const listen = (port: number) => ({
      args: [checkout.server],
      environment: {
        PILOTLIGHT_PORT: String(port),
        PILOTLIGHT_HOST: '127.0.0.1',
        PILOTLIGHT_MODELS_DIR: packages,
        PILOTLIGHT_PRELOAD_MODELS: model,
        PILOTLIGHT_VARIANT: precision,
        PILOTLIGHT_EXECUTION_PROVIDER: 'cpu',
        // As in the image: the registry has compared the layer of the models by its digest.
        PILOTLIGHT_VERIFY: 'size',
        NODE_ENV: 'production',
      },
    });
    const config = { models: packages, model, scheme: precision, threads, task: 'embeddings' };
    return {
      servers: [
        {
          key,
          name,
          precision,
          spec: { name, command: process.execPath, listen, path: `/models/${model}/embed` },
        },
      ],
      bulk: [
        {
          key,
          name,
          precision,
          command: process.execPath,
          args: (text) => [checkout.embedder, JSON.stringify({ ...config, text })],
          vectors: false,
        },
      ],
    };
  });
}

function teiSubjects({ tei, onnx }: Places): Part {
  const named = PRECISIONS.map((precision) => ({
    key: `tei-${precision}`,
    name: `TEI ort ${precision}`,
    precision,
  }));
  if (tei === undefined) return { skipped: named.map((subject) => ({ ...subject, reason: INSTALL.tei })) };
  const parts = named.map((subject): Part => {
    const folder = onnx[subject.precision];
    if (folder === undefined) return { skipped: [{ ...subject, reason: INSTALL.onnxruntime }] };
    const listen = (port: number) => ({
      args: ['--model-id', folder, '--hostname', '127.0.0.1', '--port', String(port), '--pooling', 'mean'],
    });
    return {
      servers: [{ ...subject, spec: { name: subject.name, command: tei, listen, path: '/embed' } }],
    };
  });
  return {
    servers: parts.flatMap(({ servers = [] }) => servers),
    skipped: parts.flatMap(({ skipped = [] }) => skipped),
  };
}

function pythonSubjects({ python, onnx, checkpoint, threads }: Places): readonly Part[] {
  const script = (file: string) => join(PYTHON_FOLDER, file);
  const embedder = (key: string, name: string, precision: Precision, file: string, models: string): Part => ({
    bulk: [
      {
        key,
        name,
        precision,
        command: python.command,
        args: (text) => [script(file), JSON.stringify({ models, threads, text })],
        vectors: true,
      },
    ],
  });
  const bare = PRECISIONS.map((precision): Part => {
    const [key, name] = [`python-${precision}`, `Python onnxruntime ${precision}`];
    const folder = onnx[precision];
    return folder !== undefined && python.has('onnxruntime', 'tokenizers', 'numpy')
      ? embedder(key, name, precision, 'embed_onnxruntime.py', folder)
      : { skipped: [{ key, name, reason: INSTALL.onnxruntime }] };
  });
  const library = 'sentence-transformers';
  const transformers = python.has('torch', 'sentence_transformers')
    ? embedder(library, library, 'fp32', 'embed_sentence_transformers.py', checkpoint)
    : { skipped: [{ key: library, name: library, reason: INSTALL[library] }] };
  return [...bare, transformers, fastapi({ python, onnx, threads })];
}

function fastapi({ python, onnx, threads }: Pick<Places, 'python' | 'onnx' | 'threads'>): Part {
  const subject = { key: 'fastapi', name: 'FastAPI + onnxruntime fp32', precision: 'fp32' } as const;
  if (!python.has('fastapi', 'uvicorn', 'onnxruntime', 'tokenizers', 'numpy'))
    return { skipped: [{ ...subject, reason: INSTALL.fastapi }] };
  const listen = (port: number) => ({
    args: [join(PYTHON_FOLDER, 'serve_fastapi.py'), onnx.fp32, String(port), String(threads)],
  });
  return {
    servers: [{ ...subject, spec: { name: subject.name, command: python.command, listen, path: '/embed' } }],
  };
}
