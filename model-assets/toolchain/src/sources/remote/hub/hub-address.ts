/** Names of models on the Hugging Face Hub, as people write them. */

const URL_OF_HUB =
  /^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/(?<id>[\w.-]+\/[\w.-]+)(?:\/(?:tree|resolve|blob)\/(?<revision>[\w.-]+).*)?\/?$/;
const PREFIXED =
  /^(?:hf:(?:\/\/)?|hub:\/\/)(?<id>\w[\w.-]*(?:\/\w[\w.-]*)?)(?:@(?<revision>[\w.-]+(?:\/[\w.-]+)*))?$/;
/** `org/model` and `model`; a path that begins with a dot is none. */
const BARE = /^(?<id>\w[\w.-]*(?:\/\w[\w.-]*)?)(?:@(?<revision>[\w.-]+))?$/;

export interface HubAddress {
  /** `org/model`; the first models have no organisation. */
  readonly id: string;
  /** A branch, a tag or a commit. */
  readonly revision: string | undefined;
}

/** Reads `hf:org/model@revision`; undefined for anything else. */
export function parseHubAddress(address: string): HubAddress | undefined {
  return readGroups(PREFIXED.exec(address));
}

/** The address that may have been meant by a name where a folder is wanted; undefined where it cannot be a name of the hub. */
export function guessHubAddress(name: string): string | undefined {
  const found = readGroups(URL_OF_HUB.exec(name) ?? PREFIXED.exec(name) ?? BARE.exec(name));
  return found && `hf:${found.id}${found.revision === undefined ? '' : `@${found.revision}`}`;
}

function readGroups(match: RegExpExecArray | null): HubAddress | undefined {
  const { id, revision } = match?.groups ?? {};
  return id === undefined ? undefined : { id, revision };
}
