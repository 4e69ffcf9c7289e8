/** The token of the user, where Python's client looks for it (huggingface.co/docs/huggingface_hub/package_reference/environment_variables). */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '@pilotlight/model-format/internal/package/system';
import type { Environment } from '../remote-source.ts';

export interface HubToken {
  readonly value: string;
  /** Where it was found, for messages: its value is in none. */
  readonly from: string;
}

/** HF_TOKEN, else the file that `hf auth login` writes. */
export function findToken(environment: Environment): HubToken | undefined {
  const { HF_TOKEN, HF_TOKEN_PATH, HF_HOME, XDG_CACHE_HOME } = environment;
  const given = HF_TOKEN?.trim();
  if (given) return { value: given, from: 'HF_TOKEN' };
  const home =
    HF_HOME ?? join(XDG_CACHE_HOME ?? join(environment.HOME ?? homedir(), '.cache'), 'huggingface');
  const path = HF_TOKEN_PATH ?? join(home, 'token');
  const value = readIfThere(path)?.trim();
  return value ? { value, from: path } : undefined;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) return undefined;
    throw error;
  }
}
