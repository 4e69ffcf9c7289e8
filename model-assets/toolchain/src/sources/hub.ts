/** Names of models on the Hugging Face Hub, which people give where a folder is wanted. */
import { existsSync } from 'node:fs';

const HUB_URL =
  /^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/(?<id>[\w.-]+\/[\w.-]+)(?:\/(?:tree|resolve|blob)\/(?<revision>[\w.-]+).*)?\/?$/;
const PREFIXED = /^(?:hf:(?:\/\/)?|hub:\/\/)(?<id>[\w.-]+(?:\/[\w.-]+)?)(?:@(?<revision>[\w.-]+))?$/;
/** `org/model` and `model`; a path that begins with a dot is none. */
const BARE = /^(?<id>\w[\w.-]*(?:\/\w[\w.-]*)?)(?:@(?<revision>[\w.-]+))?$/;

/** The command that fetches a model of the hub; undefined where `name` cannot be one of its names. */
export function downloadCommand(
  name: string,
): { readonly command: string; readonly folder: string } | undefined {
  const { id, revision } = (HUB_URL.exec(name) ?? PREFIXED.exec(name) ?? BARE.exec(name))?.groups ?? {};
  if (id === undefined) return undefined;
  const folder = `./${id.split('/').at(-1)}`;
  const at = revision === undefined ? '' : ` --revision ${revision}`;
  return { command: `hf download ${id}${at} --local-dir ${folder}`, folder };
}

/** Says why there is no folder at `path`, and how to come to one. */
export function explainMissing(path: string): string {
  if (existsSync(path)) return `'${path}' is a file, not a folder.`;
  const none = `There is no folder '${path}'.`;
  const download = downloadCommand(path);
  if (download === undefined) return none;
  const { command, folder } = download;
  return `${none} If it is a model of the Hugging Face Hub, fetch it with '${command}', then add ${folder}.`;
}
