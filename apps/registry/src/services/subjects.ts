/** How events and rows name what people see. */

/** Who approves and promotes where no person does. No token and no actor may bear this name. */
export const PIPELINE_ACTOR = 'pipeline';
/** Who lets a review expire: the registry's own clock. Nor may anybody bear this name. */
export const CLOCK_ACTOR = 'registry';

export const isGraftsOwn = (name: string): boolean => name === PIPELINE_ACTOR || name === CLOCK_ACTOR;

export const reviewSubject = (model: string, version: number): string => `${model}/${version}`;
