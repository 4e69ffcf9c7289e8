/** Files of torch and of scikit-learn that hold more than the weights of a model, or nobody knows what. */
import { ToolchainError } from '../errors.ts';
import type { SourceFolder } from './folder.ts';

const PICKLE = /^((pytorch|adapter)_model.*\.bin|.*\.(pt|pth|ckpt|pkl))$/;
/** The states of a training that lie beside the weights. */
const STATE = /^(optimizer|scheduler|scaler|training_args|rng_state.*)\./;

/** Throws SOURCE_UNSUPPORTED, with the way out, where the folder has such a file and no weights that are read. */
export function refusePickles(folder: Pick<SourceFolder, 'list'>): void {
  const file = folder.list().find((name) => PICKLE.test(name) && !STATE.test(name));
  if (file === undefined) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The weights are in ${file}, a pickle of an unknown form, which runs code when it is opened, so it is not opened. Read are ` +
      'model.safetensors and pytorch_model.bin (or their shards with their index), and adapter_model of an adapter: save_pretrained of the ' +
      'class in config.json, from transformers or PEFT, writes them.',
  );
}
