/** Sources that are addresses, `hf:org/model`: they are fetched, and the command goes on with their folders. */
import type { FetchedSource, FetchModelOptions, Progress, Wanted } from '@pilotlight/toolchain';
import { fetchModel } from '@pilotlight/toolchain/internal/fetch-model';
import { isRemote } from '@pilotlight/toolchain/internal/sources/remote/index';

/** The options of a command line that say how something is fetched. */
export interface FetchValues {
  readonly cache?: string | undefined;
  readonly offline?: boolean | undefined;
  readonly revision?: string | undefined;
}

/** Fetches what an address names; undefined for the path of a folder or a file. @throws ToolchainError */
export async function fetchIfRemote(
  source: string | undefined,
  wanted: Wanted,
  { cache, offline, revision }: FetchValues,
  progress: Progress,
): Promise<FetchedSource | undefined> {
  if (source === undefined || !isRemote(source)) return undefined;
  const options: FetchModelOptions = {
    offline: offline || /^(?:1|true|yes|on)$/i.test(process.env.HF_HUB_OFFLINE ?? ''),
    ...(cache !== undefined && { cache }),
    ...(revision !== undefined && { revision }),
  };
  return fetchModel(source, wanted, options, progress);
}
