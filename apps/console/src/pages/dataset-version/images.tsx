/** Every image of a version, of a label, a split or a source where one is chosen. The choice is in the address. */
import { Group, Select, Text } from '@mantine/core';
import { SPLITS, splitSchema, type DatasetVersion } from '@graft/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { ImageDetails } from '../../parts/image-details.js';
import { ImageGrid } from '../../parts/image-grid.js';
import { useChoices } from '../../parts/use-choices.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';

const CHOICES = ['label', 'split', 'source'] as const;
const NAMES = { label: 'Label', split: 'Split', source: 'Source' } as const;

export const Images = ({ version }: { version: DatasetVersion }) => {
  const { chosen, choose } = useChoices();
  const [opened, setOpened] = useState<number | null>(null);
  const split = splitSchema.safeParse(chosen('split')).data;
  const choice = { label: chosen('label'), split, source: chosen('source') };
  const query = useInfiniteQuery(queries(useRegistry()).datasetImages(version.id, choice));
  const { fetchNextPage } = query;
  const readMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const options = { label: version.labels, split: [...SPLITS], source: Object.keys(version.bySource) };
  return (
    <Section title="Images">
      <Group>
        {CHOICES.map((name) => (
          <Select
            key={name}
            label={NAMES[name]}
            placeholder="any"
            data={[...options[name]]}
            value={choice[name] ?? null}
            onChange={(value) => choose(name, value)}
            clearable
            searchable={options[name].length > 8}
            clearButtonProps={{ 'aria-label': `any ${name}` }}
          />
        ))}
      </Group>
      <Loaded query={query}>
        {({ pages }) => {
          const images = pages.flatMap(({ items }) => items);
          if (images.length === 0) return <Text c="dimmed">None.</Text>;
          return (
            <>
              <ImageGrid
                label={`images of ${version.dataset} version ${version.number}`}
                images={images.map(({ sha256, label, split: of, key }) => ({
                  key: sha256,
                  digest: sha256,
                  alt: `${label}, ${key.split('/').at(-1) ?? ''}`,
                  caption: `${label} · ${of}`,
                }))}
                onOpen={setOpened}
                hasMore={query.hasNextPage}
                isReading={query.isFetchingNextPage}
                readMore={readMore}
              />
              <ImageDetails
                dataset={version.dataset}
                image={opened === null ? null : (images[opened] ?? null)}
                labels={version.labels}
                onClose={() => setOpened(null)}
              />
            </>
          );
        }}
      </Loaded>
    </Section>
  );
};
