/** `hf:org/model@revision`: a model of the Hugging Face Hub, or of a mirror that HF_ENDPOINT names. */
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';
import { HttpClient } from './http/http-client.ts';
import { HttpReader } from './http/http-reader.ts';
import { parseHubAddress } from './hub/hub-address.ts';
import { explainRefusal } from './hub/hub-errors.ts';
import { findToken } from './hub/hub-token.ts';
import { type Environment, PATH_INSIDE, type RemoteFile, type RemoteKind } from './remote-source.ts';

const HUB = 'https://huggingface.co';
const COMMIT = /^[0-9a-f]{40}$/;
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

const infoSchema = z.object({ sha: z.string().regex(COMMIT, 'must be a commit') });
const entrySchema = z.object({
  type: z.string(),
  path: z.string().regex(PATH_INSIDE, 'must be a path inside the model'),
  size: z.int().nonnegative(),
  oid: z.string().regex(COMMIT).optional(),
  xetHash: z.string().optional(),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).optional(),
});

export const huggingFace: RemoteKind = {
  prefix: 'hf',
  async open(address, { revision, environment, onPause }) {
    const parsed = parseHubAddress(address);
    if (parsed === undefined) {
      throw new ToolchainError(
        'USAGE',
        `'${address}' is no model of the hub: write hf:org/model or hf:org/model@revision.`,
      );
    }
    const { id } = parsed;
    if (parsed.revision !== undefined && revision !== undefined && revision !== parsed.revision) {
      throw new ToolchainError(
        'USAGE',
        `${address} and --revision ${revision} name two revisions: name one.`,
      );
    }
    const asked = parsed.revision ?? revision ?? 'main';
    const endpoint = readEndpoint(environment);
    const token = isPrivateWay(endpoint) ? findToken(environment) : undefined;
    const base = endpoint.href.replace(/\/$/, '');
    const client = new HttpClient({
      endpoint,
      authorization: token && `Bearer ${token.value}`,
      explain: (response) =>
        explainRefusal(response, { id, revision: asked, endpoint: base, tokenFrom: token?.from }),
      onPause,
      adviceOnLimit: token === undefined ? ' With a token in HF_TOKEN more are taken.' : '',
    });
    const shared = { hubUrl: base, fetch: client.fetch };
    return {
      address: `hf:${id}`,
      id,
      asked,
      host: endpoint.host,
      cacheFolder: `${endpoint.host.replace(':', '_')}/models--${id.replace('/', '--')}`,
      async resolve() {
        if (COMMIT.test(asked)) return { revision: asked };
        const { modelInfo } = await import('@huggingface/hub');
        const info = await modelInfo({ ...shared, name: id, revision: asked, additionalFields: ['sha'] });
        return { revision: readAnswer(infoSchema, info, endpoint).sha };
      },
      async list(commit) {
        const { listFiles } = await import('@huggingface/hub');
        const files: RemoteFile[] = [];
        for await (const item of listFiles({ ...shared, repo: id, revision: commit, recursive: true })) {
          const entry = readAnswer(entrySchema, item, endpoint);
          if (entry.type === 'file') files.push(describe(entry));
        }
        return files;
      },
      reader: (commit) =>
        new HttpReader(client, (path) => new URL(`${base}/${id}/resolve/${commit}/${encodePath(path)}`)),
      pause: (signal) => client.pause(signal),
    };
  },
};

function describe({ path, size, oid, lfs, xetHash }: z.infer<typeof entrySchema>): RemoteFile {
  if (lfs !== undefined) return { path, bytes: lfs.size, sum: { algorithm: 'sha256', value: lfs.oid } };
  // The id in Git is then that of a pointer, not of the file.
  if (xetHash !== undefined) return { path, bytes: size, tag: xetHash };
  return { path, bytes: size, ...(oid !== undefined && { sum: { algorithm: 'git', value: oid } }) };
}

/** @throws ToolchainError USAGE */
function readEndpoint({ HF_ENDPOINT }: Environment): URL {
  const url = URL.parse(HF_ENDPOINT || HUB);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new ToolchainError(
    'USAGE',
    `HF_ENDPOINT '${HF_ENDPOINT}' must be the address of a hub, such as ${HUB}.`,
  );
}

/** A token goes over connections that nobody else can read. */
function isPrivateWay({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || LOOPBACK.test(hostname);
}

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

function readAnswer<Schema extends z.ZodType>(
  schema: Schema,
  answer: unknown,
  { host }: URL,
): z.infer<Schema> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ToolchainError(
    'SOURCE_UNAVAILABLE',
    `${host} does not answer as a hub does: ${issue?.path.join('.')} ${issue?.message}.`,
  );
}
