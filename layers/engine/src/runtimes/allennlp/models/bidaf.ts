/** bidaf: bidirectional attention flow. */
import { type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { openSpanModel } from './reading/span-model.ts';

export const bidaf: ArchiveModelDefinition = {
  type: 'bidaf',
  open: (archive) => eraseModel(openSpanModel(archive, { givesOffsets: true })),
};
