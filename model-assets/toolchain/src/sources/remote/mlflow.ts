/**
 * `mlflow:FOLDER`, `mlflow:s3://bucket/prefix`, or `mlflow:models:/name/version` and `mlflow:models:/name@alias` of the server that
 * MLFLOW_TRACKING_URI names: a model that MLflow logged with the flavour transformers or sentence_transformers.
 */

import { fileURLToPath } from 'node:url';
import { readObject } from '@pilotlight/engine/internal/store/s3/read-range';
import { DEFAULT_TRANSFER } from '@pilotlight/engine/internal/store/s3/transfer';
import { ToolchainError } from '../../errors.ts';
import { CARD, MLMODEL } from './choose-files.ts';
import { readFlavour } from './mlflow/ml-model.ts';
import { type RegisteredModel, TrackingServer } from './mlflow/tracking-server.ts';
import type { Environment, RemoteKind } from './remote-source.ts';
import { parseS3Address } from './s3.ts';
import { cacheFolderFor, type FileTree, type Layout, modelOfTree } from './trees/file-tree.ts';
import { localTree } from './trees/local-tree.ts';

const REGISTERED = /^models:\/{1,2}(?<name>[^/@]+)(?:\/(?<version>\d+)|(?<alias>@[\w.-]+))$/;
const MOST_BYTES = 1_000_000;

export const mlflow: RemoteKind = {
  prefix: 'mlflow',
  async open(address, { environment, onPause }) {
    const place = address.slice('mlflow:'.length);
    return modelOfTree({
      address,
      cacheFolder: cacheFolderFor('mlflow', `${environment.MLFLOW_TRACKING_URI ?? ''} ${address}`),
      open: () => openPlace(place, environment, onPause),
      layout: layoutOf(address),
    });
  },
};

async function openPlace(
  place: string,
  environment: Environment,
  onPause: (words: string) => void,
): Promise<FileTree> {
  if (!place.startsWith('models:')) return openFiles(place, environment);
  const { name, version, alias } = REGISTERED.exec(place)?.groups ?? {};
  const wanted = version ?? alias;
  if (name === undefined || wanted === undefined) {
    throw new ToolchainError(
      'USAGE',
      `'mlflow:${place}' must be mlflow:models:/name/version or mlflow:models:/name@alias.`,
    );
  }
  const server = new TrackingServer(environment, onPause);
  const model: RegisteredModel = { name: decodeURIComponent(name), version: wanted };
  const uri = await server.locate(model);
  const artifacts = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(?<folder>.+?)\/*$/.exec(uri)?.groups?.folder;
  return artifacts === undefined ? openFiles(uri, environment) : server.artifacts(artifacts);
}

async function openFiles(uri: string, environment: Environment): Promise<FileTree> {
  if (uri.startsWith('s3:'))
    return (await import('./trees/s3-tree.ts')).s3Tree(parseS3Address(uri), environment);
  if (uri.startsWith('file:')) return localTree(fileURLToPath(uri));
  if (!/^[a-z][\w+.-]*:/i.test(uri)) return localTree(uri);
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The files of the model are at ${uri.split('?', 1)[0]}, which is not read. Bring them here with 'mlflow artifacts download', and add mlflow:FOLDER.`,
  );
}

/** The files of the checkpoint as if they lay in one folder, with its card and with MLmodel. */
function layoutOf(address: string): Layout {
  return async (files, reader) => {
    const paths = files.map(({ path }) => path);
    if (!paths.includes(MLMODEL)) {
      throw new ToolchainError(
        'SOURCE_NOT_FOUND',
        `${address} has no file MLmodel, so it is no model of MLflow.`,
      );
    }
    const text = (await readObject(reader, MLMODEL, MOST_BYTES, DEFAULT_TRANSFER)).toString();
    const { folders } = readFlavour(text, address);
    const places = new Map<string, string>([[MLMODEL, MLMODEL]]);
    const taken = new Set<string>([MLMODEL]);
    const take = (path: string, as: string) => {
      if (!taken.has(as)) places.set(path, as);
      taken.add(as);
    };
    for (const folder of folders) {
      for (const path of paths) if (path.startsWith(folder)) take(path, path.slice(folder.length));
    }
    if (paths.includes('model_card.md')) take('model_card.md', CARD);
    return places;
  };
}
