/** Records what a model's texts are usually like: texts through the serving engine, into `reference.json` beside its manifest. */
import { join } from 'node:path';
import {
  Engine,
  type Predictor,
  type ResolvedRef,
  type TaskName,
  type TokenRequest,
} from '@pilotlight/engine';
import { findChecksum, SIDECAR_FILES } from '@pilotlight/model-format';
import { Counts, LEAST_REFERENCE_TEXTS, referenceText } from '@pilotlight/model-format/drift';
import { writeSidecar } from '@pilotlight/model-format/internal/package/write-sidecar';
import { ToolchainError } from '../errors.ts';

/** Texts of one call: enough for full batches, few enough for a progress bar to move. */
const TEXTS_PER_CALL = 256;

export interface RecordOptions {
  /** Folder of packages. */
  readonly packages: string;
  readonly ref: ResolvedRef;
  readonly requests: readonly TokenRequest[];
  /** Where the texts are from, in words: `clinc150/dev`. */
  readonly source: string;
  /** @default - the one that is served by default */
  readonly variant?: string;
}

export interface RecordedReference {
  /** Path of the file. */
  readonly file: string;
  /** Texts that the model answered. */
  readonly texts: number;
  /** Texts that it refused, which are not in the reference. */
  readonly refused: number;
  readonly means: Readonly<Record<'tokens' | 'unknown' | 'confidence' | 'entropy', number | undefined>>;
}

/** Inputs of each task, of a text and the text beside it. Tasks that ask for more, such as labels, have no reference. */
const INPUTS: Readonly<Partial<Record<TaskName, (request: TokenRequest) => unknown>>> = {
  'text-classification': ({ text, pair }) => (pair === undefined ? text : { text, text_pair: pair }),
  'token-classification': ({ text }) => text,
  'feature-extraction': ({ text }) => text,
  'question-answering': ({ text, pair }) => ({ question: text, context: pair }),
};

/** Whether a reference of models for this task can be recorded from texts. */
export function takesReference(task: TaskName): boolean {
  return INPUTS[task] !== undefined;
}

/**
 * Texts that are too long are cut, as a server does it that is asked to. The file appears whole, in place of one that was there.
 *
 * @throws ToolchainError TEXTS_INVALID for too few texts, SOURCE_UNSUPPORTED for a task that asks for more than texts; EngineError
 */
export async function recordReference(
  { packages, ref, requests, source, variant }: RecordOptions,
  report: (done: number) => void = () => {},
): Promise<RecordedReference> {
  const engine = new Engine({ packages, readings: true, ...(variant !== undefined && { variant }) });
  try {
    const predictor = await engine.predictor(ref);
    const { manifest, variantName } = predictor;
    const checksum = findChecksum(manifest);
    if (checksum === undefined) throw new TypeError('A manifest that was read from a file has a sum.');
    const { counts, refused } = await countTexts(predictor, requests, report);
    if (counts.texts < LEAST_REFERENCE_TEXTS) throw tooFew(counts.texts);
    const content = referenceText({ counts, manifestSha256: checksum, variant: variantName, source });
    return {
      file: await store(join(packages, ref.name, ref.version), content),
      texts: counts.texts,
      refused,
      means: {
        tokens: counts.mean('tokens'),
        unknown: counts.mean('unknown'),
        confidence: counts.mean('confidence'),
        entropy: counts.mean('entropy'),
      },
    };
  } finally {
    await engine.dispose();
  }
}

async function countTexts(
  predictor: Predictor,
  requests: readonly TokenRequest[],
  report: (done: number) => void,
): Promise<{ counts: Counts; refused: number }> {
  const { name, task } = predictor.manifest;
  const toInput = INPUTS[task];
  if (!toInput) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `Model ${name} is for ${task}, whose inputs are more than texts: there is no reference of it.`,
    );
  }
  const counts = new Counts();
  for (let start = 0; start < requests.length; start += TEXTS_PER_CALL) {
    const inputs = requests.slice(start, start + TEXTS_PER_CALL).map(toInput);
    const { readings = [] } = await predictor.predictEach(inputs, { truncate: true });
    for (const reading of readings) counts.add(reading);
    report(Math.min(1, (start + inputs.length) / requests.length));
  }
  return { counts, refused: requests.length - counts.texts };
}

async function store(folder: string, content: string): Promise<string> {
  try {
    return await writeSidecar(folder, SIDECAR_FILES.reference, content);
  } catch (cause) {
    const file = join(folder, SIDECAR_FILES.reference);
    throw new ToolchainError('STORAGE_FAILED', `${file} cannot be written.`, { cause });
  }
}

function tooFew(texts: number): ToolchainError {
  return new ToolchainError(
    'TEXTS_INVALID',
    `The model answered ${texts} of the texts; a reference takes ${LEAST_REFERENCE_TEXTS} or more, because fewer say too little of what is usual.`,
  );
}
