/**
 * @pilotlight/lifecycle: what happens to a model package between the day that it is made and the day that it is gone. Nothing in it
 * prints; the command line is `pilotlight models`.
 */
export {
  type Checklist,
  type ChecklistItem,
  type ChecklistOptions,
  checklistMarkdown,
  GOLDENS_TITLE,
  makeChecklist,
} from './checklist/checklist.ts';
export * from './compare/index.ts';
export { LIFECYCLE_ERROR_CODES, LifecycleError, type LifecycleErrorCode } from './errors.ts';
export { type DatasetFile, type ReadRowsOptions, readRows } from './evaluate/dataset/read-rows.ts';
export { type EvaluateOptions, evaluate } from './evaluate/evaluate.ts';
export { type Gate, parseGates } from './evaluate/gates.ts';
export { evaluationMarkdown } from './evaluate/page/markdown.ts';
export { evaluationPage } from './evaluate/page/page.ts';
export {
  type EvaluationReport,
  evaluationReportSchema,
  readEvaluationReport,
} from './evaluate/report-schema.ts';
export { type MigrateOptions, type MigrateResult, migratePackage } from './migrate/migrate-package.ts';
export * from './profile/index.ts';
export { readSignatures, type SignResult, signPackage, verifySignature } from './sign/sign-package.ts';
export { openFileSigner, openKmsSigner, type PackageSigner, writeNewKey } from './sign/signer.ts';
