/** A folder of files somewhere, without versions of its own: what it holds when it is listed is its version. */
import type { ObjectReader } from '@pilotlight/engine/internal/store/s3/objects';
import { sha256Of } from '@pilotlight/model-format';
import { ToolchainError } from '../../../errors.ts';
import type { RemoteFile, RemoteModel } from '../remote-source.ts';

export interface FileTree {
  /** The place, for messages. */
  readonly host: string;
  /** @default true */
  readonly ranges?: boolean;
  /** The files with their tags, in any order. @throws ToolchainError, ObjectError */
  list(): Promise<readonly RemoteFile[]>;
  /** Reads files of that list, each only while it has the tag that it had. */
  reader(files: readonly RemoteFile[]): ObjectReader;
}

/** Chooses files of a tree, and says where they lie in the folder of the model: its path there by its path in the tree. */
export type Layout = (
  files: readonly RemoteFile[],
  reader: ObjectReader,
) => Promise<ReadonlyMap<string, string>>;

interface TreeModel {
  readonly address: string;
  readonly cacheFolder: string;
  /** Opened when it is asked for the first time: not at all where the cache is all there is. */
  readonly open: () => Promise<FileTree>;
  /** @default - as they lie in the tree */
  readonly layout?: Layout;
}

const asTheyLie: Layout = async (files) => new Map(files.map(({ path }) => [path, path]));

/** The model in a tree. Its revision is a hash of the list of its files. */
export function modelOfTree({ address, cacheFolder, open, layout = asTheyLie }: TreeModel): RemoteModel {
  let opened:
    | { tree: FileTree; files: readonly RemoteFile[]; places: ReadonlyMap<string, string> }
    | undefined;
  const model = {
    ...{ address, cacheFolder, id: address, asked: 'latest', host: address },
    async resolve() {
      const tree = await open();
      const files = await tree.list();
      if (files.length === 0) throw new ToolchainError('SOURCE_NOT_FOUND', `${address} has no files.`);
      opened = { tree, files, places: await layout(files, tree.reader(files)) };
      const listed = files.map(({ path, bytes, tag }) => `${path}\t${bytes}\t${tag}\n`).sort();
      return { revision: sha256Of(listed.join('')).slice(0, 40) };
    },
    async list() {
      const { files = [], places = new Map<string, string>() } = opened ?? {};
      return files.flatMap((file) => {
        const path = places.get(file.path);
        return path === undefined ? [] : [{ ...file, path }];
      });
    },
    reader(): ObjectReader {
      const { tree, files = [], places = new Map<string, string>() } = opened ?? {};
      const pathOf = new Map(Array.from(places, ([inTree, inModel]) => [inModel, inTree]));
      const reader = tree?.reader(files);
      return {
        read: async (path, options) => {
          if (reader === undefined)
            throw new ToolchainError('SOURCE_UNAVAILABLE', `${address} was not listed.`);
          return reader.read(pathOf.get(path) ?? path, options);
        },
      };
    },
    get ranges() {
      return opened?.tree.ranges;
    },
  };
  return model;
}

/** The name of a folder of the cache for an address. */
export function cacheFolderFor(kind: string, address: string): string {
  const readable = address.replaceAll(/[^\w.-]+/g, '-').slice(-60);
  return `${kind}/${readable}-${sha256Of(address).slice(0, 12)}`;
}
