/** Calls transformers.js, which no other file does. It is imported when the first of its packages is opened, and not before. */

import { TRANSFORMERS_JS_TASKS } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { refuse } from './media.ts';
import type { OpenModel, OpenTransformersJs, Parameters } from './runtime.ts';

type Library = typeof import('@huggingface/transformers');
type Sharp = typeof import('sharp').default;

/** Larger images are refused before they are decoded: 100 MB of pixels, at four bytes each. */
const MAX_PIXELS = 25_000_000;

/** @throws EngineError PACKAGE_INVALID where transformers.js is not installed, or refuses the package */
export const openTransformersJs: OpenTransformersJs = async (folder, { task, dtype }, { intraOpThreads }) => {
  const { library, sharp } = await load();
  const run = await opened(() =>
    library.pipeline(task, folder, {
      dtype,
      device: 'cpu',
      local_files_only: true,
      session_options: { intraOpNumThreads: intraOpThreads },
    }),
  );
  return new LibraryModel(
    run,
    TRANSFORMERS_JS_TASKS[task].input === 'image' ? { library, sharp } : undefined,
  );
};

/** Imports both libraries. The bundles of functions leave them out, because no Lambda function has their files. */
async function load(): Promise<{ library: Library; sharp: Sharp }> {
  try {
    const [library, { default: sharp }] = await Promise.all([
      import('@huggingface/transformers'),
      import('sharp'),
    ]);
    confine(library.env);
    return { library, sharp };
  } catch (cause) {
    throw new EngineError(
      'PACKAGE_INVALID',
      'it needs transformers.js, which is not installed here. Install it (npm i @huggingface/transformers sharp), or serve the model on the server.',
      { cause },
    );
  }
}

/** Lets the library read the files of the package and write none. Requests to a network are refused. */
function confine(env: Library['env']): void {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.useFSCache = false;
  env.useBrowserCache = false;
  env.useWasmCache = false;
  env.logLevel = 40;
  env.fetch = () =>
    Promise.reject(
      new EngineError('SESSION_FAILED', 'A model tried to fetch something, which no model may.'),
    );
}

async function opened<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new EngineError('PACKAGE_INVALID', 'transformers.js cannot open it.', { cause });
  }
}

/** The library's pipeline as this file calls it: every task has types of its own, and the manifest says which one only at run time. */
interface Callable {
  (...input: unknown[]): Promise<unknown>;
  readonly processor?: {
    readonly feature_extractor?: { readonly config: { readonly sampling_rate?: number } };
  };
  dispose(): Promise<void>;
}

class LibraryModel implements OpenModel {
  readonly samplingRate: number | undefined;
  readonly #run: Callable;
  readonly #images: { library: Library; sharp: Sharp } | undefined;

  constructor(run: unknown, images: { library: Library; sharp: Sharp } | undefined) {
    this.#run = run as Callable;
    this.#images = images;
    this.samplingRate = this.#run.processor?.feature_extractor?.config.sampling_rate;
  }

  async run(input: string | Uint8Array | Float32Array, second: unknown, parameters: Parameters) {
    const value = input instanceof Uint8Array ? await this.#image(input) : input;
    const leading = second === undefined ? [value] : [value, second];
    try {
      return await toJson(await this.#run(...leading, parameters));
    } catch (cause) {
      throw new EngineError('SESSION_FAILED', 'The pipeline failed on an input or its parameters.', {
        cause,
      });
    }
  }

  async dispose(): Promise<void> {
    await this.#run.dispose();
  }

  async #image(file: Uint8Array) {
    if (!this.#images) throw refuse('inputs', 'must not be an image');
    const { library, sharp } = this.#images;
    const decoded = await sharp(file, { limitInputPixels: MAX_PIXELS })
      .rotate()
      .raw()
      .toBuffer({ resolveWithObject: true })
      .catch((cause: unknown) => {
        throw new EngineError(
          'INVALID_INPUT',
          `inputs: the image cannot be decoded, or has more than ${MAX_PIXELS / 1e6} million pixels.`,
          { details: { field: 'inputs' }, cause },
        );
      });
    const { data, info } = decoded;
    return new library.RawImage(new Uint8ClampedArray(data), info.width, info.height, info.channels);
  }
}

interface ImageLike {
  toSharp(): { png(): { toBuffer(): Promise<Buffer> } };
}

async function toJson(value: unknown): Promise<unknown> {
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
  if (Array.isArray(value)) return Promise.all(value.map(toJson));
  if (typeof value !== 'object' || value === null) return value;
  if ('tolist' in value && typeof value.tolist === 'function') return value.tolist();
  if ('toSharp' in value) {
    return (await (value as ImageLike).toSharp().png().toBuffer()).toString('base64');
  }
  const entries = Object.entries(value).map(async ([key, field]) => [key, await toJson(field)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
