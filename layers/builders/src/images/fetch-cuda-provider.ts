/**
 * Runs while the image is built: fetches the libraries of ONNX Runtime's CUDA provider, which are too large for npm, from
 * the NuGet feed that its own install script names, and compares the sha512 that the feed has recorded for the package, and
 * the one that is pinned. `node fetch-cuda-provider.ts <folder>`; it knows nothing of the rest of the repository.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';

/** `cuda-provider.json` beside this file, which layers/builders/src/images/cuda-provider.ts writes. */
interface Wanted {
  readonly feed: string;
  readonly package: string;
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
}

/** A feed that answers otherwise than https://learn.microsoft.com/nuget/api/overview says, or with other bytes. */
class FetchError extends Error {
  override readonly name = 'FetchError';
}

const ATTEMPTS = 4;

async function main(output: string, pinned: string): Promise<void> {
  const wanted: Wanted = JSON.parse(readFileSync(join(import.meta.dirname, 'cuda-provider.json'), 'utf8'));
  const { content, recorded } = await findAddresses(wanted);
  const archive = await fetchBytes(content);
  const sha512 = createHash('sha512').update(archive).digest('base64');
  const what = `${wanted.package} ${wanted.version}`;
  for (const [who, expected] of [
    ['the feed', recorded],
    ['CUDA_PROVIDER_SHA512', pinned],
  ]) {
    if (expected === '' || expected === sha512) continue;
    throw new FetchError(`The sha512 of ${what} is ${sha512}; ${who} says ${expected}. It is not installed.`);
  }
  mkdirSync(output, { recursive: true });
  for (const [name, library] of Object.entries(librariesIn(archive, wanted)))
    writeFileSync(join(output, name), library, { mode: 0o644 });
  console.log(`${what}: sha512 ${sha512}${pinned === '' ? '; pin it by CUDA_PROVIDER_SHA512' : ''}`);
}

/** Finds the address of the package, and the checksum that the feed's catalogue has recorded for it. */
async function findAddresses({ feed, package: name, version }: Wanted) {
  const index = await fetchJson(feed);
  const resources: unknown[] = Array.isArray(index.resources) ? index.resources : [];
  const base = (type: string): string => {
    const found = resources.map((entry) => Object(entry)).find((entry) => entry['@type'] === type);
    if (typeof found?.['@id'] === 'string') return found['@id'].replace(/\/*$/, '/');
    throw new FetchError(`${feed} has no ${type}: is it a NuGet feed?`);
  };
  const [id, number] = [name.toLowerCase(), version.toLowerCase()];
  const leaf = await fetchJson(`${base('RegistrationsBaseUrl/3.6.0')}${id}/${number}.json`);
  const entry = await fetchJson(String(leaf.catalogEntry));
  if (entry.packageHashAlgorithm !== 'SHA512' || typeof entry.packageHash !== 'string')
    throw new FetchError(`${feed} has recorded no SHA512 of ${name} ${version}.`);
  const content = `${base('PackageBaseAddress/3.0.0')}${id}/${number}/${id}.${number}.nupkg`;
  return { content, recorded: entry.packageHash };
}

function librariesIn(archive: Uint8Array, { files, package: name }: Wanted): Record<string, Uint8Array> {
  const paths = new Set(Object.values(files));
  const found = unzipSync(archive, { filter: (entry) => paths.has(entry.name) });
  return Object.fromEntries(
    Object.entries(files).map(([library, path]) => {
      const bytes = found[path];
      if (bytes === undefined) throw new FetchError(`${name} has no ${path}.`);
      return [library, bytes];
    }),
  );
}

async function fetchJson(url: string): Promise<Record<string, unknown>> {
  return Object(JSON.parse(new TextDecoder().decode(await fetchBytes(url))));
}

/** Fetches bytes, and tries again if the connection breaks or the feed is busy. */
async function fetchBytes(url: string, attempt = 1): Promise<Uint8Array> {
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    const error = new FetchError(`${url} answers ${response.status}.`);
    if (response.status < 500 && response.status !== 429) throw error;
    if (attempt === ATTEMPTS) throw error;
  } catch (error) {
    if (error instanceof FetchError || attempt === ATTEMPTS) throw error;
  }
  await new Promise((resolve) => setTimeout(resolve, 250 * 4 ** attempt));
  return fetchBytes(url, attempt + 1);
}

await main(process.argv[2] ?? '.', process.env.CUDA_PROVIDER_SHA512 ?? '');
