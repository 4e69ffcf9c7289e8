/** Keeps a profile beside the package that it is of. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SIDECAR_FILES } from '@pilotlight/model-format';
import { writeSidecar } from '@pilotlight/model-format/internal/package/write-sidecar';
import { type Profile, profileSchema } from './profile.ts';

/** Writes `profile.json`; it is there whole, or as it was before. */
export async function storeProfile(folder: string, profile: Profile): Promise<string> {
  const content = `${JSON.stringify(profileSchema.parse(profile), null, 2)}\n`;
  return await writeSidecar(folder, SIDECAR_FILES.profile, content);
}

/** The profile of a package; nothing where there is none, or where it is of another model.json. */
export async function readProfile(folder: string, checksum: string): Promise<Profile | undefined> {
  const content = await readFile(join(folder, SIDECAR_FILES.profile), 'utf8').catch(() => undefined);
  if (content === undefined) return undefined;
  const parsed = profileSchema.safeParse(JSON.parse(content));
  return parsed.success && parsed.data.manifest === checksum ? parsed.data : undefined;
}
