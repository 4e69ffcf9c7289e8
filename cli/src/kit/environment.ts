/** Variables that the command line itself reads; beside them, a `PILOTLIGHT_` that no function knows is a typing mistake. */
export const COMMAND_SETTINGS: readonly string[] = ['PILOTLIGHT_CACHE', 'PILOTLIGHT_DEBUG'];
