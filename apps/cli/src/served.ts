/** What each environment serves of each model, and how many replicas do. */
import { isNewer, type Model, type Replica, type VariantName } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';

export interface Served {
  readonly model: string;
  readonly environment: string;
  readonly version: number;
  readonly variant: VariantName;
  readonly generation: number;
  /** Live replicas of the environment that serve this generation or a newer one, not set to another by hand, and all that are live there. */
  readonly replicas: { readonly following: number; readonly live: number };
}

/** By model, then environment. */
export const servedBy = (models: readonly Model[], replicas: readonly Replica[]): Served[] =>
  models.flatMap(({ name: model, champions }) =>
    Object.entries(champions)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([environment, { version, variant, generation }]) => {
        const live = replicas.filter((replica) => replica.live && replica.environment === environment);
        const following = live.filter(({ serving, pins = [] }) => {
          if (pins.some((pin) => pin.model === model)) return false;
          const present = serving.find((entry) => entry.model === model);
          return present !== undefined && !isNewer({ epoch: present.epoch, generation }, present);
        });
        const counts = { following: following.length, live: live.length };
        return { model, environment, version, variant, generation, replicas: counts };
      }),
  );

/** Head and rows, as `printTable` takes them. */
export const servedTable = (served: readonly Served[]): [string[], (string | number)[][]] => [
  ['model', 'environment', 'version', 'variant', 'generation', 'replicas'],
  served.map(({ model, environment, version, variant, generation, replicas }) => [
    ...[model, environment, version, variant, generation],
    `${replicas.following} of ${replicas.live}`,
  ]),
];

export const readServed = async (registry: Pick<Registry, 'listModels' | 'listReplicas'>): Promise<Served[]> =>
  servedBy(...(await Promise.all([registry.listModels(), registry.listReplicas({ live: true })])));
