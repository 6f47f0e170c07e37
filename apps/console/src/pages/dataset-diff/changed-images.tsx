import { Group, Select, Text } from '@mantine/core';
import { IMAGE_CHANGES, imageChangeSchema, type DatasetDiff, type ImageDiff } from '@graft/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { ImageDetails } from '../../parts/image-details.js';
import { ImageGrid } from '../../parts/image-grid.js';
import { useChoices } from '../../parts/use-choices.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';

/** "relabelled: ants → bees". */
const sayChange = ({ changes, before, after }: ImageDiff): string => {
  const label = after?.label ?? before?.label ?? '';
  const was = before !== null && after !== null && before.label !== after.label ? `${before.label} → ` : '';
  return `${changes.join(', ')}: ${was}${label}`;
};

export const ChangedImages = ({
  diff,
  dataset,
  labels,
}: {
  diff: DatasetDiff;
  dataset: string;
  labels: readonly string[];
}) => {
  const { chosen, choose } = useChoices();
  const [opened, setOpened] = useState<number | null>(null);
  const change = imageChangeSchema.safeParse(chosen('change')).data;
  const label = chosen('label');
  const query = useInfiniteQuery(queries(useRegistry()).changedImages(diff.from, diff.to, { change, label }));
  const { fetchNextPage } = query;
  const readMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  return (
    <Section title="Images">
      <Group>
        <Select
          label="Change"
          placeholder="any"
          data={[...IMAGE_CHANGES]}
          value={change ?? null}
          onChange={(value) => choose('change', value)}
          clearable
          clearButtonProps={{ 'aria-label': 'any change' }}
        />
        <Select
          label="Label"
          placeholder="any"
          data={diff.labels.map((each) => each.label)}
          value={label ?? null}
          onChange={(value) => choose('label', value)}
          clearable
          clearButtonProps={{ 'aria-label': 'any label' }}
        />
      </Group>
      <Loaded query={query}>
        {({ pages }) => {
          const images = pages.flatMap(({ items }) => items);
          if (images.length === 0) return <Text c="dimmed">None.</Text>;
          const looked = opened === null ? undefined : images[opened];
          return (
            <>
              <ImageGrid
                label="images that changed"
                images={images.map((image) => ({
                  key: image.sha256,
                  digest: image.sha256,
                  alt: `${sayChange(image)}, ${(image.after ?? image.before)?.key.split('/').at(-1) ?? ''}`,
                  caption: sayChange(image),
                }))}
                onOpen={setOpened}
                hasMore={query.hasNextPage}
                isReading={query.isFetchingNextPage}
                readMore={readMore}
              />
              <ImageDetails
                dataset={dataset}
                image={looked?.after ?? looked?.before ?? null}
                labels={labels}
                onClose={() => setOpened(null)}
              />
            </>
          );
        }}
      </Loaded>
    </Section>
  );
};
