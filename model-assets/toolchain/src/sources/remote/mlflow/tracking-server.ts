/** The REST API of an MLflow server: where a registered model lies, and the artifacts that the server passes on itself. */
import { z } from 'zod';
import { ToolchainError } from '../../../errors.ts';
import { HttpClient } from '../http/http-client.ts';
import { HttpReader } from '../http/http-reader.ts';
import type { Environment, RemoteFile } from '../remote-source.ts';
import type { FileTree } from '../trees/file-tree.ts';

export interface RegisteredModel {
  readonly name: string;
  /** A version, or `@` and an alias. */
  readonly version: string;
}

const uriSchema = z.object({ artifact_uri: z.string().min(1) });
const aliasSchema = z.object({ model_version: z.object({ version: z.union([z.string(), z.int()]) }) });
const filesSchema = z.object({
  files: z
    .array(
      z.object({
        path: z.string().regex(/^(?!\.{1,2}$)[^/\\\0]+$/, 'must be a plain name'),
        is_dir: z.boolean().nullish(),
        file_size: z.coerce.number().int().nonnegative().nullish(),
      }),
    )
    .nullish(),
});
/** Folders in folders, before they are taken for a circle. */
const DEEPEST = 8;

export class TrackingServer {
  readonly #client: HttpClient;
  readonly #base: string;

  /** @throws ToolchainError USAGE unless MLFLOW_TRACKING_URI names a server */
  constructor(environment: Environment, onPause: (words: string) => void) {
    const { MLFLOW_TRACKING_URI } = environment;
    const endpoint = URL.parse(MLFLOW_TRACKING_URI ?? '');
    if (endpoint === null || !/^https?:$/.test(endpoint.protocol)) {
      throw new ToolchainError(
        'USAGE',
        `mlflow:models:/ asks the server that MLFLOW_TRACKING_URI names, and that is ${MLFLOW_TRACKING_URI ? 'no address of one' : 'not set'}.`,
      );
    }
    this.#base = endpoint.href.replace(/\/$/, '');
    this.#client = new HttpClient({
      endpoint,
      authorization: readAuthorization(environment),
      explain: (response) => explain(response, endpoint.host),
      onPause,
      adviceOnLimit: '',
    });
  }

  /** The address of the files of a registered model, such as s3://... or mlflow-artifacts:/... @throws ToolchainError, ObjectError */
  async locate({ name, version }: RegisteredModel): Promise<string> {
    const number = version.startsWith('@') ? await this.#resolveAlias(name, version.slice(1)) : version;
    const query = { name, version: number };
    return (await this.#ask('mlflow/model-versions/get-download-uri', query, uriSchema)).artifact_uri;
  }

  /** A folder of artifacts that the server passes on. It gives whole files. */
  artifacts(folder: string): FileTree {
    const root = `${this.#base}/api/2.0/mlflow-artifacts/artifacts`;
    return {
      host: new URL(this.#base).host,
      ranges: false,
      list: () => this.#list(folder, '', DEEPEST),
      reader: (files) => {
        const sizes = new Map(files.map(({ path, bytes }) => [path, bytes]));
        const urlFor = (path: string) =>
          new URL(`${root}/${`${folder}/${path}`.split('/').map(encodeURIComponent).join('/')}`);
        return new HttpReader(this.#client, urlFor, (path) => sizes.get(path));
      },
    };
  }

  async #list(folder: string, below: string, deepest: number): Promise<RemoteFile[]> {
    const path = below === '' ? folder : `${folder}/${below}`;
    const { files } = await this.#ask('mlflow-artifacts/artifacts', { path }, filesSchema);
    const found: RemoteFile[] = [];
    for (const { path: name, is_dir, file_size } of files ?? []) {
      const own = below === '' ? name : `${below}/${name}`;
      if (is_dir && deepest > 0) found.push(...(await this.#list(folder, own, deepest - 1)));
      else if (!is_dir) found.push({ path: own, bytes: file_size ?? 0, tag: '' });
    }
    return found;
  }

  async #resolveAlias(name: string, alias: string): Promise<string> {
    const { model_version } = await this.#ask('mlflow/registered-models/alias', { name, alias }, aliasSchema);
    return String(model_version.version);
  }

  async #ask<Schema extends z.ZodType>(
    what: string,
    query: Readonly<Record<string, string>>,
    schema: Schema,
  ): Promise<z.infer<Schema>> {
    const response = await this.#client.fetch(`${this.#base}/api/2.0/${what}?${new URLSearchParams(query)}`);
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    throw new ToolchainError(
      'SOURCE_UNAVAILABLE',
      `${this.#client.host} does not answer as an MLflow server does.`,
    );
  }
}

function readAuthorization(environment: Environment): string | undefined {
  const { MLFLOW_TRACKING_TOKEN, MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD = '' } = environment;
  if (MLFLOW_TRACKING_TOKEN) return `Bearer ${MLFLOW_TRACKING_TOKEN}`;
  if (!MLFLOW_TRACKING_USERNAME) return undefined;
  return `Basic ${Buffer.from(`${MLFLOW_TRACKING_USERNAME}:${MLFLOW_TRACKING_PASSWORD}`).toString('base64')}`;
}

function explain({ status }: Response, host: string): ToolchainError {
  if (status === 401 || status === 403) {
    return new ToolchainError(
      'SOURCE_DENIED',
      `${host} refuses the request (${status}): set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, of a user who may read the model.`,
    );
  }
  if (status === 404)
    return new ToolchainError('SOURCE_NOT_FOUND', `${host} has no such registered model, version or alias.`);
  return new ToolchainError('SOURCE_UNAVAILABLE', `${host} answered with ${status}.`);
}
