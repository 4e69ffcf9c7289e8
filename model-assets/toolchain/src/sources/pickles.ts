/** Weights in a pickle, which runs code when it is opened. */
import { ToolchainError } from '../errors.ts';
import type { SourceFolder } from './folder.ts';

const PICKLE = /^((pytorch|adapter)_model.*\.(bin|index\.json)|.*\.(pt|pth|ckpt|pkl))$/;
/** The states of a training that lie beside the weights. */
const STATE = /^(optimizer|scheduler|scaler|training_args|rng_state.*)\./;

/** Throws SOURCE_UNSUPPORTED, with the way out, where the folder has such a file. */
export function refusePickles(folder: SourceFolder): void {
  const file = folder.list().find((name) => PICKLE.test(name) && !STATE.test(name));
  if (file === undefined) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The weights are a pickle (${file}), which runs code when it is opened, so it is not opened. Many models have model.safetensors too: ` +
      'download that. Else convert the file where you trust it: save_pretrained(..., safe_serialization=True) of the class in config.json, ' +
      'from transformers or PEFT, writes it.',
  );
}
