/** How events and rows name what people see. */

/** Who approves and promotes where no person does. No token and no actor may bear this name. */
export const PIPELINE_ACTOR = 'pipeline';

export const reviewSubject = (model: string, version: number): string => `${model}/${version}`;
