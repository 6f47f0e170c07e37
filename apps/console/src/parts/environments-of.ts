import type { Model } from '@graft/contracts';

/** Where a model serves, by name, and which of them is looked at first: production, unless it only serves elsewhere. */
export const environmentsOf = (model: Model | undefined): { environments: string[]; preset: string } => {
  const environments = Object.keys(model?.champions ?? {}).sort();
  const [first = 'production'] = environments;
  return { environments, preset: environments.includes('production') ? 'production' : first };
};
