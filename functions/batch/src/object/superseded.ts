import { PilotlightError } from '@pilotlight/engine';

/** The file was replaced or deleted after the event that is processed; the event of what replaced it does the work. */
export class Superseded extends PilotlightError<'SUPERSEDED'> {
  constructor(key: string, cause?: unknown) {
    super('SUPERSEDED', `${key} was replaced or deleted meanwhile.`, { cause });
    this.name = 'Superseded';
  }
}
