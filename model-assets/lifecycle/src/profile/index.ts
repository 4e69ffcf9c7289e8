/** What a package takes of a machine, and the limits that follow from it. */
export { type Profile, type ProposedLimit, profileSchema, type Shape, type TimeShares } from './profile.ts';
export { type ProfileOptions, type ProfileResult, profileModel } from './profile-model.ts';
export { profilePage, profilePlots } from './report.ts';
export { readProfile, storeProfile } from './store.ts';
