/** MLmodel: what MLflow says of a model, in YAML; of it the fields of a flavour that lie side by side are read. */
import { ToolchainError } from '../../../errors.ts';

/** The flavours that hold a checkpoint: where it lies, as MLflow writes them (mlflow/transformers, mlflow/sentence_transformers). */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  transformers: ['model/', 'components/tokenizer/'],
  sentence_transformers: ['model.sentence_transformer/'],
};

export interface Flavour {
  /** Folders of the model, whose files together are the checkpoint. */
  readonly folders: readonly string[];
}

/** @throws ToolchainError SOURCE_UNSUPPORTED where no flavour holds a checkpoint */
export function readFlavour(text: string, address: string): Flavour {
  const names = listFlavours(text);
  const name = names.find((each) => Object.hasOwn(FOLDERS, each));
  if (name === undefined) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `${address} has the flavours ${names.join(', ') || 'none'}; those that are read are ${Object.keys(FOLDERS).join(' and ')}.`,
    );
  }
  const fields = readFields(text, name);
  const hub = fields.get('source_model_name');
  if (name === 'transformers' && !fields.has('model_binary') && hub !== undefined) {
    const revision = fields.get('source_model_revision');
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `${address} has no weights (it was saved with save_pretrained=False): add hf:${hub}${revision ? `@${revision}` : ''}, which it refers to.`,
    );
  }
  const [model = '', ...components] = FOLDERS[name] ?? [];
  const binary = fields.get('model_binary');
  return { folders: [binary === undefined ? model : `${binary}/`, ...components] };
}

/** The task of a pipeline, such as text-classification; undefined where there is none, or no MLmodel. */
export function readTask(text: string | undefined): string | undefined {
  return text === undefined ? undefined : readFields(text, 'transformers').get('task');
}

function listFlavours(text: string): string[] {
  const [, flavours = ''] = /^flavors:\s*\r?\n((?:(?: .*)?\r?\n)*)/m.exec(`${text}\n`) ?? [];
  return Array.from(flavours.matchAll(/^ {2}(\w+):/gm), ([, name = '']) => name);
}

/** Fields with one value of a flavour. */
function readFields(text: string, flavour: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/);
  const at = lines.indexOf(`  ${flavour}:`);
  const fields = new Map<string, string>();
  for (const line of at < 0 ? [] : lines.slice(at + 1)) {
    if (!line.startsWith('    ')) break;
    const [, key, value] = /^ {4}(\w+): +(\S.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined && value !== 'null')
      fields.set(key, value.replace(/^(['"])(.*)\1$/, '$2'));
  }
  return fields;
}
