/** qanet, whose answers have all that those of bidaf have but the offsets. */
import { type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { openSpanModel } from './reading/span-model.ts';

export const qanet: ArchiveModelDefinition = {
  type: 'qanet',
  open: (archive) => eraseModel(openSpanModel(archive, { givesOffsets: false })),
};

/** The other name that AllenNLP has for it. */
export const rcQanet: ArchiveModelDefinition = { ...qanet, type: 'rc-qanet' };
